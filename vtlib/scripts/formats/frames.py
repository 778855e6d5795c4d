"""Frames of a source video for the storyboard."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import av

from vtlib.core.errors import BadInput


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
