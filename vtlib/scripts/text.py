"""Cleaned text: no control characters, so that every export format can hold it."""

from __future__ import annotations

import re
import unicodedata

# Illegal in XML or able to reorder what stands around them (LRO, RLO); plain isolates stay.
_BANNED = {"\ufeff", "\ufffe", "\uffff", "\u202d", "\u202e"}
_BREAKS = re.compile(r"\r\n|\r|\u2028|\u2029")


def clean(text: object) -> str:
    """`text` without control characters and stray white space at its ends; line breaks are LF."""
    body = _BREAKS.sub("\n", "" if text is None else str(text)).replace("\t", " ")
    safe = "".join(c for c in body if c == "\n" or not _is_unsafe(c))
    return "\n".join(line.rstrip() for line in safe.split("\n")).strip()


def clean_line(text: object) -> str:
    """`clean` on one line, with single spaces."""
    return " ".join(clean(text).split())


def clean_list(items: object) -> tuple[str, ...]:
    """Names, each on one line, without `;` (which parts them in text) and without repeats."""
    parts = items.split(";") if isinstance(items, str) else items or ()
    names = (clean_line(str(i).replace(";", ",")) for i in parts)  # type: ignore[attr-defined]
    return tuple(dict.fromkeys(n for n in names if n))


def slug_of(text: str, *, otherwise: str) -> str:
    """`text` in lower case ASCII with hyphens, at most 40 letters; `otherwise` when nothing is
    left.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or otherwise


def clock(seconds: float) -> str:
    """Seconds as m:ss.t, rounded to a tenth (62.34 -> 1:02.3)."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"


def _is_unsafe(char: str) -> bool:
    return (
        char in _BANNED
        or unicodedata.category(char) in ("Cc", "Cs")
        or ord(char) & 0xFFFE == 0xFFFE
    )
