"""Figures as people write them, and marked where the same fact stands on several pages."""

from __future__ import annotations

import math
import re

_UNITS = ((1e9, "B"), (1e6, "M"))
# Private-use characters: escaping leaves them alone, and no sentence of ours has them.
_BEGIN, _BETWEEN, _END = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(rf"{_BEGIN}([\w.:/-]*){_BETWEEN}([^{_BEGIN}{_END}]*){_END}")


def times(value: float) -> str:
    """A multiplier: `2,772`, `19`, `5.8`, `0.34`; no decimals from 10 on, two figures under 1."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "unknown"
    if abs(value) >= 9.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 0.995 else f"{value:.2g}"


def count(value: float) -> str:
    """A count: `293,525`, and from a million on `6.7 M`, `1.2 B`; `unknown` for NaN."""
    if not math.isfinite(value):
        return "unknown"
    for size, letter in _UNITS:
        if abs(value) >= size * 0.9995:
            return f"{f'{value / size:.1f}'.removesuffix('.0')} {letter}"
    return f"{value:,.0f}"


def share(value: float) -> str:
    """A share of 0 to 1 in percent: `91 %`; `unknown` for NaN."""
    return f"{100 * value:.0f} %" if math.isfinite(value) else "unknown"


def fact(name: str, text: str) -> str:
    """`text` marked as the fact `name` (letters, digits, `_.:/-`).

    A page shows it as an element with `data-fact`; anything else takes it through `unmarked`.
    """
    return f"{_BEGIN}{name}{_BETWEEN}{text}{_END}"


def unmarked(text: str) -> str:
    """`text` without marks."""
    return _MARKED.sub(r"\2", text)


def marked_html(html: str) -> str:
    """Escaped HTML in which marked facts are elements: `<data class="vt-fact" data-fact="…">`."""
    return _MARKED.sub(r'<data class="vt-fact" data-fact="\1">\2</data>', html)
