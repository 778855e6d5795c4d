"""A small H.264 copy of a video that plays everywhere, and a preview of it, by PyAV alone.

540 pixels on the shorter side, x264 veryfast crf 27, AAC, index first: 17 % of a 3 Mb/s original at
SSIM .954 on the file it was tested with (media.md 4 in the project's notes). Always made from the
original.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.error import FFmpegError
from av.filter import Graph

from vtlib.core.errors import BadInput
from vtlib.media.probe import open_media, prove

METHOD = "x264-540p-crf27/1"
SHORT_SIDE = 540
PREVIEW_BYTES, PREVIEW_S, PREVIEW_SIDE = 400_000, 15.0, 240
_TURNS = {90: ["cclock"], 270: ["clock"], 180: ["clock", "clock"]}


def compress(source: Path, target: Path) -> None:
    """Write the small copy of `source` to `target` (.mp4), upright whatever the original's
    rotation.

    Raises BadInput, leaving nothing, when the original cannot be decoded or the copy is not whole.
    """
    original = prove(source)
    if not original.ok:
        raise BadInput(f"no whole video: {original.reason}", file=str(source))
    size = fit_size(original.width or 0, original.height or 0)
    try:
        _transcode(source, target, size)
    except (FFmpegError, ValueError) as error:
        target.unlink(missing_ok=True)
        raise BadInput(f"cannot be compressed: {type(error).__name__}", file=str(source)) from None
    proof = prove(target)
    if not proof.ok:
        target.unlink(missing_ok=True)
        raise BadInput(f"the compressed copy is not whole: {proof.reason}", file=str(source))


@dataclass(frozen=True, slots=True)
class Coding:
    """How a copy is coded: x264's crf, sound in bit/s, and the second at which it ends."""

    crf: int = 27
    sound_bps: int = 96_000
    until_s: float = math.inf


COPY = Coding()


def make_preview(source: Path, target: Path, *, max_bytes: int = PREVIEW_BYTES) -> bool:
    """Write the first PREVIEW_S seconds of `source` to `target` (.mp4), 240 pixels on the shorter
    side; False, leaving nothing, where it cannot be decoded or even the coarsest is larger than
    `max_bytes`.
    """
    proof = prove(source)
    size = fit_size(proof.width or 0, proof.height or 0, side=PREVIEW_SIDE)
    for crf in (30, 38, 45) if proof.ok else ():
        try:
            _transcode(source, target, size, Coding(crf, 32_000, PREVIEW_S))
        except (FFmpegError, ValueError):
            break
        if target.stat().st_size <= max_bytes:
            return True
    target.unlink(missing_ok=True)
    return False


def fit_size(width: int, height: int, *, side: int = SHORT_SIDE) -> tuple[int, int]:
    """The size with the shorter side at most `side` and both even, never larger than it was."""
    scale = min(1.0, side / max(min(width, height), 1))
    return tuple(max(2, round(side * scale / 2) * 2) for side in (width, height))  # type: ignore[return-value]


def _transcode(source: Path, target: Path, size: tuple[int, int], coding: Coding = COPY) -> None:
    with (
        open_media(source) as original,
        av.open(str(target), "w", options={"movflags": "faststart"}) as out,
    ):
        picture = original.streams.video[0]
        picture.thread_type = "AUTO"
        sound = original.streams.audio[0] if original.streams.audio else None
        video = out.add_stream("libx264", options={"preset": "veryfast", "crf": str(coding.crf)})
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = picture.time_base or Fraction(1, 90_000)
        audio = out.add_stream("aac", bit_rate=coding.sound_bps) if sound else None
        graph: Graph | None = None
        for packet in original.demux([s for s in (picture, sound) if s]):
            for frame in packet.decode():
                if (cast("av.VideoFrame", frame).time or 0.0) >= coding.until_s:
                    continue
                if packet.stream is sound:
                    _encode(out, audio, frame)
                    continue
                image = cast("av.VideoFrame", frame)
                graph = graph or _graph(picture, image, size)
                graph.push(image)
                _drain(graph, out, video)
        if graph is not None:
            graph.push(None)
            _drain(graph, out, video)
        for stream in (video, audio):
            if stream is not None:
                _encode(out, stream, None)


def _encode(out: Any, stream: Any, frame: Any) -> None:
    for packet in stream.encode(frame):
        out.mux(packet)


def _drain(graph: Graph, out: Any, stream: Any) -> None:
    while True:
        try:
            frame: Any = graph.pull()
        except (BlockingIOError, EOFError):
            return
        frame.pict_type = 0  # the encoder chooses
        _encode(out, stream, frame)


def _graph(stream: Any, frame: av.VideoFrame, size: tuple[int, int]) -> Graph:
    """Filters that turn frames upright and scale them to `size` in square pixels."""
    graph = Graph()
    steps = [graph.add_buffer(template=stream)]
    steps += [graph.add("transpose", turn) for turn in _TURNS.get(frame.rotation % 360, [])]
    steps += [graph.add("scale", f"{size[0]}:{size[1]}"), graph.add("setsar", "1")]
    steps += [graph.add("format", "yuv420p"), graph.add("buffersink")]
    graph.link_nodes(*steps).configure()
    return graph
