"""A video on one axis of time: pictures, shots, text, speech, loudness and motion; as bars, for
whatever draws them, and as a chart.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.charts import alt
from vtlib.core.conclusion import number
from vtlib.core.language import say, word

LANES = ("shots", "text", "speech", "faces")
_LEAST_S = 0.1  # a text in a single sample is still drawn


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a lane in s; a lane without measures is one bar from 0 to 0 with the reason."""

    lane: str
    start_s: float
    end_s: float
    label: str


def bars(measures: Mapping[str, Any]) -> list[Bar]:
    """The bars of all LANES from `Measures.to_row()`; a lane without results has none."""
    result = [
        Bar("shots", s["start_s"], s["end_s"], say("shot {n}", n=i))
        for i, s in enumerate(measures["shots"], start=1)
    ]
    for lane, read in (("text", _texts), ("speech", _speech), ("faces", _faces)):
        part = measures.get(lane) or {"status": "not_asked", "reason": "not measured"}
        if part["status"] == "ok":
            result += [Bar(lane, a, b, label) for a, b, label in read(part)]
        else:
            result.append(Bar(lane, 0.0, 0.0, _why(part)))
    return result


def _why(part: Mapping[str, Any]) -> str:
    """Why a lane is empty."""
    if part["status"] == "not_asked":
        return say("not measured: not asked for")
    return f"{word(part['status'])}: {say(str(part['reason']))}"


