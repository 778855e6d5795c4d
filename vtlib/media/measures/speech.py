"""Speech segments by Silero's voice activity model (vendored, run by onnxruntime)."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from vtlib.media.measures.cuts import ShotSpan
from vtlib.media.measures.sound import RATE_HZ, spans_of

METHOD = "silero-vad 6.2.3, speech/1"
THRESHOLD = 0.5
MAX_GAP_S = 0.35  # a shorter pause is part of the speech
MIN_SPEECH_S = 0.25
_CHUNK, _CONTEXT = 512, 64  # samples: what the model was trained on
_BLOCK = 512  # chunks a call, 16 s
_MODEL = "silero_vad_16k_sequence.onnx"

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def find_speech(samples: Floats) -> list[ShotSpan]:
    """Stretches of speech in mono `samples` at 16 kHz, exact to about 0.1 s.

    Raises ImportError without onnxruntime. Singing may or may not count as speech.
    """
    step = _CHUNK / RATE_HZ
    length_s = len(samples) / RATE_HZ
    chances = speech_chances(samples)
    joined: list[ShotSpan] = []
    for span in spans_of(chances >= THRESHOLD, step):
        is_pause = bool(joined) and span.start_s - joined[-1].end_s < MAX_GAP_S
        start_s = joined.pop().start_s if is_pause else span.start_s
        joined.append(ShotSpan(start_s, min(span.end_s, length_s)))
    return [span for span in joined if span.end_s - span.start_s >= MIN_SPEECH_S]


def speech_chances(samples: Floats) -> Floats:
    """The model's chance of speech for every 32 ms [n]."""
    n = max(1, -(-len(samples) // _CHUNK))
    padded = np.zeros(_CONTEXT + n * _CHUNK, np.float32)
    padded[_CONTEXT : _CONTEXT + len(samples)] = samples
    windows = np.lib.stride_tricks.sliding_window_view(padded, _CONTEXT + _CHUNK)[::_CHUNK]
    hidden = cell = np.zeros((1, 1, 128), np.float32)
    out: list[Floats] = [np.zeros(0, np.float32)]
    for at in range(0, n, _BLOCK):
        block = np.ascontiguousarray(windows[at : at + _BLOCK])
        chances, hidden, cell = _session().run(
            ["speech_probs", "hn", "cn"], {"input": block, "h": hidden, "c": cell}
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
