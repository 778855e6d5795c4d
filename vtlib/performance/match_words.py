"""Words that a post and a script share: rare ones count more, as in search."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

_WORDS = re.compile(r"\w+")
# Writing without spaces (Chinese, Japanese, Thai, …): pairs of signs take the place of words.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
MIN_WORDS = 2  # a line of one word says nothing
MIN_WEIGHT = 3.0  # ln; lines of common words alone are shared by everyone


@lru_cache(maxsize=20_000)
def words(text: str | None) -> frozenset[str]:
    """The words of a text, case and form folded; of writing without spaces, pairs of signs."""
    plain = unicodedata.normalize("NFKC", text or "").casefold()
    parts: set[str] = set()
    for word in _WORDS.findall(plain):
        runs = _UNSPACED.findall(word)
        if runs:
            parts |= {run[n : n + 2] for run in runs for n in range(max(len(run) - 1, 1))}
        else:
            parts.add(word)
    return frozenset(parts)


def rarity(texts: Iterable[frozenset[str]]) -> dict[str, float]:
    """ln(n / texts with the word) of each word; what every text has weighs nothing."""
    documents = list(texts)
    counts = Counter(word for text in documents for word in text)
    return {word: math.log((len(documents) + 1) / (n + 0.5)) for word, n in counts.items()}


def coverage(line: frozenset[str], text: frozenset[str], weights: Mapping[str, float]) -> float:
    """The share (0 to 1) of a line's words that the text has, by weight; 0 for a line that says
    too little.
    """
    total = sum(weights.get(word, 0.0) for word in line)
    if len(line) < MIN_WORDS or total < MIN_WEIGHT or not text:
        return 0.0
    return sum(weights.get(word, 0.0) for word in line & text) / total


def best_line(
    lines: Iterable[str], text: frozenset[str], weights: Mapping[str, float]
) -> tuple[float, str]:
    """The largest coverage of any line, and that line; (0, '') where none is covered."""
    return max(((coverage(words(line), text, weights), line) for line in lines), default=(0.0, ""))
