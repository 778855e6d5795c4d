"""Whether a file is a complete, playable video, by its bytes, boxes and packets.

Three steps, each cheaper than the next: the first bytes name the format (the file name never
does), an MP4's top-level boxes must tile the file exactly and hold a `moov`, and every packet is
demuxed. Damage inside packets shows only in decoding: `measures` counts it. No file is read
into memory at once, and only formats that cannot point elsewhere are opened: FFmpeg would fetch
what a playlist or a reference file names.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Literal

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from vtlib.core.errors import BadInput

Kind = Literal[
    "ok", "not_video", "truncated", "empty", "html", "json", "image", "audio_only", "broken"
]
METHOD = "probe/1"
MIN_DURATION_S = 0.3  # shorter files are still pictures stored as a video
_IMAGE_CODECS = frozenset({"png", "mjpeg", "gif", "webp", "bmp", "tiff"})
_BOXES = frozenset(b"ftyp moov mdat free skip wide styp pnot uuid".split())
_IMAGE_BRANDS = frozenset(b"heic heix heif mif1 msf1 avif avis".split())
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_AUDIO = (b"ID3", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1", b"\xff\xf9", b"#!AMR")
_TS_PACKET = 188


@dataclass(frozen=True, slots=True)
class Proof:
    """What kind of file it is, and its properties as far as they could be read.

    `width` and `height` are as displayed (rotation and pixel aspect applied); `fps` is the average
    rate; `duration_s` is the picture's; `frames` counts the video packets in the file and
    `frames_declared` the header's number (None where the format has none).
    """

    kind: Kind
    reason: str
    bytes: int
    container: str = ""
    codec: str = ""
    duration_s: float | None = None
    width: int | None = None
    height: int | None = None
    rotation_deg: int = 0
    fps: Fraction | None = None
    is_variable_rate: bool = False
    has_audio: bool = False
    frames: int | None = None
    frames_declared: int | None = None

    @property
    def ok(self) -> bool:
        """Whether the file is a complete, playable video."""
        return self.kind == "ok"

    def to_row(self) -> dict[str, Any]:
        """The fields as plain JSON values; `fps` as a number, `fps_exact` as "30000/1001"."""
        row = asdict(self)
        return row | {
            "fps": float(self.fps) if self.fps is not None else None,
            "fps_exact": str(self.fps) if self.fps is not None else None,
        }


def prove(path: Path) -> Proof:
    """Check that `path` is a complete, playable video, or name what it is instead.

    Never raises for what is in the file; raises BadInput where there is no file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1024)
            verdict = _by_head(head, size) or _by_boxes(file, head, size)
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror}", todo="Check the path.", file=str(path)
        ) from None
    return verdict or _by_packets(path, size)


def open_media(path: Path) -> InputContainer:
    """The file opened by the demuxer that its first bytes name.

    Raises BadInput for a format we do not open; FFmpeg's own errors pass through.
    """
    with path.open("rb") as file:
        name = _demuxer(file.read(1024))
    if not name:
        raise BadInput("no video format we know", todo=_TODO, file=str(path))
    return av.open(str(path), format=name, metadata_errors="replace")


_TODO = "MP4, MOV, WebM, MKV, TS, FLV, AVI, MPEG and Ogg are read."


def _demuxer(head: bytes) -> str:
    """FFmpeg's name for the container that begins with `head`, or ''."""
    if head[4:8] in _BOXES:
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head[:1] == b"G" and head[_TS_PACKET : _TS_PACKET + 1] == b"G":
        return "mpegts"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    for start, name in ((b"FLV", "flv"), (b"\x00\x00\x01\xba", "mpeg"), (b"OggS", "ogg")):
        if head.startswith(start):
            return name
    return ""


def _by_head(head: bytes, size: int) -> Proof | None:
    """A verdict from the first bytes, None when they look like a video's."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    is_wave = head.startswith(b"RIFF") and head[8:12] == b"WAVE"
    if not head.strip(b"\x00"):
        return Proof("empty", "no bytes" if size == 0 else "nothing but zeros", size)
    if text.startswith(b"<"):
        return Proof("html", "a web page or XML, not a video", size)
    if text.startswith((b"{", b"[")):
        return Proof("json", "a JSON answer, not a video", size)
    if head.startswith(_IMAGES) or is_webp or _is_image_brand(head):
        return Proof("image", "a picture, not a video", size)
    if head.startswith(_AUDIO) or is_wave:
        return Proof("audio_only", "sound without pictures", size)
    if not _demuxer(head):
        return Proof("not_video", f"no video format we know. {_TODO}", size)
    return None


def _is_image_brand(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS


def _by_boxes(file: IO[bytes], head: bytes, size: int) -> Proof | None:
    """Walk an MP4's top-level boxes; None when they tile the file and `moov` is among them."""
    if _demuxer(head) != "mov":
        return None
    at, kinds = 0, set()
    while at < size:
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return Proof("truncated", f"ends inside a box header at byte {at}", size)
        length, kind = int.from_bytes(header[:4]), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:16])
        elif length == 0:  # the last box reaches to the end
            length = size - at
        if length < 8:
            return Proof("broken", f"a box of impossible length at byte {at}", size)
        if at + length > size:
            missing = at + length - size
            return Proof("truncated", f"{missing} bytes of box {_printable(kind)} missing", size)
        kinds.add(kind)
        at += length
    if b"moov" not in kinds:
        return Proof("truncated", "the index (moov) is missing", size)
    return None


