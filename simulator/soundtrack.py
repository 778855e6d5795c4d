"""Sound with a known truth: speech-like segments, a beat, silence, at a known level.

Speech is a glottal pulse train through three moving formants, in syllables of about a fifth of a
second; the beat is a kick on every count. Mono, float32, -1 to 1.
"""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 44_100
Sound = NDArray[np.float32]
# First three formants (Hz) of five vowels, after Peterson & Barney 1952, rounded.
_VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
)
_SYLLABLE_S = (0.13, 0.29)


def soundtrack(plan: dict[str, Any], rng: Random) -> Sound:
    """The sound of a clip `plan`: `duration_s`, `speech_s` and `silence_s` ([start, end] pairs),
    `tempo_bpm` (None = no beat), `level_dbfs` (root mean square of what is not silent).
    """
    n = round(plan["duration_s"] * RATE_HZ)
    noise = np.random.default_rng(rng.getrandbits(32))
    sound = noise.standard_normal(n) * 1e-3
    for start, end in plan["speech_s"]:
        _lay(sound, start, _speech(end - start, rng))
    if plan["tempo_bpm"]:
        for at in np.arange(0, plan["duration_s"], 60 / plan["tempo_bpm"]):
            _lay(sound, float(at), 0.7 * _kick())
    heard = np.ones(n, bool)
    for start, end in plan["silence_s"]:
        heard[round(start * RATE_HZ) : round(end * RATE_HZ)] = False
    sound[~heard] = 0.0
    rms = float(np.sqrt(np.mean(sound[heard] ** 2)))
    gain = 10 ** (plan["level_dbfs"] / 20) / rms
    # A soft knee keeps peaks inside; the level is set on what went in, and measured on what came
    # out.
    return np.asarray(np.tanh(sound * gain), np.float32)


def level_dbfs(sound: Sound) -> float:
    """Root mean square of the parts that are not digital silence, in dB of full scale."""
    heard = sound[np.abs(sound) > 0]
    return round(float(20 * np.log10(np.sqrt(np.mean(heard.astype(float) ** 2)))), 2)


def _lay(sound: NDArray[np.float64], start_s: float, part: NDArray[np.float64]) -> None:
    at = round(start_s * RATE_HZ)
    end = min(len(sound), at + len(part))
    sound[at:end] += part[: end - at]


def _kick() -> NDArray[np.float64]:
    t = np.arange(round(0.12 * RATE_HZ)) / RATE_HZ
    return np.sin(2 * np.pi * (55 * t + 1.5 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.035)


def _speech(duration_s: float, rng: Random) -> NDArray[np.float64]:
    pitch_hz = rng.uniform(105, 210)
    parts: list[NDArray[np.float64]] = []
    while sum(map(len, parts)) < duration_s * RATE_HZ:
        parts.append(_syllable(pitch_hz * rng.uniform(0.88, 1.15), rng.choice(_VOWELS), rng))
    whole = np.concatenate(parts)[: round(duration_s * RATE_HZ)]
    return 0.35 * whole / max(float(np.abs(whole).max()), 1e-9)


def _syllable(pitch_hz: float, formants: tuple[int, ...], rng: Random) -> NDArray[np.float64]:
    from scipy.signal import lfilter  # noqa: PLC0415 - a second that a world without new films does not need

    length_s = rng.uniform(*_SYLLABLE_S)  # uneven: an even row of syllables would be a beat
    n = round(length_s * RATE_HZ)
    t = np.arange(n) / RATE_HZ
    phase = np.cumsum(pitch_hz * (1 + 0.02 * np.sin(2 * np.pi * 5 * t)) / RATE_HZ)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    breath = np.random.default_rng(rng.getrandbits(32)).standard_normal(n) * 0.02
    voice = np.asarray(lfilter([1.0], [1.0, -0.97], pulses) + breath)
    for centre_hz in formants:
        width_hz = 60 + 0.05 * centre_hz
        r = np.exp(-np.pi * width_hz / RATE_HZ)
        turn = -2 * r * np.cos(2 * np.pi * centre_hz / RATE_HZ)
        voice = np.asarray(lfilter([1 + turn + r * r], [1.0, turn, r * r], voice))
    shape = np.minimum(1, np.minimum(t / 0.03, (length_s - t) / 0.06))
    return np.asarray(voice * np.clip(shape, 0.02, 1))
