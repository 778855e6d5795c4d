"""What must not be in a client's copy: names, ids, addresses and words of strangers.

A word is searched in every spelling that `fold` makes equal. A short word must match whole words, a
longer one one end of a word; an everyday word of the program or of the project's own texts counts
only as a handle or in an address.
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
    """`letters`: letters and digits alone. Of each piece of the text, in order, where it starts
    in `letters` and where in `source`, the text without unseen characters.
    """

    letters: str
    starts: tuple[int, ...]
    places: tuple[int, ...]
    source: str


def fold(text: str) -> Folded:
    """`text` for comparison: NFKD, no marks, case folded, look-alike letters as Latin ones."""
    source = _visible(text)
    pieces, starts, places, at = [], [], [], 0
    for match in _PIECES.finditer(source):
        piece = match[0].casefold().translate(_ALIKE)
        pieces.append(piece)
        starts.append(at)
        places.append(match.start())
        at += len(piece)
    return Folded("".join(pieces), tuple(starts), tuple(places), source)


def squeeze(text: str) -> str:
    """`text` as letters and digits alone, folded."""
    return "".join(_WORDS.findall(_visible(text).casefold().translate(_ALIKE)))


def _visible(text: str) -> str:
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKD", text)
    for character in _unseen().intersection(text):  # a class of 2,000 in `re` is searched in a row
        text = text.replace(character, "")
    return text


@cache
def _unseen() -> frozenset[str]:
    """Combining marks, format characters (zero width, direction, soft hyphen) and blank fillers."""
    kinds = ("Mn", "Me", "Cf")
    planes = (range(0x20000), range(0xE0000, 0xE1000))  # none stand elsewhere
    characters = (c for p in planes for c in map(chr, p) if unicodedata.category(c) in kinds)
    return frozenset(characters) | frozenset("\u115f\u1160\u3164\uffa0")


SHINGLE = 24  # letters and digits of a stranger's text in a row: about four words
OWN_SHINGLE = 20  # shorter than SHINGLE: words beside it on a page may add the rest
SHORTEST = 4  # a shorter name is searched as a handle only
ONE_END = 8  # from here one end must be the end of a word
ANYWHERE = 12  # from here it is found inside other words
SHORTEST_TEXT = 12  # a text below is an everyday phrase ("link in bio")
SHORTEST_NUMBER = 9  # a shorter number may be a count
SHARED_BY = 3  # a host that so many accounts link to leads to none of them
_KEY = 4
_LINK = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,12})((?:/[^\s\"'<>)\]]*)?)", re.IGNORECASE)
_MENTION = re.compile(r"@([\w][\w.\-]{1,60})")
# What comes before a handle in an address, or an @.
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
    letters: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Needles:
    """Needles by their first letters, ready for search; made by `make_needles`."""

    by_key: dict[str, tuple[Needle, ...]]
    shingles: frozenset[str]

    def __len__(self) -> int:
        return sum(map(len, self.by_key.values())) + len(self.shingles)

    def within(self, text: str, *, shortest: int = 0) -> Iterator[tuple[str, str, int]]:
        """(kind, what, offset in the folded text) of each needle in `text`, each once.

        `shortest`: letters that a name must have, for texts that are half noise.
        """
        yield from self.within_folded(fold(text), shortest=shortest)

    def within_folded(self, text: Folded, *, shortest: int = 0) -> Iterator[tuple[str, str, int]]:
        ends = {*text.starts, len(text.letters)}
        hits: set[str] = set()
        for at, needle in self._candidates(text.letters):
            if needle.letters in hits or len(needle.letters) < shortest:
                continue
            if _stands(needle, at, text, ends):
                hits.add(needle.letters)
                yield needle.kind, needle.letters, at

    def _candidates(self, letters: str) -> Iterator[tuple[int, Needle]]:
        by_key, shingles = self.by_key, self.shingles
        for at in range(len(letters)):
            for needle in by_key.get(letters[at : at + _KEY], ()):
                if letters.startswith(needle.letters, at):
                    yield at, needle
            part = letters[at : at + SHINGLE]
            if part in shingles:
                yield at, Needle("text", part)


def _stands(needle: Needle, at: int, text: Folded, ends: set[int]) -> bool:
    length = len(needle.letters)
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
    project's own, which are no leak. `own_names`: handles, names, ids, addresses of
    own accounts and posts, which are no needles. `common`: whether a letters word is an everyday
    word of the program.
    """
    ours = _Ours(own)
    own_letters = {
        squeeze(part) for name in own_names for part in (name, *re.split(r"[/&=?]", name))
    }
    words: dict[str, Needle] = {}
    shingles: set[str] = set()
    rows = list(strangers)
    common_hosts = _shared_hosts(rows)
    for _, kind, text in rows:
        if kind == "text":
            shingles.update(s for s in _shingles(text) if s[:OWN_SHINGLE] not in ours.shingles)
            parts = [*_whole(text), *_handles_and_links(text, common_hosts)]
        elif kind == "url":
            parts = list(_address(text, common_hosts))
        else:
            parts = [(kind, text)]
        for one, word in parts:
            needle = _needle(one, squeeze(word), ours, common)
            if needle is not None and needle.letters not in own_letters:
                words.setdefault(needle.letters, needle)
    by_key: dict[str, list[Needle]] = {}
    for needle in words.values():
        by_key.setdefault(needle.letters[:_KEY], []).append(needle)
    return Needles({k: tuple(v) for k, v in by_key.items()}, frozenset(shingles))


