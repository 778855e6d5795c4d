"""A whole record: plain values, honest statuses, thumbnails, text and faces."""

from __future__ import annotations

import builtins
import json
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.media.measures.rendered_clips import Clip, beats, cutting, render, view, write_text
from vtlib.core.errors import BadInput
from vtlib.media.measures import measure
from vtlib.media.measures import text as text_module
from vtlib.media.measures.frames import read_strip
from vtlib.media.measures.text import TextReading, find_text

SIZE = (270, 480)
TEXTS = ((0.5, 1.5, "SAVE 25% TODAY"), (2.4, 4.0, "@growth_lab"))


def titled(t):
    image = cutting([2.0, 3.0], SIZE, seed=30)(t)
    for start, end, words in TEXTS:
        if start <= t < end:
            write_text(image, words, size=28)
    return image


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    return render(Clip(titled, 4.5, sound=beats(120, 4.5)), folder / "a.mp4")


def test_a_record_is_plain_json_with_methods(clip, tmp_path):
    row = measure(clip, thumbs_dir=tmp_path / "thumbs", parts=("light",)).to_row()
    assert json.loads(json.dumps(row)) == row
    assert row["cuts_s"] == [2.0, 3.0]
    assert [w["cuts"] for w in row["windows"]] == [0, 0, 1, 2]
    assert [w["covered_s"] for w in row["windows"]] == [1, 2, 3, 4.5]
    assert row["tempo"]["bpm"] == pytest.approx(120, abs=0.5)
    assert (row["width"], row["height"], row["fps"]) == (*SIZE, 30)
    assert set(row["methods"]) == {"cuts", "motion", "look", "thumbs", "hashes"}
    assert row["text"]["status"] == row["faces"]["status"] == "not_asked"
    assert "items" not in row["text"]


def test_thumbnails_are_the_first_frame_and_one_a_shot(clip, tmp_path):
    row = measure(clip, thumbs_dir=tmp_path / "t", parts=("light",)).to_row()
    assert [t["shot"] for t in row["thumbs"]] == [-1, 0, 1, 2]
    assert {t["file"] for t in row["thumbs"]} == {f.name for f in (tmp_path / "t").iterdir()}
    assert [t["t_s"] for t in row["thumbs"]] == pytest.approx([0, 1, 2.5, 3.75], abs=0.3)
    assert Image.open(tmp_path / "t" / "shot_001.jpg").size == SIZE


def test_an_absent_package_is_said_not_silently_empty(clip, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] in {"rapidocr", "cv2", "onnxruntime"}:
            raise ImportError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    for module in ("text._engine", "pictures._cascade", "sound._session"):
        name, cached = module.split(".")
        __import__(f"vtlib.media.measures.{name}")
        getattr(__import__("sys").modules[f"vtlib.media.measures.{name}"], cached).cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    row = measure(clip).to_row()
    for part, package in (("text", "rapidocr"), ("faces", "cv2"), ("speech", "onnxruntime")):
        assert row[part]["status"] == "absent"
        assert row[part]["reason"] == f"install viraltracker[media] ({package})"
    assert row["windows"][0]["speech_share"] is None


def test_a_broken_family_leaves_the_others(clip, monkeypatch):
    monkeypatch.setattr(text_module, "read_lines", lambda _: 1 / 0)
    row = measure(clip, parts=("light", "text")).to_row()
    assert row["text"]["status"] == "failed"
    assert "ZeroDivisionError" in row["text"]["reason"]
    assert row["cuts_s"] == [2.0, 3.0]


def test_without_sound_the_parts_say_so(tmp_path):
    path = render(Clip(cutting([1.0]), 2), tmp_path / "a.mp4")
    row = measure(path, parts=("light", "speech")).to_row()
    assert {row[p]["status"] for p in ("sound", "tempo", "speech")} == {"no_sound"}


def test_one_frame_is_measured(tmp_path):
    path = render(Clip(cutting([]), 1 / 30, Fraction(30)), tmp_path / "a.mp4")
    row = measure(path, thumbs_dir=tmp_path / "t", parts=("light",)).to_row()
    assert (row["frames"], row["cuts_s"], row["motion"]) == (1, [], None)
    assert len(row["shots"]) == 1
    assert row["hashes"]


def test_what_cannot_be_measured_is_bad_input(tmp_path, clip):
    page = tmp_path / "a.mp4"
    page.write_text("<html>not here</html>")
    with pytest.raises(BadInput, match="no video format"):
        measure(page)
    with pytest.raises(BadInput, match="there is no part smell"):
        measure(clip, parts=("light", "smell"))


