"""Stand-ins for footage: a drawn slate a beat, as pictures and as one film at the exact frame
rate.
"""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
from PIL import Image

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
    made = images(TypstDocument("slate", data, templates=document.templates))
    return dict(zip((b["beat_id"] for b in data["beats"]), made, strict=True))


def film(document: Document) -> bytes:
    """An MP4 in which every beat's slate stands for exactly its frames; empty without a beat
    that lasts.
    """
    drawn = pictures(document)
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
            pixels = _pixels(drawn[beat_id])
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