class _Ours:
    """What the project's own texts hold: their words, and their letters in a row."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.words: set[str] = set()
        self.shingles: set[str] = set()
        self.letters = ""
        for text in texts:
            form = fold(text)
            marks = [*form.starts, len(form.letters)]
            for first, start in enumerate(marks[:-1]):
                self.words.update(form.letters[start:end] for end in marks[first + 1 : first + 6])
            row = form.letters
            self.shingles.update(
                row[i : i + OWN_SHINGLE] for i in range(len(row) - OWN_SHINGLE + 1)
            )
            self.letters += f"\n{row}"


def _needle(
    kind: str, word: str, ours: _Ours, common: Callable[[str], bool] | None
) -> Needle | None:
    if not word or (kind == "text" and word in ours.letters):
        return None
    if kind == "text":
        return Needle(kind, word)
    is_number = word.isdecimal()
    everyday = (common is not None and common(word)) or word in ours.words
    if everyday or len(word) < SHORTEST or (is_number and len(word) < SHORTEST_NUMBER):
        return Needle(kind, word, is_marked=True) if len(word) >= _KEY else None
    return Needle(kind, word)


def _shingles(text: str) -> Iterator[str]:
    form = fold(text)
    row = form.letters
    return (row[i : i + SHINGLE] for i in form.starts if i + SHINGLE <= len(row))


def _whole(text: str) -> Iterator[tuple[str, str]]:
    """A text too short for a shingle as one needle; non-Latin letters count double."""
    row = squeeze(text)
    least = SHORTEST_TEXT if row.isascii() else SHORTEST_TEXT // 2
    is_whole = least <= len(row) < SHINGLE and len(text.split()) > 1
    if is_whole or (not row.isascii() and len(row) >= SHORTEST_TEXT // 2):
        yield "text", row[: SHINGLE - 1]


def _handles_and_links(text: str, common_hosts: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Handles and addresses inside a text."""
    for match in _MENTION.finditer(text):
        yield "handle", match[1].rstrip(".-")
    for match in _LINK.finditer(text):
        yield from _address(match[0], common_hosts)


def _address(url: str, common_hosts: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Host (unless of a platform or shared) and parts of the path that may name somebody."""
    host = _host(url)
    if host and not _PLATFORM_HOST.search(host) and host not in common_hosts:
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
