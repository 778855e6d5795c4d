"""Tempo by autocorrelation of onset strength, with a confidence."""

from __future__ import annotations

import numpy as np

METHOD = "tempo/1"
RATE_HZ = 16_000
MIN_BPM, MAX_BPM = 60.0, 190.0
MIN_CONFIDENCE = 0.35  # speech alone and noise stay under it
MIN_SOUND_S = 4.0
_HOP, _FRAME = 160, 512  # 10 ms, 32 ms
_BANDS = 24
_CENTRE_BPM, _SPREAD_OCTAVES = 120.0, 1.0  # people tap near 120: settles octaves only

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


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
    doubled = curve[np.minimum(2 * lags, len(curve) - 1)]
    best = int(lags[np.argmax((curve[lags] + 0.5 * doubled) * prior)])
    confidence = float(np.clip(curve[best - 1 : best + 2].max(), 0, 1))
    if confidence < MIN_CONFIDENCE:
        return None, confidence
    return 60 * RATE_HZ / _HOP / _refined(curve, best), confidence


def _lag(bpm: float) -> int:
    return round(60 * RATE_HZ / _HOP / bpm)


def _onsets(samples: Floats) -> Floats:
    """Half-wave rectified flux of log band energies, its slow mean taken off."""
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


def _refined(curve: Floats, lag: int) -> float:
    """The lag with its fraction, read at the largest whole multiple up to eight beats."""
    times = max(k for k in (8, 4, 2, 1) if k == 1 or (k * lag + k) < len(curve) // 2)
    near = np.arange(max(1, times * lag - times), times * lag + times + 1)
    peak = int(near[np.argmax(curve[near])])
    a, b, c = curve[peak - 1 : peak + 2]
    bend = a - 2 * b + c
    return float((peak + (0.5 * (a - c) / bend if bend < 0 else 0.0)) / times)
