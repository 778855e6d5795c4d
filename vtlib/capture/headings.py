"""What a heading says: which fact of a post, in which language people write it (headings.yaml).

A heading is compared without case, accents, punctuation and plural s; "#", "no. of", "count" and
"total" are left out, and of a metric's heading also "video" or "post". A heading that holds a
metric's word among others ("Views last 7 days") is a part of it and never taken for the whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from vtlib.core.models import METRICS
from vtlib.core.time_zones import without_zone

Kind = Literal["target", "date", "other", "part"]

_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "ł": "l", "ı": "i", "đ": "d", "ð": "d", "œ": "oe", "#": " number "}
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_EAST = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # kana, Han, Hangul: blanks mean nothing
_EAST_BLANK = re.compile(rf"(?<={_EAST}) (?={_EAST})")
_UNTIL_NOW = re.compile(r"\b(?:all time|to date|so far)\b")
_TIMES = ("posted_at", "captured_at")
_PARTS = ("parts", "rates", "spans", "accounts")
# Objects inside an item that are not the post (headings' words without plural s).
_OTHERS = frozenset(
    (
        *("quoted", "quote", "retweeted", "reshared", "repost", "original", "parent", "shared"),
        *("comment", "reply", "music", "audio", "sound", "song", "board", "group", "place"),
        *("location", "related", "input", "query", "hashtag", "challenge", "sponsor", "child"),
    )
)
PARTIAL = frozenset((*METRICS, "followers"))  # concepts of which a column can be a part


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a heading says. `concept`: a target, "who", "date", or what else it names.

    `kind`: target; date = one that does not say of what; other = known and no target (`why`);
    part = the concept's word among others, whose classes are in `rest` (parts, rates, spans,
    accounts, words). `rank`: place in the list of its language, 0 the plainest. `unit` of a
    length: s, min, ms or ''.
    """

    concept: str
    kind: Kind = "target"
    rank: int = 0
    rest: frozenset[str] = frozenset()
    unit: str = ""
    why: str = ""


@lru_cache(maxsize=10_000)  # the same names come with every file of a tool
def meanings(heading: str) -> tuple[Meaning, ...]:
    """What a heading can mean, the likeliest first; () where no list has it. A zone in the heading
    of a time, "Published (CET)", is no part of its words.
    """
    if (bare := without_zone(heading)) != heading:
        times = tuple(m for m in meanings(bare) if m.kind == "date" or m.concept in _TIMES)
        if times:
            return times
    tokens = tuple(_tokens(heading))
    for key in _keys(tokens):
        if hits := _lists().phrases.get(key):
            return tuple(_with_unit(hit, tokens) for hit in hits)
    return tuple(_of_unit(tokens)) or tuple(_partly(tokens))


def normalised(heading: str) -> str:
    """A heading as it is compared."""
    return _joined(tuple(_tokens(heading)))


def of_others(heading: str) -> bool:
    """Whether a heading names an account, or another thing than the post ("quoted.media")."""
    lists = _lists()
    return any(t in lists.classes["accounts"] or t in _OTHERS for t in _tokens(heading))


def format_words() -> Mapping[str, str]:
    """Words of cells, normalised, and the format each means."""
    return _lists().formats


def by_platform() -> Mapping[str, Mapping[str, str]]:
    """Words that mean another target on another platform: concept -> platform -> target or ''."""
    return _lists().by_platform


@dataclass(frozen=True, slots=True)
class _Lists:
    phrases: Mapping[str, tuple[Meaning, ...]]
    numbers: frozenset[str]
    things: frozenset[str]
    endings: tuple[str, ...]
    classes: Mapping[str, frozenset[str]]
    lengths: Mapping[str, str]
    formats: Mapping[str, str]
    by_platform: Mapping[str, Mapping[str, str]]
    partial: tuple[tuple[str, str], ...]  # (phrase, concept), the longest first


