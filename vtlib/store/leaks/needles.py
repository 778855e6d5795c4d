"""What must not stand in a client's copy: names, ids, addresses and words of strangers, each with
how it is sought.

A word is sought as written and in every spelling that `fold` makes equal. How freely depends on its
length: what a short word could meet by chance is sought at the ends of words, and what is an
everyday word of the program or of the project's own texts only as a handle or in an address.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

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


SHINGLE = 24  # letters and digits of a stranger's text in a row: about four words
OWN_SHINGLE = 20  # so far it is ours: what stands beside it on a page may add the rest
SHORTEST = 4  # a shorter name is sought as a handle alone
ONE_END = 8  # from here one end must be the end of a word
ANYWHERE = 12  # from here it is found inside other words
SHORTEST_TEXT = 12  # a text below is an everyday phrase ("link in bio")
SHORTEST_NUMBER = 9  # a shorter number may be a count
SHARED_BY = 3  # a host that so many accounts link to leads to none of them
_KEY = 4
_LINK = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,12})((?:/[^\s\"'<>)\]]*)?)", re.IGNORECASE)
_MENTION = re.compile(r"@([\w][\w.\-]{1,60})")
# What stands before a handle in an address, or an @.
_AS_HANDLE = re.compile(
    r"(?:@|platform:|\.[a-z]{2,6}/(?:@|user/|users/|c/|in/|company/|channel/|profile\.php\?id=)?)\s?$"
)
_PLATFORM_HOST = re.compile(
    r"(instagram|tiktok|tiktokv|youtube|youtu|twitter|x|t|facebook|fb|linkedin|lnkd|pinterest|pin|threads|"
    r"linktr|bit|cdninstagram|fbcdn|ytimg|ggpht|twimg|pinimg|licdn|tiktokcdn|googlevideo)\.[a-z.]+$"
)

Row = tuple[str, str, str]  # account, kind, text


@dataclass(frozen=True, slots=True)
class Needle:
    """`kind`: handle, name, id, url or text; `is_marked`: only as a handle or in an address."""

    kind: str
    squeezed: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Needles:
    """Ready to be sought; make it with `make_needles`."""

    by_key: dict[str, tuple[Needle, ...]]
    shingles: frozenset[str]

    def __len__(self) -> int:
        return sum(map(len, self.by_key.values())) + len(self.shingles)

    def within(self, text: str, *, shortest: int = 0) -> Iterator[tuple[str, str, int]]:
        """(kind, what, place) of each needle in `text`, the same needle once; place = offset in
        what `fold` compares.

        `shortest`: letters that a name must have, for texts that are half noise.
        """
        yield from self.within_folded(fold(text), shortest=shortest)

    def within_folded(self, text: Folded, *, shortest: int = 0) -> Iterator[tuple[str, str, int]]:
        ends = {*text.starts, len(text.squeezed)}
        met: set[str] = set()
        for at, needle in self._candidates(text.squeezed):
            if needle.squeezed in met or len(needle.squeezed) < shortest:
                continue
            if _stands(needle, at, text, ends):
                met.add(needle.squeezed)
                yield needle.kind, needle.squeezed, at

    def _candidates(self, squeezed: str) -> Iterator[tuple[int, Needle]]:
        by_key, shingles = self.by_key, self.shingles
        for at in range(len(squeezed)):
            for needle in by_key.get(squeezed[at : at + _KEY], ()):
                if squeezed.startswith(needle.squeezed, at):
                    yield at, needle
            part = squeezed[at : at + SHINGLE]
            if part in shingles:
                yield at, Needle("text", part)


def _stands(needle: Needle, at: int, text: Folded, ends: set[int]) -> bool:
    length = len(needle.squeezed)
    starts_word, ends_word = at in ends, at + length in ends
    if needle.is_marked:
        return starts_word and ends_word and _is_handle(at, text)
    if length >= ANYWHERE:
        return True
    if length >= ONE_END:
        return starts_word or ends_word
    return starts_word and ends_word


def _is_handle(at: int, text: Folded) -> bool:
    place = text.places[bisect.bisect_left(text.starts, at)]
    return bool(_AS_HANDLE.search(text.source[max(0, place - 40) : place].casefold()))


def make_needles(
    strangers: Iterable[Row],
    *,
    own: Iterable[str] = (),
    own_names: Iterable[str] = (),
    common: Callable[[str], bool] | None = None,
) -> Needles:
    """Needles of strangers.

    `strangers`: (account, kind, text), kind handle, name, id, url, text. `own`: texts of the
    project's own, what stands in them is no leak. `own_names`: handles, names, ids, addresses of
    own accounts and posts, which are no needles. `common`: whether a squeezed word is an everyday
    word of the program.
    """
    ours = _Ours(own)
    named = {squeeze(part) for name in own_names for part in (name, *re.split(r"[/&=?]", name))}
    words: dict[str, Needle] = {}
    shingles: set[str] = set()
    rows = list(strangers)
    shared = _shared_hosts(rows)
    for _, kind, text in rows:
        if kind == "text":
            shingles.update(s for s in _shingles(text) if s[:OWN_SHINGLE] not in ours.shingles)
            parts = [*_whole(text), *_named(text, shared)]
        elif kind == "url":
            parts = list(_address(text, shared))
        else:
            parts = [(kind, text)]
        for one, word in parts:
            needle = _needle(one, squeeze(word), ours, common)
            if needle is not None and needle.squeezed not in named:
                words.setdefault(needle.squeezed, needle)
    by_key: dict[str, list[Needle]] = {}
    for needle in words.values():
        by_key.setdefault(needle.squeezed[:_KEY], []).append(needle)
    return Needles({k: tuple(v) for k, v in by_key.items()}, frozenset(shingles))


class _Ours:
    """What the project's own texts hold: their words, and their letters in a row."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.words: set[str] = set()
        self.shingles: set[str] = set()
        self.squeezed = ""
        for text in texts:
            folded = fold(text)
            marks = [*folded.starts, len(folded.squeezed)]
            for first, start in enumerate(marks[:-1]):
                self.words.update(
                    folded.squeezed[start:end] for end in marks[first + 1 : first + 6]
                )
            row = folded.squeezed
            self.shingles.update(
                row[i : i + OWN_SHINGLE] for i in range(len(row) - OWN_SHINGLE + 1)
            )
            self.squeezed += f"\n{row}"


