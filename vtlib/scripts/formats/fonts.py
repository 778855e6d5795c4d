"""Which fonts this machine has, and which characters of a text none of them can draw."""

from __future__ import annotations

import unicodedata
from functools import cache

import typst
from fontTools.ttLib import TTFont, TTLibError

# In order of preference; the first that is installed sets plain text, the others fill its gaps.
_SANS = (
    "Noto Sans",
    "Inter",
    "DejaVu Sans",
    "Liberation Sans",
    "Arial",
    "Helvetica",
    "Libertinus Serif",
)
_PACKAGES = (
    ("EMOJI", "fonts-noto-color-emoji"),
    ("CJK HIRAGANA KATAKANA HANGUL BOPOMOFO", "fonts-noto-cjk"),
    ("", "fonts-noto-core"),
)
# The fonts inside typst (Libertinus Serif, New Computer Modern) have no file to look into; they
# draw these.
_EMBEDDED = (
    frozenset(range(0x20, 0x250)) | frozenset(range(0x370, 0x400)) | frozenset(range(0x400, 0x460))
)
_EMBEDDED_SIGNS = frozenset(map(ord, "–—‘’“”„†‡•…‰‹›€™−"))


@cache
def families() -> tuple[str, ...]:
    """Names of the installed fonts to set text in, preferred first; never empty (typst brings
    some).
    """
    there = set(typst.Fonts().families())
    return tuple(n for n in _SANS if n in there)


def undrawable(text: str) -> str:
    """The characters of `text`, each once and sorted, that no installed font can draw."""
    needed = {ord(c) for c in text if _is_drawn(c)} - _EMBEDDED - _EMBEDDED_SIGNS
    for path, index in _files():
        if not needed:
            break
        needed -= _coverage(path, index)
    return "".join(map(chr, sorted(needed)))


def font_warning(text: str) -> tuple[str, ...]:
    """What to tell the reader of a document when fonts are missing: which writing, what to
    install.
    """
    lost = undrawable(text)
    if not lost:
        return ()
    kinds = sorted({_writing(c) for c in lost})
    packages = sorted({next(p for names, p in _PACKAGES if not names or k in names) for k in kinds})
    told = (
        f"no installed text font has {len(lost)} character(s) of {', '.join(kinds)}; boxes or "
        "odd signs stand for them."
    )
    return (f"{told} Install e.g. {' '.join(packages)}.",)


@cache
def _files() -> tuple[tuple[str, int], ...]:
    """One file a family is enough: its regular face; big ones last."""
    faces = sorted(
        typst.Fonts().fonts(), key=lambda f: (f.family.startswith("Noto Sans CJK"), f.family)
    )
    plain = [f for f in faces if f.path and f.style == "normal" and 350 <= f.weight <= 450]
    return tuple(dict.fromkeys((str(f.path), f.index) for f in plain))


@cache
def _coverage(path: str, index: int) -> frozenset[int]:
    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or {})
    except (OSError, TTLibError):
        return frozenset()


def _is_drawn(char: str) -> bool:
    category = unicodedata.category(char)
    return category not in ("Cf", "Cc", "Zs", "Zl", "Zp") and not "\ufe00" <= char <= "\ufe0f"


def _writing(char: str) -> str:
    """The writing system as the character's Unicode name begins; pictographs are EMOJI."""
    if ord(char) >= 0x1F000 and unicodedata.category(char) in ("So", "Sk", "Cn"):
        return "EMOJI"
    return unicodedata.name(char, "UNKNOWN").split()[0]
