"""How long it takes to find the duplicates among many videos, by the index and by holding each
against each.

    .venv/bin/python bench/duplicates.py [--videos 10000] [--sample 300]

Videos as measures have them: a hash each half second, lengths log-normal around 22 s, a shot each 2
s whose pictures differ by a few bits, drawn at random (`--seed`), so that none is anyone's own; one
in twenty is a trimmed copy of an earlier one with noise in its hashes. Prints seconds of the
processor for both ways on `--sample` videos, whether they find the same pairs, the seconds of the
index on all, the same for 100 new ones among all known, and the ratio to the way each against each,
whose time per pair is carried over to all. Exits 1 where pairs differ.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from vtlib.media.duplicates import compare_hashes, duplicates

COPIES = 0.05
NEW = 100


def library(n: int, draw: np.random.Generator) -> list[list[int]]:
    """Hashes of `n` videos."""
    videos: list[np.ndarray] = []
    for place in range(n):
        if place and draw.random() < COPIES:
            source = videos[draw.integers(place)]
            videos.append(noisy(source[draw.integers(0, max(len(source) // 4, 1)) :], 8, draw))
        else:
            size = int(np.clip(2 * draw.lognormal(np.log(22), 0.7), 4, 120))
            shots = draw.integers(0, 2**64, size // 4 + 1, dtype=np.uint64)
            videos.append(noisy(shots.repeat(4)[:size], 3, draw))
    return [[int(value) for value in video] for video in videos]


def noisy(hashes: np.ndarray, bits: int, draw: np.random.Generator) -> np.ndarray:
    """`hashes` with up to `bits` bits of each flipped."""
    places = draw.integers(0, 64, (bits, len(hashes))).astype(np.uint64)
    flips = np.where(draw.random(places.shape) < 0.6, np.uint64(1) << places, np.uint64(0))
    return hashes ^ np.bitwise_or.reduce(flips, axis=0)


def each_against_each(videos: list[list[int]]) -> list[tuple[int, int]]:
    """Pairs as they were found before there was an index."""
    return [
        (a, b)
        for a in range(len(videos))
        for b in range(a + 1, len(videos))
        if compare_hashes(videos[a], videos[b]).is_same
    ]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and its seconds of the processor."""
    start = time.process_time()
    return work(), time.process_time() - start


def main() -> int:
    """Print the table; 1 where the two ways differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    videos = library(given.videos, np.random.default_rng(given.seed))
    some = videos[: given.sample]
    pairs, slow_s = timed(lambda: each_against_each(some))
    index, quick_s = timed(lambda: duplicates(some, n_new=len(some)))
    is_same = pairs == [(pair.a, pair.b) for pair in index]
    n_pairs = len(some) * (len(some) - 1) / 2
    print(
        f"{len(some):,} videos: each against each {slow_s:.2f} s, index {quick_s:.2f} s,", end=" "
    )
    print(f"{len(pairs)} pairs, {'the same' if is_same else 'NOT the same'}")
    whole, whole_s = timed(lambda: duplicates(videos, n_new=len(videos)))
    before_s = slow_s / n_pairs * len(videos) * (len(videos) - 1) / 2
    print(
        f"{len(videos):,} videos ({sum(map(len, videos)):,} hashes): index {whole_s:.1f} s,",
        end=" ",
    )
    print(
        f"{len(whole)} pairs; each against each about {before_s:,.0f} s: x{before_s / whole_s:.0f}"
    )
    _, new_s = timed(lambda: duplicates(videos, n_new=NEW))
    print(f"{NEW} new among {len(videos):,}: {new_s:.1f} s")
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