def _needle(
    kind: str, word: str, ours: _Ours, common: Callable[[str], bool] | None
) -> Needle | None:
    if not word or (kind == "text" and word in ours.squeezed):
        return None
    if kind == "text":
        return Needle(kind, word)
    is_number = word.isdecimal()
    everyday = (common is not None and common(word)) or word in ours.words
    if everyday or len(word) < SHORTEST or (is_number and len(word) < SHORTEST_NUMBER):
        return Needle(kind, word, is_marked=True) if len(word) >= _KEY else None
    return Needle(kind, word)


def _shingles(text: str) -> Iterator[str]:
    folded = fold(text)
    row = folded.squeezed
    return (row[i : i + SHINGLE] for i in folded.starts if i + SHINGLE <= len(row))


def _whole(text: str) -> Iterator[tuple[str, str]]:
    """A text too short for a shingle is sought whole; letters that are no Latin ones say more
    each.
    """
    row = squeeze(text)
    least = SHORTEST_TEXT if row.isascii() else SHORTEST_TEXT // 2
    is_whole = least <= len(row) < SHINGLE and len(text.split()) > 1
    if is_whole or (not row.isascii() and len(row) >= SHORTEST_TEXT // 2):
        yield "text", row[: SHINGLE - 1]


def _named(text: str, shared: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Handles and addresses inside a text."""
    for found in _MENTION.finditer(text):
        yield "handle", found[1].rstrip(".-")
    for found in _LINK.finditer(text):
        yield from _address(found[0], shared)


def _address(url: str, shared: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The host, unless it is a platform's or shared by many, and each part of the path that may
    name somebody.
    """
    host = _host(url)
    if host and not _PLATFORM_HOST.search(host) and host not in shared:
        yield "url", host
    parts = urlsplit(url if "//" in url else f"//{url}")
    for part in re.split(r"[/&=?]", f"{parts.path}/{parts.query}"):
        if len(squeeze(part)) >= 6:
            yield "url", part


def _host(url: str) -> str:
    try:
        name = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.")


def _shared_hosts(rows: Iterable[Row]) -> frozenset[str]:
    users: dict[str, set[str]] = {}
    for account, kind, text in rows:
        urls = [text] if kind == "url" else [m[0] for m in _LINK.finditer(text)]
        for url in urls:
            users.setdefault(_host(url), set()).add(account)
    return frozenset(host for host, who in users.items() if len(who) >= SHARED_BY)
