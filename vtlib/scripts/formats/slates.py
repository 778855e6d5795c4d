"""Pictures of beats: frames of the source video, and drawn slates as stand-ins for footage."""

from __future__ import annotations

import io
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from vtlib.core.errors import BadInput
from vtlib.scripts.formats import page_data
from vtlib.scripts.formats.document import Document
from vtlib.scripts.formats.typst import TypstDocument, images
from vtlib.scripts.timing import spans

SIZE = (540, 960)


def pictures(document: Document) -> dict[str, bytes]:
    """A PNG of 540 x 960 pixels for every beat, by its id."""
    data = page_data.base(document, "Slates")
    if not data["beats"]:
        return {}
    images_png = images(TypstDocument("slate", data, templates=document.templates))
    return dict(zip((b["beat_id"] for b in data["beats"]), images_png, strict=True))


def film(document: Document) -> bytes:
    """An MP4 in which every beat's slate stands for exactly its frames; empty without a beat
    that lasts.
    """
    slate_pngs = pictures(document)
    out = io.BytesIO()
    lengths = [
        (s.beat.beat_id, *frame_range(s.start_s, s.end_s, document.rate))
        for s in spans(document.script)
    ]
    if not any(end > start for _, start, end in lengths):
        return b""
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=document.rate)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "30", "tune": "stillimage"}
        for beat_id, start, end in lengths:
            pixels = _pixels(slate_pngs[beat_id])
            for number in range(start, end):
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = number, 1 / document.rate
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()


def frame_range(start_s: float, end_s: float, rate: Fraction) -> tuple[int, int]:
    """First frame and the one after the last: both ends snapped alike, so that neighbours meet."""
    return round(Fraction(str(start_s)) * rate), round(Fraction(str(end_s)) * rate)


def _pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB").resize(SIZE))


def length_s(path: Path) -> float:
    """How long a video is, in s. Raises BadInput for a file that is none."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise BadInput("there is no picture in it.", file=str(path))
            return float((container.duration or 0) / 1_000_000)
    except (av.FFmpegError, OSError) as error:
        raise BadInput(f"cannot be read as a video: {error}", file=str(path)) from None


def at_times(path: Path, times_s: Mapping[str, float]) -> dict[str, bytes]:
    """A JPEG of each time in s, by its name; times past the end are left out."""
    out: dict[str, bytes] = {}
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            for name, at in sorted(times_s.items(), key=lambda item: item[1]):
                container.seek(int(at * 1_000_000))
                for frame in container.decode(stream):
                    if frame.time is not None and frame.time >= at - 0.5 / float(
                        stream.average_rate or 30
                    ):
                        out[name] = _jpeg(frame)
                        break
    except (av.FFmpegError, OSError, IndexError) as error:
        raise BadInput(f"cannot be read as a video: {error}", file=str(path)) from None
    return out


def _jpeg(frame: av.VideoFrame) -> bytes:
    out = io.BytesIO()
    picture = frame.to_image()  # type: ignore[no-untyped-call]
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
