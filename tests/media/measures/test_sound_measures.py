"""Loudness, silence, tempo and speech against sounds of known make."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from tests.media.measures.rendered_clips import RATE_HZ, Clip, beats, render, tone, view
from vtlib.media.measures.sound import find_silence, find_tempo, read_sound


def heard(samples, tmp_path):
    clip = Clip(lambda _: view(1, (64, 64)), duration_s=len(samples) / RATE_HZ, sound=samples)
    return read_sound(render(clip, tmp_path / "a.mp4"))


def test_a_tone_has_the_loudness_of_the_standard(tmp_path):
    # EBU Tech 3341: 997 Hz at 0 dBFS in one channel reads -3.01 LUFS; 20 dB less, 20 LU less.
    sound = heard(tone(5, -20), tmp_path)
    assert sound.integrated_lufs == pytest.approx(-23.0, abs=0.2)
    assert find_silence(sound.samples) == []
    assert len(sound.momentary) == pytest.approx(50, abs=1)


def test_silence_is_found_where_it_is(tmp_path):
    gap = np.zeros(RATE_HZ)
    sound = heard(np.concatenate([tone(1.5, -12), gap, tone(1.5, -12)]), tmp_path)
    (span,) = find_silence(sound.samples)
    assert (span.start_s, span.end_s) == pytest.approx((1.5, 2.5), abs=0.06)


def test_a_silent_track_has_no_loudness(tmp_path):
    sound = heard(np.zeros(3 * RATE_HZ), tmp_path)
    assert sound.integrated_lufs is None
    assert sound.range_lu is None


def test_without_a_sound_track_there_is_no_sound(tmp_path):
    path = render(Clip(lambda _: view(1, (64, 64)), duration_s=1), tmp_path / "a.mp4")
    assert read_sound(path) is None


@pytest.mark.parametrize("bpm", [72.0, 96.5, 120.0, 150.0])
def test_tempo_of_a_beat(bpm, tmp_path):
    found, confidence = find_tempo(heard(beats(bpm, 12), tmp_path).samples)
    assert found == pytest.approx(bpm, abs=0.5)
    assert confidence > 0.7


@pytest.mark.parametrize(
    "samples",
    [
        np.random.default_rng(1).normal(0, 0.1, 16_000 * 12),
        np.zeros(16_000 * 12),
        beats(120, 1)[::3],
    ],
    ids=["noise", "silence", "too short"],
)
def test_no_tempo_where_there_is_no_beat(samples):
    found, confidence = find_tempo(samples.astype(np.float32))
    assert found is None
    assert confidence < 0.3


def test_noise_and_beats_are_no_speech():
    pytest.importorskip("onnxruntime")
    from vtlib.media.measures.sound import find_speech

    noise = np.random.default_rng(1).normal(0, 0.05, 16_000 * 6).astype(np.float32)
    music = np.interp(np.arange(0, 6, 1 / 16_000), np.arange(0, 6, 1 / RATE_HZ), beats(120, 6))
    assert find_speech(noise) == []
    assert find_speech(music.astype(np.float32)) == []
    assert find_speech(np.zeros(0, np.float32)) == []


def test_spoken_words_are_found_when_they_are_said(tmp_path):
    pytest.importorskip("onnxruntime")
    if not (voice := shutil.which("espeak-ng")):
        pytest.skip("espeak-ng is not installed: there is no voice to test speech with")
    from vtlib.media.measures.sound import find_speech

    wave = subprocess.run(
        [voice, "--stdout", "Stop scrolling, here are three tricks"],
        capture_output=True,
        check=True,
    ).stdout
    words = np.frombuffer(wave[44:], np.int16) / 32_768
    spoken_s = len(words) / 22_050
    words = np.interp(np.arange(0, spoken_s, 1 / RATE_HZ), np.arange(len(words)) / 22_050, words)
    samples = beats(110, spoken_s + 4) * 0.5
    samples[2 * RATE_HZ : 2 * RATE_HZ + len(words)] += words * 0.6
    found = find_speech(heard(samples, tmp_path).samples)
    assert found[0].start_s == pytest.approx(2, abs=0.3)
    assert found[-1].end_s == pytest.approx(2 + spoken_s, abs=0.6)
    assert sum(s.end_s - s.start_s for s in found) > 0.7 * spoken_s
