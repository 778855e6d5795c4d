"""Timelines are read back by the adapters: clips, times, names, media, markers, no overlap,
exact frames.
"""

import io
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import av
import opentimelineio as otio
import pytest

from tests.scripts.reading import document, written
from tests.scripts.samples import HOSTILE, PLAIN, WORLD
from vtlib.core.errors import BadInput
from vtlib.scripts.formats import RATES, rate_of, slates
from vtlib.scripts.formats.edit_lists import uses_slates
from vtlib.scripts.script import PlannedBeat, Script

ADAPTERS = {"otio": "otio_json", "fcp7": "fcp_xml", "fcpxml": "fcpx_xml", "edl": "cmx_3600"}
# Ends that are on no frame at any rate but the whole.
ODD = Script(
    "Odd",
    (
        PlannedBeat("b1", "hook", duration_s=1.017),
        PlannedBeat("b2", duration_s=0),
        PlannedBeat("b3", duration_s=2.223),
        PlannedBeat("b4", "cta", duration_s=1.51),
    ),
)


def read_back(name: str, data: bytes, rate: Fraction) -> otio.schema.Track:
    """The one track of the file; it holds its clips."""
    options = {"rate": float(rate)} if name == "edl" else {}
    found = otio.adapters.read_from_string(data.decode(), ADAPTERS[name], **options)
    while not isinstance(found, otio.schema.Timeline):
        (found,) = found
    (track,) = found.video_tracks()
    assert all(isinstance(c, otio.schema.Clip) for c in track), "no gap between the clips"
    return track.clone()


def fcpx_frames(data: bytes, rate: Fraction) -> list[tuple[str, tuple[Fraction, ...]]]:
    """(name, (offset, duration, start)) of each clip, in frames, exact."""
    clips = ET.fromstring(data).iter("asset-clip")
    return [
        (
            c.get("name"),
            tuple(Fraction(c.get(t)[:-1]) * rate for t in ("offset", "duration", "start")),
        )
        for c in clips
    ]


def frames_of(clip: otio.schema.Clip, rate: Fraction) -> tuple[int, int, int]:
    """(first frame in the record, frames, first frame in the source)."""
    place = clip.range_in_parent()
    source = clip.source_range.start_time
    return tuple(
        round(t.rescaled_to(float(rate)).value) for t in (place.start_time, place.duration, source)
    )


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("name", ADAPTERS)
def test_clips_stand_on_their_frames_without_gap_or_overlap(name: str, fps: str) -> None:
    rate = rate_of(fps)
    data = written(name, ODD, rate=rate).data
    ends = [round(Fraction(t) * rate) for t in ("0", "1.017", "3.24", "4.75")]
    expected = [(a, b - a, a) for a, b in pairwise(ends)]
    assert len(set(ends)) == 4
    names = ["01 hook", "03 beat", "04 cta"]  # a beat of no length is left out
    if name == "fcpxml":
        assert fcpx_frames(data, rate) == list(zip(names, expected, strict=True))
    if name != "fcpxml" or rate.denominator == 1:  # its adapter reads 30000/1001 as 29
        clips = read_back(name, data, rate)
        assert [c.name for c in clips] == names
        assert [frames_of(c, rate) for c in clips] == expected


@pytest.mark.parametrize("script", [PLAIN, WORLD, HOSTILE], ids=["plain", "world", "hostile"])
@pytest.mark.parametrize("name", ADAPTERS)
def test_any_text_comes_through_with_a_marker_a_beat(name: str, script: Script) -> None:
    clips = read_back(name, written(name, script).data, Fraction(30))
    assert len(clips) == len(script.beats)
    for beat, clip in zip(script.beats, clips, strict=True):
        (marker,) = clip.markers
        assert marker.name.lower().startswith(beat.beat_id)
        if name != "edl":
            assert "slates.mp4" in clip.media_reference.target_url


def test_timeline_keeps_whole_text_and_edit_lists_only_ascii() -> None:
    clip = read_back("otio", written("otio", WORLD).data, Fraction(30))[0]
    assert clip.metadata["vt"]["spoken"] == WORLD.beats[0].spoken
    data = written("edl", WORLD).data
    assert data.isascii()
    assert data.splitlines()[1] == b"FCM: NON-DROP FRAME", "CMX3600 states how time codes count"


def test_a_rate_that_edit_lists_do_not_know_is_refused() -> None:
    with pytest.raises(BadInput, match=r"29\.97"):
        rate_of("29.9")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory) -> Path:
    """Six seconds at 25 frames/s whose brightness tells the time."""
    path = tmp_path_factory.mktemp("proxy") / "my proxy ü.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 72, 128, "yuv420p"
        for n in range(150):
            frame = av.VideoFrame(72, 128, "gray8")
            frame.planes[0].update(bytes([n]) * frame.planes[0].buffer_size)
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("name", ["otio", "fcp7", "fcpxml"])
def test_clips_stand_on_the_proxy_where_it_reaches(name: str, proxy: Path) -> None:
    script = replace(
        PLAIN,
        beats=(
            PLAIN.beats[0],
            replace(PLAIN.beats[2], source_start_s=3.2),
            replace(PLAIN.beats[1], source_start_s=5.0),
        ),
    )
    length = slates.length_s(proxy)
    made = document(script, media=proxy, media_s=length, rate=Fraction(25))
    clips = read_back(
        name,
        written(name, script, media=proxy, media_s=length, rate=Fraction(25)).data,
        Fraction(25),
    )
    on_proxy = [c.media_reference.target_url == proxy.as_uri() for c in clips]
    assert on_proxy == [True, True, False], "the last would run past the end: a slate stands for it"
    assert [frames_of(c, Fraction(25))[2] for c in clips] == [0, 80, 138]
    assert uses_slates(made)
    assert length == pytest.approx(6, abs=0.05)


def test_frames_come_from_their_times(proxy: Path) -> None:
    from PIL import Image

    found = slates.at_times(proxy, {"a": 0.0, "b": 4.0, "late": 60.0})
    bright = {
        n: Image.open(io.BytesIO(j)).convert("L").getpixel((30, 60)) for n, j in found.items()
    }
    assert set(bright) == {"a", "b"}
    assert bright["b"] - bright["a"] == pytest.approx(100, abs=8)
    with pytest.raises(BadInput, match="cannot be read as a video"):
        slates.length_s(Path(__file__))


def test_the_slates_film_has_every_slate_for_its_frames() -> None:
    rate = RATES["29.97"]
    made = document(ODD, rate=rate)
    with av.open(io.BytesIO(slates.film(made))) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == rate
        pictures = [f.to_ndarray(format="gray").astype(int) for f in container.decode(stream)]
    assert len(pictures) == round(Fraction("4.75") * rate)
    changes = [
        n for n in range(1, len(pictures)) if abs(pictures[n] - pictures[n - 1]).mean() > 0.3
    ]
    assert changes == [round(Fraction(t) * rate) for t in ("1.017", "3.24")]
    assert set(slates.pictures(made)) == {"b1", "b2", "b3", "b4"}