def _texts(part: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    return [
        (t["start_s"], max(t["end_s"], t["start_s"] + _LEAST_S), t["text"]) for t in part["items"]
    ]


def _speech(part: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    return [(a, b, say("speech")) for a, b in part["segments"]]


def _faces(part: Mapping[str, Any]) -> list[tuple[float, float, str]]:
    """Samples with a face, each standing until the next sample."""
    samples = part["seen"]
    ends = [s["t_s"] for s in samples[1:]] + [samples[-1]["t_s"]] if samples else []
    pairs = zip(samples, ends, strict=True)
    return [(s["t_s"], end, number(s["n"], "face")) for s, end in pairs if s["n"]]


WIDTH = 760  # px, as wide as a report's column
_THUMB_HEIGHT = 92
_LANE_HEIGHT = 16
_CURVE_HEIGHT = 60
_MAX_THUMBS = 14  # more would overlap
MAX_CUES = 300  # of a long video the first: more are no readable lane
_SOMETIMES = ("model", "subtitles")  # lanes that are left out where there is nothing
_COLOURS = {
    "shots": "#4c6a92",
    "model": "#9a9a9a",
    "text": "#b8762f",
    "speech": "#3f8f6b",
    "subtitles": "#5f7f8f",
    "faces": "#8a5fa8",
}
# Colour and mark of a model's scene, by the check of the cut that starts it.
_MARKS = {
    "supported": ("#4c6a92", ""),
    "drifted": ("#e0a030", "~"),
    "unsupported": ("#c0392b", "?"),
    "": ("#9a9a9a", ""),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene by a model. `held`: the check of the cut that starts it (supported, drifted,
    unsupported), "" without a cut.
    """

    start_s: float
    end_s: float
    label: str
    cut_status: str = ""


def timeline_chart(
    measures: dict[str, Any],
    thumbnails: Sequence[tuple[float, bytes]] = (),
    scenes: Sequence[Scene] = (),
) -> alt.VConcatChart:
    """One chart of a video's measures (`Measures.to_row()`), the time in seconds on a shared axis.

    `thumbnails` are (time in s, JPEG bytes) and go inline as data URLs, 14 at most, evenly chosen.
    `scenes` of a model are drawn under the measured shots: ? marks a start where the file has no
    cut, ~ one that is off. A lane that was not measured shows the reason; one without results is
    empty. Beside the measures may stand `replays` (start_s, end_s, intensity_ratio) and `subtitles`
    (source, cues), as capture/video_tracks.py gives them.
    """
    duration_s = float(measures["duration_s"])
    axis = alt.X("start_s:Q", scale=alt.Scale(domain=[0, duration_s], nice=False), title=None)
    rows = []
    if thumbnails:
        rows.append(_pictures(thumbnails, duration_s))
    rows.append(_lanes(lane_table(measures, scenes), axis))
    if replays := measures.get("replays"):
        points = [[one["start_s"], one["intensity_ratio"]] for one in replays]
        rows.append(_curve(points, "replays, 1 = the most", axis, is_last=False))
    for name, title in (("loudness", "loudness, LUFS"), ("motion", "motion, grey levels/0.1 s")):
        points = measures.get("curves", {}).get(name) or []
        rows.append(_curve(points, title, axis, is_last=name == "motion"))
    return alt.vconcat(*rows, spacing=4).resolve_scale(color="independent", x="shared")


def lane_table(measures: dict[str, Any], scenes: Sequence[Scene] = ()) -> pd.DataFrame:
    """The bars as rows: lane, start_s, end_s, label, held ("" but for scenes of a model); a lane
    without measures has one, from 0 to 0. Without scenes there is no lane for the model, without
    subtitles none for these.
    """
    all_bars = bars(measures)
    rows = [(b.lane, b.start_s, b.end_s, b.label) for b in all_bars if b.lane == "shots"]
    rows += [("model", s.start_s, s.end_s, s.label) for s in scenes]
    rows += [(b.lane, b.start_s, b.end_s, b.label) for b in all_bars if b.lane != "shots"]
    cues = (measures.get("subtitles") or {}).get("cues") or []
    rows += [("subtitles", c["start_s"], c["end_s"], c["text"]) for c in cues[:MAX_CUES]]
    table = pd.DataFrame(rows, columns=["lane", "start_s", "end_s", "label"])
    statuses = {(s.start_s, s.label): s.cut_status for s in scenes}
    places = zip(table["start_s"], table["label"], strict=True)
    marks = [statuses.get((float(start), str(label)), "") for start, label in places]
    return table.assign(held=marks)


def _pictures(thumbnails: Sequence[tuple[float, bytes]], duration_s: float) -> alt.Chart:
    step = max(1, -(-len(thumbnails) // _MAX_THUMBS))
    table = pd.DataFrame(
        [
            (t, "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii"))
            for t, jpeg in thumbnails[::step]
        ],
        columns=["start_s", "url"],
    )
    return (
        alt.Chart(table)
        .mark_image(height=_THUMB_HEIGHT - 8, width=WIDTH / _MAX_THUMBS, aspect=True)
        .encode(
            x=alt.X(
                "start_s:Q",
                scale=alt.Scale(domain=[0, duration_s], nice=False),
                axis=None,
            ),
            y=alt.value(_THUMB_HEIGHT / 2),
            url="url:N",
            tooltip=[alt.Tooltip("start_s:Q", format=".1f", title="s")],
        )
        .properties(width=WIDTH, height=_THUMB_HEIGHT)
    )


def _lanes(table: pd.DataFrame, axis: alt.X) -> alt.LayerChart:
    is_model = table["lane"] == "model"
    there = {*table["lane"]}
    order = [name for name in _COLOURS if name not in _SOMETIMES or name in there]
    colours = table["lane"].map(_COLOURS)
    table = table.assign(
        colour=colours.mask(is_model, table["held"].map(lambda h: _MARKS[h][0])),
        mark=table["held"].map(lambda h: _MARKS[h][1]),
    )
    y = alt.Y("lane:N", sort=order, title=None, scale=alt.Scale(domain=order))
    colour = alt.Color("colour:N", legend=None, scale=None)
    tips = [
        "label:N",
        alt.Tooltip("start_s:Q", format=".2f"),
        alt.Tooltip("end_s:Q", format=".2f"),
    ]
    is_bar = table["end_s"] > table["start_s"]
    bars = (
        alt.Chart(table[is_bar])
        .mark_bar(height=_LANE_HEIGHT - 4, stroke="white", strokeWidth=1)
        .encode(x=axis.axis(None), x2="end_s:Q", y=y, color=colour, tooltip=tips)
    )
    notes = (
        alt.Chart(table[~is_bar])
        .mark_text(align="left", dx=4, fontStyle="italic", color="#777")
        .encode(x=axis.axis(None), y=y, text="label:N", tooltip=tips)
    )
    marks = (
        alt.Chart(table[table["mark"] != ""])
        .mark_text(align="left", dx=3, fontWeight="bold", color="white")
        .encode(x=axis.axis(None), y=y, text="mark:N", tooltip=tips)
    )
    return (bars + marks + notes).properties(width=WIDTH, height=_LANE_HEIGHT * len(order))


def _curve(points: list[list[float]], title: str, axis: alt.X, *, is_last: bool) -> alt.Chart:
    table = pd.DataFrame(points, columns=["start_s", "value"])
    if title.startswith("loudness"):
        table["value"] = table["value"].clip(lower=-60)  # below -60 LUFS is silence
    x = axis.title("seconds").axis(alt.Axis(grid=True)) if is_last else axis.axis(None)
    return (
        alt.Chart(table)
        .mark_area(line=True, opacity=0.35, interpolate="monotone")
        .encode(
            x=x,
            y=alt.Y("value:Q", title=title.split(",", maxsplit=1)[0], axis=alt.Axis(tickCount=3)),
            y2=alt.datum(-60 if title.startswith("loudness") else 0),
            tooltip=[
                alt.Tooltip("start_s:Q", format=".1f", title="s"),
                alt.Tooltip("value:Q", format=".1f", title=title),
            ],
        )
        .properties(width=WIDTH, height=_CURVE_HEIGHT)
    )
