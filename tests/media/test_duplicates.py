"""The index finds the pairs that holding each video against each finds, and no others."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from vtlib.media.duplicates import Duplicate, candidate_pairs, compare_hashes, duplicates


def videos(seed, n=60):
    """Hashes of `n` videos: at random, still ones, trimmed and noisy copies, and ones too short
    to compare.
    """
    draw = np.random.default_rng(seed)
    made = [np.empty(0, np.uint64), draw.integers(0, 2**64, 1, dtype=np.uint64)]
    while len(made) < n:
        source = made[draw.integers(len(made))]
        if len(source) > 3 and draw.random() < 0.4:
            size = draw.integers(2, len(source) + 1)
            bits = draw.integers(0, 64, (draw.integers(0, 16), size)).astype(np.uint64)
            made.append(source[:size] ^ np.bitwise_or.reduce(np.uint64(1) << bits, axis=0))
        else:
            shots = draw.integers(0, 2**64, draw.integers(1, 8), dtype=np.uint64)
            made.append(shots.repeat(draw.integers(1, 5)))
    return made


def each_against_each(held, n_new):
    return [
        Duplicate(a, b, match.share)
        for a, b in combinations(range(len(held)), 2)
        if a < n_new and (match := compare_hashes(held[a], held[b])).is_same
    ]


@pytest.mark.parametrize(("seed", "n_new"), [(1, 60), (2, 60), (3, 7), (4, 1)])
def test_the_index_finds_what_each_against_each_finds(seed, n_new):
    held = videos(seed)
    expected = each_against_each(held, n_new)
    assert expected or n_new == 1
    assert duplicates([v.tolist() for v in held], n_new=n_new) == expected


def test_buckets_pass_nothing_over_that_comparing_all_finds():
    held = videos(5, n=150)
    by_bucket = candidate_pairs(held, n_new=150, direct=0)
    assert by_bucket.tolist() == candidate_pairs(held, n_new=150).tolist()
    expected = {(pair.a, pair.b) for pair in each_against_each(held, 150)}
    assert expected <= {tuple(pair) for pair in by_bucket.tolist()}
    assert len(expected) > 10


def test_pictures_that_differ_in_12_bits_are_found_wherever_the_bits_lie():
    draw = np.random.default_rng(6)
    one = draw.integers(0, 2**64, 200, dtype=np.uint64)
    flips = [sum(1 << int(b) for b in draw.choice(64, 12, replace=False)) for _ in one]
    # a video of two pictures and its copy, each picture 12 bits off
    pairs = [one.reshape(-1, 2), (one ^ np.array(flips, np.uint64)).reshape(-1, 2)]
    rows = candidate_pairs([*pairs[0], *pairs[1]], n_new=200, direct=0)
    assert {(n, n + 100) for n in range(100)} <= {tuple(row) for row in rows.tolist()}


def test_without_videos_there_are_no_pairs():
    assert duplicates([], n_new=0) == []
    assert duplicates([[], [1]], n_new=2) == []
