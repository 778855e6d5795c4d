"""The timeline picture from a record's plain values."""

from __future__ import annotations

import json

import pytest

from vtlib.media.timeline import Scene, lane_table, timeline_chart

MEASURES = {
    "duration_s": 4.0,
    "shots": [{"start_s": 0, "end_s": 1.5}, {"start_s": 1.5, "end_s": 4.0}],
    "text": {
        "status": "ok",
        "items": [{"start_s": 0.5, "end_s": 1.0, "text": "<b>50% off</b>"}],
    },
    "speech": {"status": "absent", "reason": "install viraltracker[media] (onnxruntime)"},
    "faces": {
        "status": "ok",
        "seen": [
            {"t_s": 0.0, "n": 1, "largest_ratio": 0.2},
            {"t_s": 0.5, "n": 0, "largest_ratio": 0.0},
        ],
    },
    "curves": {"loudness": [[0.1, -120.7], [0.2, -23.0]], "motion": [[0.1, 2.0], [0.2, 3.0]]},
}


def test_scenes_of_a_model_stand_with_their_marks():
    scenes = [Scene(0.0, 1.4, "scene 1"), Scene(1.4, 4.0, "scene 2", "unsupported")]
    table = lane_table(MEASURES, scenes)
    mine = table[table["lane"] == "model"]
    assert mine[["start_s", "held"]].to_numpy().tolist() == [[0.0, ""], [1.4, "unsupported"]]
    drawn = json.dumps(timeline_chart(MEASURES, (), scenes).to_dict())
    assert '"mark": "?"' in drawn
    assert '"model"' not in json.dumps(timeline_chart(MEASURES).to_dict())


def test_replays_and_subtitles_are_drawn_where_there_are_some():
    replays = [
        {"start_s": n * 0.4, "end_s": n * 0.4 + 0.4, "intensity_ratio": 1 - n / 10}
        for n in range(10)
    ]
    cues = [{"start_s": 0.5, "end_s": 1.5, "text": "hello"}]
    more = MEASURES | {"replays": replays, "subtitles": {"cues": cues}}
    table = lane_table(more)
    assert table[table["lane"] == "subtitles"].iloc[0].tolist() == [
        *("subtitles", 0.5, 1.5, "hello", ""),
    ]
    drawn, plain = (timeline_chart(one).to_dict() for one in (more, MEASURES))
    assert len(drawn["vconcat"]) == len(plain["vconcat"]) + 1
    assert "replays" in json.dumps(drawn)
    assert '"subtitles"' not in json.dumps(plain)


def test_lanes_hold_what_was_measured_and_say_what_was_not():
    rows = lane_table(MEASURES).drop(columns="held").itertuples(index=False, name=None)
    assert list(rows) == [
        ("shots", 0, 1.5, "shot 1"),
        ("shots", 1.5, 4.0, "shot 2"),
        ("text", 0.5, 1.0, "<b>50% off</b>"),
        ("speech", 0.0, 0.0, "absent: install viraltracker[media] (onnxruntime)"),
        ("faces", 0.0, 0.5, "1 face"),
    ]


def test_pictures_go_inline_and_nothing_is_fetched():
    spec = json.dumps(
        timeline_chart(MEASURES, [(0.0, b"\xff\xd8a"), (2.0, b"\xff\xd8b")]).to_dict()
    )
    assert spec.count("data:image/jpeg;base64,") == 2
    assert "http" not in spec.replace("https://vega.github.io/schema", "")


def test_many_pictures_are_thinned():
    pictures = [(t / 10, b"\xff\xd8") for t in range(40)]
    spec = json.dumps(timeline_chart(MEASURES, pictures).to_dict())
    assert spec.count('"data:image') <= 14


@pytest.mark.parametrize("part", ["text", "speech", "faces", "curves"])
def test_a_missing_part_is_no_error(part):
    less = {k: v for k, v in MEASURES.items() if k != part}
    assert timeline_chart(less).to_dict()["vconcat"]


def test_the_picture_can_be_drawn():
    vl_convert = pytest.importorskip("vl_convert")
    svg = vl_convert.vegalite_to_svg(timeline_chart(MEASURES).to_dict())
    assert "install viraltracker[media]" in svg
    assert "&lt;b&gt;" in svg or "50% off" in svg
