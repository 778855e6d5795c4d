"""Figures as people write them, and as a page marks them where others show the same fact."""

from __future__ import annotations

import math
from collections.abc import Mapping

from vtlib.core.language import figure, marked, say

_UNITS = ((1e9, "B"), (1e6, "M"))
_WORDS = marked(("B", "M", "k", "unknown"))  # of figures, as the language abbreviates them


def times(value: float) -> str:
    """A multiplier: `2,772`, `19`, `5.8`, `0.34`, `< 0.01`; no decimals from 10 on, two figures
    under 1.
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else say("unknown")
    if abs(value) >= 9.95:
        return figure(f"{value:,.0f}")
    if 0 < value < 0.01:
        return figure("< 0.01")
    return figure(f"{value:.1f}" if abs(value) >= 0.995 else f"{value:.2g}")


def ratio_text(value: float) -> str:
    """A ratio of views that a pattern goes with: `2.09`; the same on every page."""
    return figure(f"{value:.2f}") if math.isfinite(value) else say("unknown")


def off_text(actual: float, predicted: float) -> str:
    """How far from what was predicted: `+53%`; `unknown` without a forecast."""
    if not predicted > 0:
        return say("unknown")
    return figure(f"{100 * (actual / predicted - 1):+,.0f}%")


def count(value: float) -> str:
    """A count: `293,525`, and from a million on `6.7 M`, `1.2 B`; `unknown` for NaN."""
    if not math.isfinite(value):
        return say("unknown")
    for size, letter in _UNITS:
        if abs(value) >= size * 0.9995:
            return f"{figure(f'{value / size:.1f}'.removesuffix('.0'))} {say(letter)}"
    return figure(f"{value:,.0f}")


def axis_count(value: float) -> str:
    """A count beside an axis, where room is short: `300`, `100 k`, `1 M`."""
    return (
        f"{figure(f'{value / 1000:,.0f}')} {say('k')}" if 1000 <= value < 999_500 else count(value)
    )


def share(value: float) -> str:
    """A share of 0 to 1 in percent: `91%`; `unknown` for NaN."""
    return figure(f"{value:.0%}") if math.isfinite(value) else say("unknown")


def marks(facts: Mapping[str, str]) -> str:
    """The attribute `data-facts` of a sentence: `name=figure|name=figure`, each figure as it stands
    in the sentence. One name, one figure, on all pages of a run (tests/report/test_facts.py).
    """
    return "|".join(f"{name}={figure}" for name, figure in facts.items())
