"""The sound of a video: loudness (EBU R 128), silence, speech and tempo, from one decode.

Speech is found by Silero's voice activity model (vendored, run by onnxruntime), tempo by the
autocorrelation of onset strength, with a confidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import BlockingIOError as NotYet
from av.error import EOFError as EndOfStream
from av.error import FFmpegError
from av.filter import Graph

from vtlib.media.measures.cuts import ShotSpan
from vtlib.media.probe import open_media

LOUDNESS_METHOD = "ebur128 (FFmpeg), silence/1"
RATE_HZ = 16_000
MAX_SOUND_S = 1_800.0  # 115 MB of samples; speech and tempo beyond are not measured
SILENCE_DBFS = -50.0
MIN_SILENCE_S = 0.5
_WINDOW_S = 0.05
_GATE_LUFS = -70.0  # R 128's absolute gate: at or below it nothing was loud enough to measure

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
        self.n_samples = 0
        self.start: float | None = None
        self.corrupt = 0
        self.momentary: list[tuple[float, float]] = []
        self.integrated = self.range = float("nan")

    def take(self, frame: AudioFrame) -> None:
        """Add a decoded frame; after a change of format in mid-stream, loudness is not measured."""
        if self.start is None:
            self.start = frame.time or 0.0
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self.shape is None:
            self._open(frame)
            self.shape = shape
        if shape == self.shape and self.graph is not None:
            self.graph.push(frame)
            self._pull()
        if self.n_samples < MAX_SOUND_S * RATE_HZ:
            self._keep(self.resampler.resample(frame))

    def sound(self, picture_start_s: float) -> Sound | None:
        """The collected sound, or None."""
        if self.start is None or self.graph is None:
            return None
        self._keep(self.resampler.resample(None))
        self.graph.push(None)
        self._pull()
        shift = self.start - picture_start_s
        is_measured = self.integrated > _GATE_LUFS
        return Sound(
            samples=_align(np.concatenate(self.parts), shift),
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
            except (NotYet, EndOfStream):
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
            self.n_samples += len(part)


def _align(samples: Floats, shift_s: float) -> Floats:
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


SPEECH_METHOD = "silero-vad 6.2.3, speech/1"
THRESHOLD = 0.5
MAX_GAP_S = 0.35  # a shorter pause is part of the speech
MIN_SPEECH_S = 0.25
_CHUNK, _CONTEXT = 512, 64  # samples: what the model was trained on
_BLOCK = 512  # chunks a call, 16 s
_MODEL = "silero_vad_16k_sequence.onnx"


def find_speech(samples: Floats) -> list[ShotSpan]:
    """Stretches of speech in mono `samples` at 16 kHz, exact to about 0.1 s.

    Raises ImportError without onnxruntime. Singing may or may not count as speech.
    """
    step = _CHUNK / RATE_HZ
    length_s = len(samples) / RATE_HZ
    chances = speech_chances(samples)
    spans: list[ShotSpan] = []
    for span in spans_of(chances >= THRESHOLD, step):
        is_pause = bool(spans) and span.start_s - spans[-1].end_s < MAX_GAP_S
        start_s = spans.pop().start_s if is_pause else span.start_s
        spans.append(ShotSpan(start_s, min(span.end_s, length_s)))
    return [span for span in spans if span.end_s - span.start_s >= MIN_SPEECH_S]


def speech_chances(samples: Floats) -> Floats:
    """The model's chance of speech for every 32 ms [n]."""
    n = max(1, -(-len(samples) // _CHUNK))
    signal = np.zeros(_CONTEXT + n * _CHUNK, np.float32)
    signal[_CONTEXT : _CONTEXT + len(samples)] = samples
    windows = np.lib.stride_tricks.sliding_window_view(signal, _CONTEXT + _CHUNK)[::_CHUNK]
    state = cell = np.zeros((1, 1, 128), np.float32)
    out: list[Floats] = [np.zeros(0, np.float32)]
    for at in range(0, n, _BLOCK):
        block = np.ascontiguousarray(windows[at : at + _BLOCK])
        chances, state, cell = _session().run(
            ["speech_probs", "hn", "cn"], {"input": block, "h": state, "c": cell}
        )
        out.append(chances.reshape(-1))
    return np.concatenate(out)


@cache
def _session() -> Any:
    import onnxruntime  # noqa: PLC0415 - optional, and slow to import

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = resources.files("vtlib.media.measures") / "models" / _MODEL
    return onnxruntime.InferenceSession(
        model.read_bytes(), options, providers=["CPUExecutionProvider"]
    )


TEMPO_METHOD = "tempo/1"
MIN_BPM, MAX_BPM = 60.0, 190.0
MIN_CONFIDENCE = 0.35  # speech alone and noise stay under it
MIN_SOUND_S = 4.0
_HOP, _FRAME = 160, 512  # 10 ms, 32 ms
_BANDS = 24
_CENTRE_BPM, _SPREAD_OCTAVES = 120.0, 1.0  # people tap near 120: decides between octaves only


def find_tempo(samples: Floats) -> tuple[float | None, float]:
    """Beats per minute and a confidence 0 to 1, of mono `samples` at 16 kHz.

    The confidence is the normalised autocorrelation at the beat's period. Under 0.35, or with
    less than 4 s of sound, the tempo is None. Above 160 the half may be found.
    """
    if len(samples) < MIN_SOUND_S * RATE_HZ:
        return None, 0.0
    onsets = _onsets(samples)
    power = float(onsets @ onsets)
    if power <= 1e-9:
        return None, 0.0
    size = 1 << (2 * len(onsets) - 1).bit_length()
    spectrum = np.fft.rfft(onsets, size)
    full = np.fft.irfft(np.abs(spectrum) ** 2, size)[: len(onsets)]
    curve = full / full[0] * len(onsets) / np.arange(len(onsets), 0, -1)
    lags = np.arange(_lag(MAX_BPM), _lag(MIN_BPM) + 1)
    tempi = 60 * RATE_HZ / _HOP / lags
    prior = np.exp(-0.5 * (np.log2(tempi / _CENTRE_BPM) / _SPREAD_OCTAVES) ** 2)
    at_double = curve[np.minimum(2 * lags, len(curve) - 1)]
    best = int(lags[np.argmax((curve[lags] + 0.5 * at_double) * prior)])
    confidence = float(np.clip(curve[best - 1 : best + 2].max(), 0, 1))
    if confidence < MIN_CONFIDENCE:
        return None, confidence
    return 60 * RATE_HZ / _HOP / _refine_lag(curve, best), confidence


def _lag(bpm: float) -> int:
    return round(60 * RATE_HZ / _HOP / bpm)


def _onsets(samples: Floats) -> Floats:
    """Half-wave rectified flux of log band energies, minus its slow mean."""
    n = 1 + (len(samples) - _FRAME) // _HOP
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP][:n]
    window = np.hanning(_FRAME).astype(np.float32)
    edges = np.unique(np.geomspace(1, _FRAME // 2, _BANDS + 1).astype(int))
    energy = np.concatenate(
        [
            np.add.reduceat(np.abs(np.fft.rfft(part * window, axis=1)), edges[:-1], axis=1)
            for part in np.array_split(frames, max(1, n // 2000))
        ]
    )
    flux = np.maximum(np.diff(np.log1p(20 * energy), axis=0), 0).mean(axis=1)
    smooth = np.convolve(flux, np.hanning(5) / np.hanning(5).sum(), "same")
    slow = np.convolve(smooth, np.ones(101) / 101, "same")
    return (smooth - slow).astype(np.float32)


def _refine_lag(curve: Floats, lag: int) -> float:
    """The lag with its fraction, read at the largest whole multiple up to eight beats."""
    times = max(k for k in (8, 4, 2, 1) if k == 1 or (k * lag + k) < len(curve) // 2)
    near = np.arange(max(1, times * lag - times), times * lag + times + 1)
    peak = int(near[np.argmax(curve[near])])
    a, b, c = curve[peak - 1 : peak + 2]
    bend = a - 2 * b + c
    return float((peak + (0.5 * (a - c) / bend if bend < 0 else 0.0)) / times)
