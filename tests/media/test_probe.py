"""Files that are videos, and the many that only say so."""

from __future__ import annotations

import os
import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from tests.media.measures.rendered_clips import Clip, beats, cutting, render
from vtlib.core.errors import BadInput
from vtlib.media.probe import prove

PICTURE = cutting([0.5], (90, 160))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    return render(Clip(PICTURE, 1.5, sound=beats(120, 1.5)), folder / "a.mp4")


def test_facts_of_a_whole_video(good):
    proof = prove(good)
    assert (proof.ok, proof.reason) == (True, "")
    assert (proof.width, proof.height, proof.fps) == (90, 160, Fraction(30))
    assert (proof.codec, proof.has_audio, proof.is_variable_rate) == ("h264", True, False)
    assert proof.duration_s == pytest.approx(1.5, abs=0.01)
    assert proof.frames == proof.frames_declared == 45
    assert proof.bytes == good.stat().st_size
    row = proof.to_row()
    assert (row["fps"], row["fps_exact"], row["kind"]) == (30.0, "30", "ok")


def test_exact_rate_and_rotation(tmp_path):
    clip = Clip(PICTURE, 1.0, Fraction(30_000, 1001), rotation_deg=90)
    proof = prove(render(clip, tmp_path / "a.mp4"))
    assert proof.fps == Fraction(30_000, 1001)
    assert (proof.width, proof.height, proof.rotation_deg) == (160, 90, 90)


def test_variable_rate_is_noticed(tmp_path):
    times = tuple(np.cumsum([0.0] + [1 / 60, 1 / 15] * 15).tolist())
    proof = prove(render(Clip(PICTURE, times_s=times), tmp_path / "a.mp4"))
    assert proof.ok
    assert proof.is_variable_rate
    assert proof.duration_s == pytest.approx(times[-1], abs=0.1)


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.webm", "libvpx", "matroska"),
        ("a.mkv", "libx264", "matroska"),
        ("a.ts", "libx264", "mpegts"),
    ],
)
def test_other_containers_named_mp4_are_what_they_are(name, codec, container, tmp_path):
    made = render(Clip(PICTURE, 1.0, codec=codec, options={}), tmp_path / name)
    proof = prove(made.rename(tmp_path / "named.mp4"))
    assert (proof.kind, proof.reason) == ("ok", "")
    assert proof.container.startswith(container)


@pytest.mark.parametrize("movflags", ["", "+faststart", "+frag_keyframe+empty_moov"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
def test_every_truncation_is_seen(movflags, share, good, tmp_path):
    whole = tmp_path / "whole.mp4"
    with (
        av.open(str(good)) as source,
        av.open(str(whole), "w", options={"movflags": movflags} if movflags else {}) as out,
    ):
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    assert prove(whole).ok
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * share)])
    assert prove(whole).kind == "truncated"


def sound_only(path):
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("aac", 44_100, layout="mono")
        samples = beats(120, 1)[None].astype(np.float32)
        for at in range(0, samples.shape[1], 1024):
            part = np.ascontiguousarray(samples[:, at : at + 1024])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def picture_of(kind):
    return lambda path: Image.new("RGB", (40, 60), "teal").save(path, kind)


@pytest.mark.parametrize(
    ("make", "kind", "reason"),
    [
        (lambda p: p.write_bytes(b""), "empty", "no bytes"),
        (lambda p: p.write_bytes(b"\0" * 5000), "empty", "nothing but zeros"),
        (lambda p: p.write_text("\n <!DOCTYPE html><html>Login"), "html", "a web page"),
        (lambda p: p.write_text('{"error": "gone"}'), "json", "a JSON answer"),
        (
            lambda p: p.write_text("#EXTM3U\nhttp://127.0.0.1:9/a.ts\n"),
            "not_video",
            "no video format",
        ),
        (
            lambda p: p.write_text("ffconcat version 1.0\nfile b.mp4\n"),
            "not_video",
            "no video format",
        ),
        (lambda p: p.write_bytes(os.urandom(4) + b"nope" * 99), "not_video", "no video format"),
        (picture_of("PNG"), "image", "a picture"),
        (picture_of("JPEG"), "image", "a picture"),
        (picture_of("WEBP"), "image", "a picture"),
        (sound_only, "audio_only", "no video stream"),
        (lambda p: p.write_bytes(b"ID3" + b"\0" * 99 + b"x"), "audio_only", "sound without"),
        (lambda p: render(Clip(PICTURE, 1 / 30), p), "image", "only 0.03 s"),
        (
            lambda p: p.write_bytes(struct.pack(">I4s4x", 3, b"ftyp")),
            "broken",
            "a box of impossible",
        ),
    ],
    ids=[
        "empty",
        "zeros",
        "html",
        "json",
        "playlist",
        "concat",
        "noise",
        "png",
        "jpeg",
        "webp",
        "audio",
        "mp3",
        "still",
        "box",
    ],
)
def test_what_is_no_video_is_named(make, kind, reason, tmp_path):
    path = tmp_path / "a.mp4"
    make(path)
    proof = prove(path)
    assert proof.kind == kind
    assert proof.reason.startswith(reason)


def test_a_destroyed_index_is_broken(good, tmp_path):
    data = bytearray(good.read_bytes())
    at = data.index(b"moov") + 4
    data[at : at + 400] = b"\xff" * 400
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    assert prove(path).kind in {"broken", "not_video"}


def test_no_file_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        prove(tmp_path / "none.mp4")