@cache
def _lists() -> _Lists:
    text = (files("vtlib.capture") / "headings.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    phrases: dict[str, list[Meaning]] = {}
    for phrase, meaning in _phrases(data):
        meanings_ = phrases.setdefault(normalised(phrase), [])
        if all(one.concept != meaning.concept for one in meanings_):
            meanings_.append(meaning)
    return _Lists(
        {key: tuple(hits) for key, hits in phrases.items()},
        _words_of(data["numbers"]),
        _words_of(data["things"]),
        tuple(sorted(map(str, data["number_endings"]), key=len, reverse=True)),
        {name: _words_of(data[name]) for name in _PARTS},
        {w: unit for unit, words in data["lengths"].items() for w in _words_of(words)},
        {normalised(w): name for name, words in data["formats"].items() for w in words},
        data["by_platform"],
        tuple(
            sorted(
                (
                    (k, one.concept)
                    for k, hits in phrases.items()
                    for one in hits[:1]
                    if _is_partial(one)
                ),
                key=lambda pair: -len(pair[0]),
            )
        ),
    )


def _phrases(data: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for concept, by_language in data["targets"].items():
        for phrases in by_language.values():
            yield from ((one, Meaning(concept, rank=n)) for n, one in enumerate(phrases))
    for name in data["by_platform"]:
        yield from ((one, Meaning(name)) for one in data[name])
    for phrases in data["plain_dates"].values():
        yield from ((one, Meaning("date", "date", n)) for n, one in enumerate(phrases))
    for name, other in data["others"].items():
        yield from ((one, Meaning(name, "other", why=other["why"])) for one in other["names"])


def _is_partial(meaning: Meaning) -> bool:
    return meaning.kind == "target" and meaning.concept in PARTIAL


def _words_of(phrases: list[Any]) -> frozenset[str]:
    return frozenset(word for one in phrases for word in _tokens(str(one)))


def _tokens(heading: str) -> Iterator[str]:
    words = heading.replace("%", " percent ").replace("_", " ").replace("(s)", "")
    words = _CAMEL.sub(" ", words)
    letters = unicodedata.normalize("NFKD", words).casefold().translate(_LETTERS)
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    bare = unicodedata.normalize("NFC", bare)
    for word in re.findall(r"\w+", bare):
        is_plural = word.isascii() and len(word) > 3 and word[-1] == "s" and word[-2:] != "ss"
        yield word[:-1] if is_plural else word


def _joined(tokens: tuple[str, ...]) -> str:
    return _EAST_BLANK.sub("", _UNTIL_NOW.sub("", " ".join(tokens)).strip())


def _keys(tokens: tuple[str, ...]) -> Iterator[str]:
    """The heading as written, without the words of numbers, then without those of things."""
    lists = _lists()
    yield _joined(tokens)
    bare = tuple(t for t in tokens if t not in lists.numbers)
    yield from _shorter(_joined(bare))
    bare = tuple(t for t in bare if t not in lists.things)
    if bare:
        yield from _shorter(_joined(bare))


def _shorter(key: str) -> Iterator[str]:
    """A key, and without the ending of a number and the thing before it, where those are written
    without blanks.
    """
    yield key
    if not re.search(_EAST, key):
        return
    lists = _lists()
    ends = [key, *(key[: -len(e)] for e in lists.endings if key.endswith(e) and len(key) > len(e))]
    marks = sorted((w for w in (*lists.things, *lists.numbers) if key.startswith(w)), key=len)
    yield from ends[1:]
    yield from (one[len(w) :] for w in reversed(marks) for one in ends if len(one) > len(w))


def _with_unit(meaning: Meaning, tokens: tuple[str, ...]) -> Meaning:
    if meaning.concept != "duration_s":
        return meaning
    units = {unit for t in tokens if (unit := _lists().lengths.get(t))}
    return Meaning(meaning.concept, rank=meaning.rank, unit=units.pop() if len(units) == 1 else "")


_NEUTRAL = frozenset({"utc", "gmt", "and", "time", "hour", "iso"})


def _of_unit(tokens: tuple[str, ...]) -> Iterator[Meaning]:
    """A length whose heading names its unit, a date whose heading names UTC."""
    units = _lists().lengths
    for left_out, concepts in (
        (frozenset(units), ("duration_s",)),
        (_NEUTRAL, ("posted_at", "captured_at", "date")),
    ):
        bare = tuple(t for t in tokens if t not in left_out)
        if bare == tokens:
            continue
        for key in _keys(bare):
            hits = [one for one in _lists().phrases.get(key, ()) if one.concept in concepts]
            yield from (_with_unit(one, tokens) for one in hits[:1])
            if hits:
                return


def _partly(tokens: tuple[str, ...]) -> Iterator[Meaning]:
    """The metric whose word stands among other words, with the classes of these."""
    lists, key = _lists(), _joined(tokens)
    padded = f" {key} "
    for phrase, concept in lists.partial:
        is_east = bool(re.search(_EAST, phrase)) and len(phrase) > 1
        if f" {phrase} " not in padded and not (is_east and phrase in key):
            continue
        rest = padded.replace(f" {phrase} ", " ", 1) if not is_east else key.replace(phrase, " ", 1)
        words = [w for w in rest.split() if w not in lists.numbers and w not in lists.things]
        yield Meaning(
            concept, "part", rest=frozenset(_class_of(w) for w in words) or frozenset({"words"})
        )
        return


def _class_of(word: str) -> str:
    classes = _lists().classes
    return next((name for name in _PARTS if word in classes[name]), "words")