def _printable(kind: bytes) -> str:
    return kind.decode("ascii", "replace") if kind.isalnum() else kind.hex()


def _by_packets(path: Path, size: int) -> Proof:
    try:
        with open_media(path) as container:
            facts = _facts(container, size)
        if facts.ok:
            with open_media(path) as container:
                facts = _with_display_size(container, facts)
    except (FFmpegError, ValueError, OSError) as error:
        return Proof("broken", f"cannot be opened: {type(error).__name__}", size)
    return facts


def _facts(container: InputContainer, size: int) -> Proof:
    """Properties of the header and the packets, with a verdict."""
    has_audio = bool(container.streams.audio)
    stream = next((s for s in container.streams.video if not _is_cover(s)), None)
    facts = Proof("ok", "", size, container=container.format.name, has_audio=has_audio)
    if stream is None:
        kind: Kind = "audio_only" if has_audio else "not_video"
        return replace(facts, kind=kind, reason="no video stream")
    times, end, corrupt = _walk(container, stream)
    header_frames = stream.frames or None
    facts = replace(
        facts,
        codec=stream.codec_context.name,
        fps=stream.average_rate,
        frames=len(times),
        frames_declared=header_frames,
        duration_s=round(end, 3),
        is_variable_rate=_is_variable(times),
    )
    header_s = _header_duration_s(container, stream)
    if facts.codec in _IMAGE_CODECS and len(times) <= 1:
        kind = "audio_only" if has_audio else "image"
        return replace(facts, kind=kind, reason="a single picture, not a video")
    if not times:
        return replace(facts, kind="broken", reason="no video packets")
    if header_frames and len(times) < header_frames:
        return replace(
            facts, kind="truncated", reason=f"{len(times)} of {header_frames} frames are there"
        )
    if header_s and end < header_s - max(1.0, 0.05 * header_s):
        return replace(facts, kind="truncated", reason=f"{end:.1f} of {header_s:.1f} s are there")
    if corrupt:
        return replace(facts, kind="broken", reason=f"{corrupt} packets are marked corrupt")
    if end < MIN_DURATION_S:
        return replace(facts, kind="image", reason=f"only {end:.2f} s long: a still picture")
    return facts


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & stream.disposition.attached_pic)


def _walk(container: InputContainer, stream: VideoStream) -> tuple[list[float], float, int]:
    """Sorted packet times, the end of the last frame (both s, from the start), corrupt packets."""
    base, start = float(stream.time_base or 0), stream.start_time
    stamps: list[tuple[int, int]] = []
    corrupt = 0
    for packet in container.demux(stream):
        stamp = packet.pts if packet.pts is not None else packet.dts
        if packet.size and stamp is not None:
            stamps.append((stamp, packet.duration or 0))
            corrupt += packet.is_corrupt
    stamps.sort()
    if not stamps:
        return [], 0.0, corrupt
    zero = start if start is not None else stamps[0][0]
    times = [(stamp - zero) * base for stamp, _ in stamps]
    last = stamps[-1][1] * base or (float(1 / stream.average_rate) if stream.average_rate else 0.0)
    return times, times[-1] + last, corrupt


def _is_variable(times: list[float]) -> bool:
    """More than one step in twenty differs from the median step by a fifth."""
    steps = [b - a for a, b in pairwise(times)]
    if len(steps) < 2:
        return False
    middle = sorted(steps)[len(steps) // 2]
    return sum(abs(s - middle) > 0.2 * middle for s in steps) > 0.05 * len(steps)


def _header_duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    """The picture's length (s) by the header; None where a format only estimates it.

    Matroska states one length for all its streams, so it counts only for a single stream.
    """
    if container.format.name == "mov" and stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    is_alone = "matroska" in container.format.name and len(container.streams) == 1
    return container.duration / av.time_base if is_alone and container.duration else None


def _with_display_size(container: InputContainer, facts: Proof) -> Proof:
    """`facts` with the size as shown; a first frame that does not decode is `broken`."""
    frame = next(container.decode(container.streams.video[0]), None)
    if frame is None:
        return replace(facts, kind="broken", reason="no frame can be decoded")
    width, height = display_size(container.streams.video[0], frame.width, frame.height)
    if frame.rotation % 180:
        width, height = height, width
    return replace(facts, width=width, height=height, rotation_deg=frame.rotation % 360)


def display_size(stream: VideoStream, width: int, height: int) -> tuple[int, int]:
    """Width and height with the pixels' aspect ratio applied, before rotation."""
    aspect = stream.sample_aspect_ratio
    return (round(width * aspect), height) if aspect else (width, height)
