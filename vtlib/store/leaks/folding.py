"""Text with its spelling taken away: case, accents, widths, unseen characters, punctuation,
look-alike letters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

# Letters of other scripts, and Latin ones that NFKD leaves, that a reader takes for the Latin
# letter.
_ALIKE = str.maketrans(
    "асеорхуіјѕԁһԛԝкмтвньαβεικνορτυχηγıłøđŀ",
    "aceopxyijsdhqwkmtbhbabeikvoptuxnyilodl",
)
# Words, and the parts of camel case and of letters beside digits that would be written as words of
# their own.
_PIECES = re.compile(r"\d+|[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[^\W_]")
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Folded:
    """`squeezed`: letters and digits alone. Of each piece of the text, in order, where it starts
    in `squeezed` and where in `source`, the text without unseen characters.
    """

    squeezed: str
    starts: tuple[int, ...]
    places: tuple[int, ...]
    source: str


def fold(text: str) -> Folded:
    """`text` as it is compared: NFKD, no marks and unseen characters, case folded, look-alikes
    as Latin letters.
    """
    source = _visible(text)
    pieces, starts, places, at = [], [], [], 0
    for found in _PIECES.finditer(source):
        piece = found[0].casefold().translate(_ALIKE)
        pieces.append(piece)
        starts.append(at)
        places.append(found.start())
        at += len(piece)
    return Folded("".join(pieces), tuple(starts), tuple(places), source)


def squeeze(text: str) -> str:
    """`text` as letters and digits alone, folded."""
    return "".join(_WORDS.findall(_visible(text).casefold().translate(_ALIKE)))


def _visible(text: str) -> str:
    if text.isascii():
        return text
    return _unseen().sub("", unicodedata.normalize("NFKD", text))


@cache
def _unseen() -> re.Pattern[str]:
    """Combining marks, format characters (zero width, direction, soft hyphen), fillers that show
    nothing.
    """
    kinds = ("Mn", "Me", "Cf")
    planes = (range(0x20000), range(0xE0000, 0xE1000))  # none stand elsewhere
    found = [c for p in planes for c in map(chr, p) if unicodedata.category(c) in kinds]
    return re.compile("[" + re.escape("".join(found)) + "\u115f\u1160\u3164\uffa0]+")
