"""Do two videos show the same pictures in the same order? Sequences of 64-bit picture hashes
compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

METHOD = "lcs-phash64/1"
MAX_DISTANCE = (
    12  # bits of 64; unrelated pictures lie near 32, under 13 by chance once in 2 million
)
MIN_SHARE = 0.6
MIN_HASHES = 2  # a match of one picture says nothing of two videos


@dataclass(frozen=True, slots=True)
class Match:
    """`share` (0 to 1) of the shorter video's keyframes that the other has too, in a common
    order.
    """

    share: float
    is_same: bool


def distance(a: int, b: int) -> int:
    """Bits in which two hashes differ, 0 to 64."""
    return (a ^ b).bit_count()


def same_creative(
    hashes_a: Sequence[int],
    hashes_b: Sequence[int],
    *,
    max_distance: int = MAX_DISTANCE,
    min_share: float = MIN_SHARE,
) -> Match:
    """Whether two videos show the same pictures in the same order.

    The hashes are in order of time, taken at like distances. The longest common subsequence
    (hashes within `max_distance` count as equal) over the shorter video's length is the share, so
    that a trimmed copy is found. Two videos of one unmoving scene look the same to it: hold the
    sound or the captions beside it. With fewer than two hashes on a side nothing is the same.
    """
    if min(len(hashes_a), len(hashes_b)) < MIN_HASHES:
        return Match(0.0, is_same=False)
    a, b = (np.array(h, np.uint64) for h in (hashes_a, hashes_b))
    near = np.bitwise_count(a[:, None] ^ b[None, :]) <= max_distance
    share = _common(near) / min(len(a), len(b)) if near.any() else 0.0
    return Match(share, is_same=share >= min_share)


def _common(near: np.ndarray) -> int:
    """Length of the longest common subsequence, a row of the table at a time."""
    row = np.zeros(near.shape[1] + 1, np.int64)
    for hits in near:
        grown = np.maximum(row[1:], np.where(hits, row[:-1] + 1, 0))
        row[1:] = np.maximum.accumulate(grown)
    return int(row[-1])
