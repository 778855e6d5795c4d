"""Sound: one decode for loudness (EBU R 128) and for the samples that speech and tempo need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import BlockingIOError as NotYet
from av.error import EOFError as Ended
from av.error import FFmpegError
from av.filter import Graph

from vtlib.media.measures.cuts import ShotSpan
from vtlib.media.probe import open_media

METHOD = "ebur128 (FFmpeg), silence/1"
RATE_HZ = 16_000
MAX_SOUND_S = 1_800.0  # 115 MB of samples; speech and tempo of more are not looked at
SILENCE_DBFS = -50.0
MIN_SILENCE_S = 0.5
_WINDOW_S = 0.05
_GATE_LUFS = -70.0  # R 128's absolute gate: at or under it nothing was loud enough to measure

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


@dataclass(frozen=True, slots=True)
class Sound:
    """`samples` mono at 16 kHz, 0 = start of the picture; loudness in LUFS.

    `integrated_lufs` and `range_lu` are None when all is silence or shorter than 0.4 s;
    `momentary` holds (time s, LUFS of the 0.4 s before), every 0.1 s. `corrupt` counts packets
    that could not be decoded.
    """

    samples: Floats
    integrated_lufs: float | None
    range_lu: float | None
    momentary: tuple[tuple[float, float], ...]
    corrupt: int


def read_sound(path: Path, *, picture_start_s: float = 0.0) -> Sound | None:
    """Decode the first sound track; None when there is none, or nothing of it can be decoded."""
    with open_media(path) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        reader = _SoundReader()
        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    reader.take(frame)
            except FFmpegError:
                reader.corrupt += 1
    return reader.sound(picture_start_s)


class _SoundReader:
    """Feeds each decoded frame to the loudness meter and to the resampler."""

    def __init__(self) -> None:
        self.resampler = AudioResampler(format="fltp", layout="mono", rate=RATE_HZ)
        self.graph: Graph | None = None
        self.source = self.sink = None
        self.shape: tuple[str, str, int] | None = None
        self.parts: list[Floats] = []
        self.kept = 0
        self.start: float | None = None
        self.corrupt = 0
        self.momentary: list[tuple[float, float]] = []
        self.integrated = self.range = float("nan")

    def take(self, frame: AudioFrame) -> None:
        """Add a decoded frame; a change of format in mid-stream is left out of the loudness."""
        if self.start is None:
            self.start = frame.time or 0.0
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self.shape is None:
            self._open(frame)
            self.shape = shape
        if shape == self.shape and self.graph is not None:
            self.graph.push(frame)
            self._pull()
        if self.kept < MAX_SOUND_S * RATE_HZ:
            self._keep(self.resampler.resample(frame))

    def sound(self, picture_start_s: float) -> Sound | None:
        """What was collected, or None."""
        if self.start is None or self.graph is None:
            return None
        self._keep(self.resampler.resample(None))
        self.graph.push(None)
        self._pull()
        shift = self.start - picture_start_s
        is_measured = self.integrated > _GATE_LUFS
        return Sound(
            samples=_aligned(np.concatenate(self.parts), shift),
            integrated_lufs=self.integrated if is_measured else None,
            range_lu=self.range if is_measured else None,
            momentary=tuple((t + shift, m) for t, m in self.momentary),
            corrupt=self.corrupt,
        )

    def _open(self, frame: AudioFrame) -> None:
        graph = Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=frame.time_base,
        )
        meter = graph.add("ebur128", "metadata=1")
        sink = graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        self.graph = graph

    def _pull(self) -> None:
        if self.graph is None:
            return
        while True:
            try:
                frame = self.graph.pull()
            except (NotYet, Ended):
                return
            values = frame.metadata
            if "lavfi.r128.M" not in values:
                continue
            self.momentary.append((0.1 * (len(self.momentary) + 1), float(values["lavfi.r128.M"])))
            self.integrated = float(values["lavfi.r128.I"])
            self.range = float(values["lavfi.r128.LRA"])

    def _keep(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            part = frame.to_ndarray()[0].astype(np.float32, copy=False)
            self.parts.append(part)
            self.kept += len(part)


def _aligned(samples: Floats, shift_s: float) -> Floats:
    """`samples` with the picture's zero as theirs: padded when late, cut when early."""
    n = round(shift_s * RATE_HZ)
    return np.pad(samples, (n, 0)) if n > 0 else samples[-n:]


def find_silence(samples: Floats) -> list[ShotSpan]:
    """Stretches of at least 0.5 s under -50 dBFS (RMS of 50 ms); exact to a window."""
    size = round(_WINDOW_S * RATE_HZ)
    n = len(samples) // size
    power = (samples[: n * size].reshape(n, size).astype(np.float64) ** 2).mean(axis=1)
    quiet = power < 10 ** (SILENCE_DBFS / 10)
    return [s for s in spans_of(quiet, _WINDOW_S) if s.end_s - s.start_s >= MIN_SILENCE_S - 1e-9]


def spans_of(flags: np.ndarray, step_s: float) -> list[ShotSpan]:
    """Runs of true flags as times."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [ShotSpan(float(a * step_s), float(b * step_s)) for a, b in edges.reshape(-1, 2)]
