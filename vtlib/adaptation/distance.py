"""How far a script is from its source: structure may stay, wording may not."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['’\-][^\W_]+)*")
RUN_WORDS = 5  # "this is what the" is the language, with one word more it is somebody's
LINE_WORDS = 2  # a line that is the same from end to end needs fewer
COPIED_MAX = 0.2  # share of words in such runs from which a script counts as copied
LONGEST_MAX = 6


@dataclass(frozen=True, slots=True)
class Distance:
    """Ratios 0 to 1, None = cannot be told (no beats in the source, no words in the script).

    `structure_ratio`: share of the source's time (of pictures: of their number) whose beats the
    script follows; `order_ratio`: of those beats, how many come in the source's order;
    `pace_ratio`: length of the script / of the source; `copied_ratio`: share of the script's words
    inside runs taken from the source; `longest_run` in words; `copied`: those runs.
    """

    structure_ratio: float | None
    order_ratio: float | None
    pace_ratio: float | None
    copied_ratio: float | None
    longest_run: int
    copied: tuple[str, ...]

    @property
    def is_copied(self) -> bool:
        """Whether wording was taken over: too much of it, or one run too long."""
        return (self.copied_ratio or 0) > COPIED_MAX or self.longest_run > LONGEST_MAX


def structure(
    spans: Sequence[tuple[float, float]],
    followed: Sequence[int | None],
    *,
    length_s: float,
) -> tuple[float | None, float | None, float | None]:
    """structure_ratio, order_ratio, pace_ratio.

    `spans`: start and end of the source's beats, s; `followed`: of each beat of the script the
    number (from 1) of the one it follows, None = new; `length_s` of the script. Numbers that are
    not there count as new.
    """
    known = [n for n in followed if n is not None and 1 <= n <= len(spans)]
    total = sum(end - start for start, end in spans)
    if not spans or total <= 0:
        return None, None, None
    covered = sum(spans[n - 1][1] - spans[n - 1][0] for n in set(known))
    order = _rising(known) / len(known) if known else None
    return covered / total, order, length_s / total


def order_of_pictures(
    pictures: Sequence[int], followed: Sequence[int | None]
) -> tuple[float | None, float | None, None]:
    """structure_ratio and order_ratio of a script after a post of pictures: each picture counts the
    same.

    `pictures`: the numbers of those that the post has and the analysis describes; `followed` as in
    `structure`, by these numbers. pace_ratio is None: pictures have no length.
    """
    place = {number: n for n, number in enumerate(sorted(set(pictures)), 1)}
    spans = [(float(n), n + 1.0) for n in range(len(place))]
    kept, order, _ = structure(spans, [place.get(f or 0) for f in followed], length_s=0.0)
    return kept, order, None


def wording(
    lines: Sequence[str], source: Sequence[str]
) -> tuple[float | None, int, tuple[str, ...]]:
    """copied_ratio, longest_run and the runs, from lines of the script and of the source.

    A run is RUN_WORDS words or more in the source's order within a line, or a whole line of
    LINE_WORDS or more. Letters and words are compared without case and signs; Chinese, Japanese and
    Korean signs count as words.
    """
    theirs = [_tokens(line) for line in source]
    n_words, n_copied, longest, runs = 0, 0, 0, []
    for line in lines:
        mine = _tokens(line)
        n_words += len(mine)
        for start, end in _taken(mine, theirs):
            n_copied += end - start
            longest = max(longest, end - start)
            runs.append(" ".join(mine[start:end]))
    return (n_copied / n_words if n_words else None), longest, tuple(dict.fromkeys(runs))


def _taken(mine: list[str], theirs: list[list[str]]) -> list[tuple[int, int]]:
    """The runs of `mine` that stand in one of `theirs`, from the left, the longest first at each
    place.
    """
    found, at = [], 0
    while at < len(mine):
        length = max((_match(mine, at, other) for other in theirs), default=0)
        is_line = at == 0 and length == len(mine) >= LINE_WORDS
        if length >= RUN_WORDS or is_line:
            found.append((at, at + length))
            at += length
        else:
            at += 1
    return found


def _match(mine: list[str], at: int, other: list[str]) -> int:
    best = 0
    for start, word in enumerate(other):
        if word != mine[at]:
            continue
        length = 0
        while (
            at + length < len(mine)
            and start + length < len(other)
            and mine[at + length] == other[start + length]
        ):
            length += 1
        best = max(best, length)
    return best


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.casefold())


def _rising(numbers: Sequence[int]) -> int:
    """Length of the longest part that does not fall (patience sorting)."""
    tops: list[float] = []
    for number in numbers:
        place = bisect_left(tops, number + 0.5)
        tops[place : place + 1] = [number]
    return len(tops)
