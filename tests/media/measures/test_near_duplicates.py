"""Twins are found through re-encoding, scaling, bars, overlays and trims; others are not."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.media.measures.rendered_clips import Clip, cutting, render, view, write_text
from vtlib.media.duplicates import compare_hashes
from vtlib.media.measures import measure
from vtlib.media.measures.pictures import hash64

SIZE = (180, 320)
HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=12)


def hashes_of(path):
    return [int(h, 16) for h in measure(path, parts=("light",)).hashes]


def original(seed):
    return cutting([1.2, 2.6, 4.1], SIZE, seed=seed, drift=0.05)


def boxed(picture):
    def draw(t):
        frame = Image.new("RGB", (320, 320))
        frame.paste(picture(t), (70, 0))
        return frame

    return draw


CHANGES = {
    "re-encoded": lambda p: Clip(p, 5.5, options={"preset": "ultrafast", "crf": "38"}),
    "smaller, 24 fps": lambda p: Clip(lambda t: p(t).resize((108, 192)), 5.5, Fraction(24)),
    "another codec": lambda p: Clip(p, 5.5, codec="mpeg4", options={"b": "300k"}),
    "captioned": lambda p: Clip(lambda t: write_text(p(t), "@someone", y=0.85, size=22), 5.5),
    "boxed": lambda p: Clip(boxed(p), 5.5),
    "brighter": lambda p: Clip(lambda t: p(t).point(lambda v: min(255, int(v * 1.2 + 5))), 5.5),
    "trimmed": lambda p: Clip(lambda t: p(t + 0.8), 4.2),
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    return {
        seed: hashes_of(render(Clip(original(seed), 5.5), folder / f"{seed}.mp4"))
        for seed in (100, 200, 300)
    }


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_the_same_and_others_are_not(change, originals, tmp_path):
    copy = hashes_of(render(CHANGES[change](original(100)), tmp_path / "copy.mp4"))
    found = {seed: compare_hashes(copy, hashes).is_same for seed, hashes in originals.items()}
    assert found == {100: True, 200: False, 300: False}


def test_one_shared_scene_is_not_the_same_creative(originals, tmp_path):
    def other(t):
        return original(100)(0.5) if t < 1.2 else original(900)(t)

    copy = hashes_of(render(Clip(other, 5.5), tmp_path / "other.mp4"))
    match = compare_hashes(copy, originals[100])
    assert 0 < match.share < 0.5
    assert not match.is_same


def test_a_featureless_picture_has_no_hash():
    assert hash64(Image.new("RGB", SIZE, "navy")) is None


def test_unrelated_pictures_lie_far_apart():
    found = [hash64(view(seed, SIZE)) for seed in range(400, 420)]
    apart = [(a ^ b).bit_count() for i, a in enumerate(found) for b in found[:i]]
    assert np.mean(apart) == pytest.approx(32, abs=3)
    assert min(apart) > 12


@given(HASHES, HASHES)
def test_the_share_is_symmetric_and_a_ratio(a, b):
    match = compare_hashes(a, b)
    assert match == compare_hashes(b, a)
    assert 0 <= match.share <= 1


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=12))
def test_a_video_is_the_same_as_itself(a):
    assert compare_hashes(a, a).share == 1
