"""Headings of the platforms' own exports, in many languages: what each means, and in which unit.

The words are data (own_headings.yaml).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from vtlib.core.time_zones import without_zone

Unit = Literal["count", "s", "ratio"]
_WORDS = Path(__file__).with_name("own_headings.yaml")
_NOT_READ = {"unit"}  # keys of a concept that are no language
COPY = re.compile(r" \(\d+\)$")  # how the reader tells a second heading from the first
_QUOTES = re.compile(r"[\"'’‘“”„«»!！`´*]")
_BRACKETS = re.compile(r"\s*\(([^()]*)\)$")
_ACCENTS = re.compile(r"[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class HeadingMeaning:
    """What a heading means: a metric or a fact of a post.

    `rank`: place among the words for it, the best first. `scale` seconds a unit, where the heading
    says it; `is_percent` where it has a %.
    """

    concept: str
    rank: int
    scale: float | None = None
    is_percent: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """The headings as data.

    `meanings` concept and rank by heading, `units` of the metrics, `scales` seconds a unit.
    """

    meanings: Mapping[str, tuple[str, int]]
    units: Mapping[str, Unit]
    totals: frozenset[str]
    lifetime: frozenset[str]
    scales: Mapping[str, float]


@cache
def words() -> Words:
    """The words of own_headings.yaml, folded."""
    data = read_words()
    meanings: dict[str, tuple[str, int]] = {}
    for concept, languages in {**data["metrics"], **data["facts"]}.items():
        for rank, word in enumerate(each_word(languages)):
            meanings.setdefault(fold(word), (concept, rank))
    return Words(
        meanings,
        {name: about["unit"] for name, about in data["metrics"].items()},
        frozenset(map(fold, data["totals"])),
        frozenset(map(fold, data["lifetime"])),
        {fold(word): float(scale) for scale, names in data["units"].items() for word in names},
    )


def read_words() -> dict[str, Any]:
    """own_headings.yaml as it is: metrics, facts, totals, lifetime, units."""
    data: dict[str, Any] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    return data


def fold(text: str) -> str:
    """A heading as it is compared: lower case without accents, quotes and double blanks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    decomposed = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))
    bare = _QUOTES.sub("", unicodedata.normalize("NFKC", decomposed))
    return " ".join(bare.strip("\ufeff").split())


def meaning(heading: str) -> HeadingMeaning | None:
    """What a heading means; None for one that no list has."""
    folded = fold(COPY.sub("", heading))
    lookup = words().meanings
    base, scale, is_percent = _without_unit(folded)
    place = lookup.get(folded) or lookup.get(base)
    if place is None and (clock := lookup.get(fold(without_zone(COPY.sub("", heading))))):
        place = clock if clock[0] in ("posted_at", "day") else None
    return HeadingMeaning(*place, scale, is_percent) if place else None


def find_columns(headings: Iterable[str]) -> dict[str, str]:
    """Heading by concept; of two headings for one concept the better word, else the first."""
    best: dict[str, tuple[int, str]] = {}
    for heading in headings:
        if (hit := meaning(heading)) and hit.rank < best.get(hit.concept, (10**6, ""))[0]:
            best[hit.concept] = (hit.rank, heading)
    return {concept: heading for concept, (_, heading) in best.items()}


def tool_of(headings: Iterable[str]) -> str:
    """Whose own statistics a table is by its headings in any language; '' for none. Only what no
    other table has: an id beside a link and a type of post, or hours watched.
    """
    concepts = find_columns(headings)
    if {"url", "native_id", "posted_at", "type"} <= concepts.keys():
        return "Meta Business Suite"
    hours = meaning(concepts.get("watch_time", ""))
    is_youtube = {"title", "views", "native_id"} <= concepts.keys() and hours is not None
    return "YouTube Studio" if is_youtube and "url" not in concepts else ""


def unit_of(metric: str) -> Unit:
    """Unit of a metric's numbers."""
    return words().units[metric]


def is_metric(concept: str) -> bool:
    """Whether a concept is a metric and no fact."""
    return concept in words().units


def is_total(text: str) -> bool:
    """Whether a cell says that its row sums the others up: `Total`, `Gesamt (12)`."""
    return re.sub(r"\s*[(:].*$", "", fold(text)) in words().totals


def total_words() -> frozenset[str]:
    """The words of sums in lower case, with and without accents."""
    return words().totals | {str(word).casefold() for word in read_words()["totals"]}


def is_lifetime(text: str, more: Collection[str] = ()) -> bool:
    """Whether a cell in a column of days stands for the whole life of a post."""
    return not text.strip() or fold(text) in words().lifetime or text.strip() in more


def each_word(languages: Mapping[str, Any]) -> Iterable[str]:
    """The words of a concept, language by language."""
    return (w for name, ws in languages.items() if name not in _NOT_READ for w in ws)


def _without_unit(folded: str) -> tuple[str, float | None, bool]:
    """A folded heading without the unit in its last brackets, seconds a unit, whether it is %."""
    match = _BRACKETS.search(folded)
    if not match:
        return folded, None, "%" in folded
    inner, base = match.group(1), folded[: match.start()]
    if "%" in inner:
        return base, None, True
    scale = next((s for w in re.findall(r"[^\W\d_]+", inner) if (s := words().scales.get(w))), None)
    return (base, scale, False) if scale else (folded, None, False)
