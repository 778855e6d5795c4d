"""Videos that show the same pictures in the same order: sequences of 64-bit picture hashes are
compared; among many videos, an exact index names the pairs worth comparing.

Multi-index hashing (Norouzi, Punjani and Fleet 2014, "Fast exact search in Hamming space with
multi-index hashing"): of two hashes that differ in at most 12 bits, one of five parts differs in at
most two (the first three parts) or one (the last two): else they would differ in 3 * 3 + 2 * 2 =
13. So only hashes in neighbouring buckets of a part are compared. And of the shorter of two videos
that share 60 % of their pictures, any 41 % hold at least one that the other has too: only these are
looked up, the rarest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

METHOD = "lcs-phash64/1"
# Bits of 64; unrelated pictures differ in about 32, in under 13 by chance once in 2 million.
MAX_DISTANCE = 12
MIN_SHARE = 0.6
MIN_HASHES = 2  # one matching picture is no evidence


@dataclass(frozen=True, slots=True)
class Match:
    """`share` (0 to 1) of the shorter video's keyframes that the other has in the same order."""

    share: float
    is_same: bool


def compare_hashes(
    hashes_a: Sequence[int],
    hashes_b: Sequence[int],
    *,
    max_distance: int = MAX_DISTANCE,
    min_share: float = MIN_SHARE,
) -> Match:
    """Whether two videos show the same pictures in the same order.

    The hashes are in order of time, at equal intervals. The longest common subsequence
    (hashes within `max_distance` count as equal) over the shorter video's length is the share, so
    that a trimmed copy is found. Two videos of one unmoving scene count as the same: compare
    sound or captions too. With fewer than two hashes on a side nothing is the same.
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
        longer = np.maximum(row[1:], np.where(hits, row[:-1] + 1, 0))
        row[1:] = np.maximum.accumulate(longer)
    return int(row[-1])


PARTS = ((0, 13, 2), (13, 13, 2), (26, 13, 2), (39, 13, 1), (52, 12, 1))  # first bit, width, radius
BLOCK = 1 << 18  # pairs of hashes compared at once
DIRECT = 1 << 30  # up to so many pairs of hashes (about 2 s) all are compared: buckets cost more


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Positions of two videos with the same pictures; `share` (0 to 1) of the shorter one's."""

    a: int
    b: int
    share: float


def duplicates(videos: Sequence[Sequence[int]], *, n_new: int) -> list[Duplicate]:
    """All pairs that `same_creative` calls the same, one of each pair among the first `n_new`
    videos.

    `videos`: the 64-bit hashes of each, in order of time, whoever posted it. The index is exact:
    the pairs are those of comparing each new video with all others.
    """
    arrays = [np.array(video, np.uint64) for video in videos]
    rows = []
    for a, b in candidate_pairs(arrays, n_new=n_new).tolist():
        if _may_be_same(arrays[a], arrays[b]):
            match = compare_hashes(arrays[a], arrays[b])
            rows += [Duplicate(a, b, match.share)] if match.is_same else []
    return rows


