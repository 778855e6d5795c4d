"""Cuts, motion and colour against rendered truth."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from tests.media.measures.rendered_clips import Clip, cutting, render, view, write_text
from vtlib.media.measures.cuts import find_cuts, shots_between
from vtlib.media.measures.frames import read_strip
from vtlib.media.measures.pictures import read_curves

PORTRAIT, LANDSCAPE = (180, 320), (320, 180)
FILM = Fraction(30_000, 1001)


def cuts_of(path):
    return find_cuts(read_strip(path))


def zooming(t):
    return view(3, PORTRAIT, zoom=1.0 if t < 1 else 1.25 if t < 2 else 1.05, x=0.01 * np.sin(t))


def fading(t):
    """Out to black and in again, then a dissolve: nothing is cut."""
    black = Image.new("RGB", PORTRAIT)
    if t < 1.5:
        return Image.blend(view(1, PORTRAIT), black, min(1.0, max(0.0, (t - 0.8) / 0.6)))
    if t < 2.6:
        return Image.blend(black, view(2, PORTRAIT), min(1.0, (t - 1.5) / 0.6))
    return Image.blend(view(2, PORTRAIT), view(5, PORTRAIT), min(1.0, (t - 2.6) / 0.7))


def popping(t):
    """Two texts and a banner come and go over a moving scene."""
    image = view(4, PORTRAIT, x=0.03 * t)
    if 1 <= t < 2:
        write_text(write_text(image, "three tips"), "for today", y=0.2)
    if 2.5 <= t < 3.3:
        image.paste((250, 240, 230), (0, 20, 180, 110))
    return image


def flashing(t):
    image = view(6, PORTRAIT, x=0.01 * t)
    white = Image.new("RGB", PORTRAIT, "white")
    return Image.blend(image, white, 0.9) if 1 <= t < 1.09 or 2 <= t < 2.05 else image


def panning(t):
    """A pan, then a whip of a fifth of a second."""
    whip = 0.25 * min(1.0, max(0.0, (t - 2) / 0.2))
    return view(7, PORTRAIT, zoom=1.8, x=-0.15 + 0.02 * t + whip)


def shaking(t):
    rng = np.random.default_rng(round(t * 1000))
    return view(8, PORTRAIT, zoom=1.3, x=rng.normal(0, 0.006), y=rng.normal(0, 0.006))


def blinking(t):
    """The light swings by a quarter, five times a second."""
    gain = 1 + 0.25 * np.sign(np.sin(2 * np.pi * 2.5 * t + 0.1))
    return view(9, PORTRAIT).point(lambda v: min(255, int(v * gain * 0.8)))


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        (Clip(cutting([0.8, 2.0, 3.1])), [0.8, 2.0, 3.1]),
        (Clip(cutting([0.8, 2.0, 3.12], LANDSCAPE, seed=20), fps=Fraction(25)), [0.8, 2.0, 3.12]),
        (Clip(cutting([1.001, 3.003]), fps=FILM), [1.001, 3.003]),
        (Clip(cutting([0.5, 0.8, 1.1, 1.4, 3.0], seed=40)), [0.5, 0.8, 1.1, 1.4, 3.0]),
        (Clip(zooming, duration_s=3), [1.0, 2.0]),
        (Clip(fading), []),
        (Clip(popping), []),
        (Clip(flashing, duration_s=3), []),
        (Clip(panning, duration_s=3), []),
        (Clip(shaking, duration_s=3), []),
        (Clip(blinking, duration_s=3), []),
    ],
    ids=[
        "hard",
        "25fps",
        "29.97",
        "fast",
        "zooms",
        "fades",
        "popups",
        "flashes",
        "pan",
        "shake",
        "light",
    ],
)
def test_cuts_are_found_and_nothing_else(clip, expected, tmp_path):
    path = render(clip, tmp_path / "a.mp4")
    assert cuts_of(path) == pytest.approx(expected, abs=0.002)


def test_cuts_with_a_variable_frame_rate(tmp_path):
    rng = np.random.default_rng(5)
    steps = rng.choice([1 / 60, 1 / 30, 1 / 15], 160)
    times = tuple(t for t in np.cumsum(steps) - steps[0] if t < 4)
    path = render(Clip(cutting([1.0, 2.5], seed=60), times_s=times), tmp_path / "a.mp4")
    first_frames = [min(t for t in times if t >= cut) for cut in (1.0, 2.5)]
    assert cuts_of(path) == pytest.approx(first_frames, abs=0.002)


def test_cuts_when_every_frame_stands_twice(tmp_path):
    picture = cutting([1.0, 2.0], seed=70, drift=0.08)
    path = render(
        Clip(lambda t: picture(int(t * 15 + 1e-6) / 15), duration_s=3), tmp_path / "a.mp4"
    )
    assert cuts_of(path) == pytest.approx([1.0, 2.0], abs=0.04)


def test_rotated_metadata_is_applied(tmp_path):
    def lying(t):
        return cutting([1.0])(t).transpose(Image.Transpose.ROTATE_90)

    upright = read_strip(render(Clip(cutting([1.0]), duration_s=2), tmp_path / "upright.mp4"))
    turned = read_strip(
        render(Clip(lying, duration_s=2, rotation_deg=-90), tmp_path / "turned.mp4")
    )
    assert (turned.width, turned.height) == (180, 320)
    assert turned.luma.shape == upright.luma.shape
    assert np.abs(turned.luma.astype(int) - upright.luma).mean() < 4
    assert find_cuts(turned) == find_cuts(upright)
    assert turned.samples[0].image().size == (180, 320)


def test_one_frame_is_one_shot_without_motion(tmp_path):
    strip = read_strip(render(Clip(cutting([]), duration_s=1 / 30), tmp_path / "a.mp4"))
    assert strip.n_decoded == 1
    assert find_cuts(strip) == []
    assert read_curves(strip, []).mean("motion", 0, 1) is None


def test_motion_means_the_same_at_every_frame_rate(tmp_path):
    def moving(t):
        return view(3, PORTRAIT, zoom=1.8, x=-0.1 + 0.08 * t)

    found = []
    for fps in (15, 30, 60):
        clip = Clip(moving, duration_s=2, fps=Fraction(fps))
        strip = read_strip(render(clip, tmp_path / f"{fps}.mp4"))
        found.append(read_curves(strip, []).mean("motion", 0, 2))
    assert found == pytest.approx([found[1]] * 3, rel=0.25)
    still = read_strip(render(Clip(lambda _: view(3, PORTRAIT), duration_s=1), tmp_path / "s.mp4"))
    assert read_curves(still, []).mean("motion", 0, 1) < 0.3
    assert found[1] > 2


def test_brightness_and_colour_of_known_tones(tmp_path):
    for name, brightness, colour in (
        *(("black", 0, 0), ("white", 1, 0)),
        *(("gray", 0.5, 0), ("red", 0.3, 85)),
    ):
        picture = Image.new("RGB", (64, 64), name)
        strip = read_strip(render(Clip(lambda _, p=picture: p, duration_s=0.5), tmp_path / "a.mp4"))
        curves = read_curves(strip, [])
        assert curves.brightness[0] == pytest.approx(brightness, abs=0.03), name
        assert curves.colorfulness[0] == pytest.approx(colour, abs=6), name


def test_shots_tile_the_video():
    shots = shots_between([1.0, 2.5], 4.0)
    assert [(s.start_s, s.end_s) for s in shots] == [(0, 1), (1, 2.5), (2.5, 4)]
