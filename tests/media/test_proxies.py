"""The small copy of a video: upright, whole, playable from the start, the same pictures."""

import av
import numpy as np
import pytest

from tests.media.measures.rendered_clips import Clip, cutting, render, tone
from vtlib.core.errors import BadInput
from vtlib.media.folder import MediaFolder, stored_path
from vtlib.media.probe import prove
from vtlib.media.proxies import compress, fit_size, make_preview


def middle(path, size):
    with av.open(str(path)) as film:
        frame = list(film.decode(video=0))[30]
    image = frame.to_image().rotate(frame.rotation, expand=True)
    return np.asarray(image.convert("L").resize(size), float)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_upright_and_the_same_pictures(tmp_path, rotation):
    clip = Clip(cutting([1.0], (320, 180)), 2.0, rotation_deg=rotation, sound=tone(2, -20))
    given = render(clip, tmp_path / "given.mp4")
    compress(given, tmp_path / "made.mp4")
    before, after = prove(given), prove(tmp_path / "made.mp4")
    assert after.ok
    assert (after.width, after.height, after.rotation_deg) == (before.width, before.height, 0)
    assert after.duration_s == pytest.approx(before.duration_s, abs=0.05)
    assert after.has_audio
    size = (before.width // 4, before.height // 4)
    apart = np.abs(middle(given, size) - middle(tmp_path / "made.mp4", size)).mean()
    assert apart < 6
    head = (tmp_path / "made.mp4").read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


def test_variable_frame_rate_keeps_its_times(tmp_path):
    times = (0, 0.1, 0.3, 0.35, 0.9, 1.2, 1.8, 2.0)
    given = render(Clip(cutting([1.0], (320, 180)), 2.0, times_s=times), tmp_path / "given.mp4")
    compress(given, tmp_path / "made.mp4")
    proof = prove(tmp_path / "made.mp4")
    assert (proof.frames, proof.has_audio) == (8, False)
    assert proof.duration_s == pytest.approx(2.03, abs=0.05)


def test_what_is_no_video_leaves_nothing(tmp_path):
    (tmp_path / "given.mp4").write_bytes(b"<html>")
    with pytest.raises(BadInput, match="no whole video"):
        compress(tmp_path / "given.mp4", tmp_path / "made.mp4")
    assert not (tmp_path / "made.mp4").exists()


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1080, 1920), (540, 960)),
        ((1920, 1080), (960, 540)),
        ((300, 500), (300, 500)),
        ((541, 541), (540, 540)),
    ],
)
def test_sizes(size, small):
    assert fit_size(*size) == small


def test_a_preview_is_short_small_and_plays(tmp_path):
    given = render(Clip(cutting([1.0], (320, 180)), 18.0, sound=tone(18, -20)), tmp_path / "in.mp4")
    assert make_preview(given, tmp_path / "out.mp4")
    proof = prove(tmp_path / "out.mp4")
    assert proof.ok
    assert proof.duration_s == pytest.approx(15.0, abs=0.2)
    assert proof.height == 180, "never larger than it was"
    assert (tmp_path / "out.mp4").stat().st_size <= 400_000
    assert not make_preview(given, tmp_path / "none.mp4", max_bytes=500)
    (tmp_path / "no.mp4").write_bytes(b"<html>")
    assert not make_preview(tmp_path / "no.mp4", tmp_path / "none.mp4")
    assert not (tmp_path / "none.mp4").exists()


def test_a_preview_is_made_once_and_goes_with_its_video(tmp_path):
    media = MediaFolder(tmp_path)
    path = stored_path("ab" * 32, ".mp4")
    media.path(path).parent.mkdir(parents=True)
    render(Clip(cutting([1.0], (320, 180)), 2.0), media.path(path))
    first = media.preview(path)
    assert first
    (kept,) = media.path(path).parent.glob("*.preview.mp4")
    before = kept.stat().st_mtime_ns
    assert media.preview(path) == first
    assert kept.stat().st_mtime_ns == before
    media.remove(path)
    assert not kept.exists()
    assert media.preview(path) is None