def _may_be_same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether enough pictures of the shorter have a match in the other, in any order."""
    shorter, longer = sorted((a, b), key=len)
    near = np.bitwise_count(shorter[:, None] ^ longer[None, :]) <= MAX_DISTANCE
    return bool(near.any(axis=1).mean() >= MIN_SHARE)


def candidate_pairs(
    videos: Sequence[np.ndarray], *, n_new: int, min_share: float = MIN_SHARE, direct: int = DIRECT
) -> np.ndarray:
    """Pairs of positions in `videos` (int64 [n, 2], ascending) that may be the same, one of each
    under `n_new`.

    `videos`: the hashes of each, uint64. Every pair that `same_creative` calls the same is
    among them; it decides. A video of fewer than two hashes is in no pair.
    """
    sizes = np.array([len(v) for v in videos], np.int64)
    rows, counts = _rows(videos)
    is_new = rows.video < n_new
    is_probe = _probes(rows, counts, sizes, min_share)
    joins = (
        (rows.pick(is_probe & is_new), rows),
        (rows.pick(is_probe & ~is_new), rows.pick(is_new)),
    )
    keys = [np.empty(0, np.int64)]
    for probes, others in joins:
        is_small = len(probes.values) * len(others.values) <= direct
        for a, b in (_near_directly if is_small else _near)(probes, others):
            use = (a != b) & (sizes[a] <= sizes[b])
            low, high = np.minimum(a, b)[use], np.maximum(a, b)[use]
            keys.append(np.unique(low * len(videos) + high))
    return np.stack(np.divmod(np.unique(np.concatenate(keys)), max(len(videos), 1)), axis=1)


@dataclass(frozen=True)
class _HashRows:
    """Hashes, each with the position of the video that has it."""

    values: np.ndarray
    video: np.ndarray

    def pick(self, mask: np.ndarray) -> _HashRows:
        return _HashRows(self.values[mask], self.video[mask])

    @cached_property
    def parts(self) -> list[_Part]:
        return [_Part.of(self.values, first, width) for first, width, _ in PARTS]


@dataclass(frozen=True)
class _Part:
    """Rows by the bits of one part: their `order`, bucket `starts`, and the `key` of each row."""

    key: np.ndarray
    order: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, first: int, width: int) -> _Part:
        key = ((values >> np.uint64(first)) & np.uint64((1 << width) - 1)).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=1 << width))])
        return cls(key, np.argsort(key, kind="stable"), starts)

    def bucket(self, keys: np.ndarray) -> np.ndarray:
        """The rows of several buckets, one bucket after the other."""
        sizes = self.starts[keys + 1] - self.starts[keys]
        shift = np.repeat(self.starts[keys] - np.cumsum(sizes) + sizes, sizes)
        return self.order[shift + np.arange(len(shift))]


def _rows(videos: Sequence[np.ndarray]) -> tuple[_HashRows, np.ndarray]:
    """Distinct hashes of each video, and how often the video has each."""
    usable = [n for n, video in enumerate(videos) if len(video) >= MIN_HASHES]
    once = [np.unique(videos[n], return_counts=True) for n in usable]
    video = np.repeat(np.array(usable, np.int64), [len(values) for values, _ in once])
    values = np.concatenate([np.empty(0, np.uint64), *(values for values, _ in once)])
    return _HashRows(values, video), np.concatenate([np.empty(0, np.int64), *(c for _, c in once)])


def _probes(rows: _HashRows, counts: np.ndarray, sizes: np.ndarray, min_share: float) -> np.ndarray:
    """Which hashes of each video to look up: the rarest, one more than a duplicate may lack."""
    company = sum(np.diff(part.starts)[part.key] for part in rows.parts)
    order = np.lexsort((company, rows.video))
    ahead = np.cumsum(counts[order]) - counts[order]  # of the rows before, all videos
    video = rows.video[order]
    is_first = np.concatenate([[True], video[1:] != video[:-1]])[: len(video)]
    ahead -= np.maximum.accumulate(np.where(is_first, ahead, 0))
    may_lack = sizes - np.ceil(min_share * sizes - 1e-9).astype(np.int64)
    mask = np.zeros(len(order), bool)
    mask[order] = ahead <= may_lack[video]
    return mask


def _near(probes: _HashRows, others: _HashRows) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Videos of pairs of hashes within MAX_DISTANCE, in blocks; a pair comes up to once a part."""
    block = _Block()
    for (_, width, radius), mine, theirs in zip(PARTS, probes.parts, others.parts, strict=True):
        flips = _flips(width, radius)
        for key in np.flatnonzero(np.diff(mine.starts)):
            rows = theirs.bucket(key ^ flips)
            if len(rows):
                some, values = mine.bucket(np.array([key])), others.values[rows]
                step = max(BLOCK // len(rows), 1)
                for at in range(0, len(some), step):
                    part = some[at : at + step]
                    a, b = block.near(probes.values[part], values)
                    if len(a):
                        yield probes.video[part[a]], others.video[rows[b]]


def _near_directly(probes: _HashRows, others: _HashRows) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same by comparing all of them."""
    block = _Block()
    for start in range(0, len(others.values), BLOCK):
        values = others.values[start : start + BLOCK]
        step = max(BLOCK // len(values), 1)
        for at in range(0, len(probes.values), step):
            a, b = block.near(probes.values[at : at + step], values)
            yield probes.video[at + a], others.video[start + b]


class _Block:
    """Buffers for a block of comparisons, reused: allocating takes longer than comparing."""

    def __init__(self) -> None:
        self.bits, self.apart = np.empty(0, np.uint64), np.empty(0, np.uint8)

    def near(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions in `a` and in `b` of pairs within MAX_DISTANCE."""
        n = len(a) * len(b)
        if n > len(self.bits):
            self.bits, self.apart = np.empty(n, np.uint64), np.empty(n, np.uint8)
        np.bitwise_xor(a[:, None], b[None, :], out=self.bits[:n].reshape(len(a), len(b)))
        np.bitwise_count(self.bits[:n], out=self.apart[:n])
        hits = np.flatnonzero(self.apart[:n] <= MAX_DISTANCE)
        return np.divmod(hits, len(b))


def _flips(width: int, radius: int) -> np.ndarray:
    """All numbers of `width` bits with at most `radius` set."""
    bit_sets = (c for n in range(radius + 1) for c in combinations(range(width), n))
    return np.array([sum(1 << bit for bit in c) for c in bit_sets], np.int64)