def test_text_is_timed_to_the_frame_with_a_perfect_reader(clip):
    """The reader knows the truth of a picture by its letters' place: only the timing is tested."""
    strip = read_strip(clip, sample_long_side=640)
    times = {s.jpeg: s.t_s for s in strip.samples}
    current = {"t": 0.0}

    def read(image):
        t = current["t"]
        return [TextReading(w, 1, (0.08, 0.7, 0.9, 0.78)) for a, b, w in TEXTS if a <= t < b]

    class Timed(type(strip.samples[0])):
        def image(self):
            current["t"] = times[self.jpeg]
            return super().image()

    import dataclasses

    samples = tuple(Timed(s.t_s, s.jpeg) for s in strip.samples)
    found = find_text(dataclasses.replace(strip, samples=samples), read)
    assert [(o.text, o.is_exact) for o in found] == [(w, True) for _, _, w in TEXTS]
    assert [(o.start_s, o.end_s) for o in found] == [
        pytest.approx((a, b), abs=0.04) for a, b, _ in TEXTS
    ]


def test_text_is_read_with_its_times(clip):
    pytest.importorskip("rapidocr")
    row = measure(clip, parts=("light", "text")).to_row()
    items = [i for i in row["text"]["items"] if i["score"] > 0.9]
    found = {i["text"].replace(" ", "").lower(): (i["start_s"], i["end_s"]) for i in items}
    for start, end, words in TEXTS:
        assert found[words.replace(" ", "").lower()] == pytest.approx((start, end), abs=0.04)
    assert row["windows"][0]["text_chars_per_s"] >= 12


@pytest.mark.parametrize(
    ("a", "b", "is_same"),
    [
        ("Save25% today", "save 25% today", True),
        ("tip number 1", "tip number 2", False),
        ("link in bio", "linkin bio", True),
    ],
)
def test_readings_of_one_text(a, b, is_same):
    box = (0, 0, 1, 1)
    assert text_module._is_same(TextReading(a, 1, box), TextReading(b, 1, box)) == is_same


def drawn_face(size, at, width):
    """A drawn face: plain enough for any detector, a photograph of nobody."""
    image = Image.new("RGB", size, (120, 140, 150))
    draw = ImageDraw.Draw(image)
    x, y = at

    def oval(cx, cy, rx, ry, fill):
        box = (
            x + (cx - rx) * width,
            y + (cy - ry) * width,
            x + (cx + rx) * width,
            y + (cy + ry) * width,
        )
        draw.ellipse(box, fill=fill)

    oval(0.5, 0.62, 0.42, 0.56, (224, 188, 160))
    for side in (0.32, 0.68):
        oval(side, 0.47, 0.12, 0.07, (150, 110, 90))
        oval(side, 0.49, 0.1, 0.045, (245, 245, 245))
        oval(side, 0.49, 0.045, 0.045, (30, 20, 20))
        oval(side, 0.37, 0.13, 0.025, (70, 45, 30))
    oval(0.5, 0.66, 0.05, 0.13, (236, 204, 180))
    oval(0.5, 0.77, 0.08, 0.025, (140, 90, 75))
    oval(0.5, 0.92, 0.16, 0.04, (150, 70, 70))
    return image


def test_a_face_is_seen_while_it_is_there(tmp_path):
    pytest.importorskip("cv2")

    def picture(t):
        return drawn_face(SIZE, (65, 130), 140) if t < 1.5 else view(11, SIZE)

    row = measure(render(Clip(picture, 3), tmp_path / "a.mp4"), parts=("light", "faces")).to_row()
    seen = {s["t_s"]: s["n"] for s in row["faces"]["seen"]}
    assert all(n == 1 for t, n in seen.items() if t < 1.45)
    assert all(n == 0 for t, n in seen.items() if t > 1.5)
    assert row["windows"][0]["face_share"] == 1


def test_samples_follow_jumps_and_memory_is_bounded(tmp_path, monkeypatch):
    from vtlib.media.measures import frames

    monkeypatch.setattr(frames, "MAX_STRIP_FRAMES", 50)
    strip = read_strip(render(Clip(cutting([1.2]), 4), tmp_path / "a.mp4"))
    assert len(strip.times_s) <= 51
    assert np.all(np.diff(strip.times_s) > 0)
    assert strip.times_s[-1] > 3.8
    assert strip.n_decoded == 120
