"""A proposal: which column of a table is read as what, how sure that is, and what is still open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from vtlib.core.models import Platform
from vtlib.platforms.layouts.layout import FieldSource, Layout

Certainty = Literal["sure", "likely", "open", "unread"]
NOTHING = ""  # of a choice: the column is not read


@dataclass(frozen=True, slots=True)
class Match:
    """One column. `target` '' = not read; `convert` and `values` as in a layout's field."""

    column: str
    target: str
    certainty: Certainty
    why: str
    samples: tuple[str, ...] = ()
    convert: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: columns by target ('' = none), converters by target, options of the layout."""

    label: str
    columns: Mapping[str, str] = field(default_factory=dict)
    converts: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    platform: Platform | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What the table does not say. No `choices`: nobody can answer it, the table lacks it.

    `answer`: the option or line of a map that answers it.
    """

    text: str
    answer: str
    choices: tuple[Choice, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """How a table would be read. `options`: of the layout; `notes`: what was seen on the way."""

    name: str
    matches: tuple[Match, ...]
    questions: tuple[Question, ...] = ()
    platform: Platform | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def unread(self) -> tuple[Match, ...]:
        """Columns that are not read, blank ones aside."""
        return tuple(m for m in self.matches if not m.target and m.samples)

    def column_of(self, target: str) -> str:
        """The column read as `target`, or ''."""
        return next((m.column for m in self.matches if m.target == target), "")

    def layout(self) -> Layout:
        """The proposal as a layout. LinkedIn's one counter of shares is both of ours."""
        sources = {
            m.target: FieldSource(((m.column,),), m.convert, m.values)
            for m in self.matches
            if m.target
        }
        if self.platform == "linkedin" and "shares" in sources:
            sources.setdefault("reposts", sources["shares"])
        unread = {m.column: m.why for m in self.unread}
        return Layout(self.name, sources, self.platform, options=self.options, unread=unread)


def answered(proposal: Proposal, question: Question, choice: Choice) -> Proposal:
    """The proposal with one question answered."""
    matches = {m.column: m for m in proposal.matches}
    for target, column in choice.columns.items():
        for match in [*matches.values()]:
            if match.target == target and match.column != column:
                matches[match.column] = replace(
                    match, target="", certainty="unread", why=f"not the {target}: you said so"
                )
        if column:
            matches[column] = replace(
                matches[column],
                target=target,
                certainty="sure",
                why="you said so",
                convert=choice.converts.get(target, ""),
            )
    for column in question.columns:
        if matches[column].certainty == "open":
            is_read = bool(matches[column].target)
            matches[column] = replace(
                matches[column], certainty="sure" if is_read else "unread", why="you said so"
            )
    return replace(
        proposal,
        matches=tuple(matches[m.column] for m in proposal.matches),
        questions=tuple(q for q in proposal.questions if q is not question),
        platform=choice.platform or proposal.platform,
        options={**proposal.options, **choice.options},
    )


def of_layout(
    layout: Layout, columns: Iterable[str], samples: Mapping[str, tuple[str, ...]]
) -> Proposal:
    """A person's own layout as a proposal of which nothing is open."""
    by_column = {
        str(path[0]): target
        for target, source in layout.fields.items()
        for path in source.paths
        if len(path) == 1
    }
    matches = tuple(
        Match(
            name,
            by_column.get(name, ""),
            "sure" if name in by_column else "unread",
            "the map says so" if name in by_column else layout.unread.get(name, "not in the map"),
            samples.get(name, ()),
            layout.fields[by_column[name]].convert if name in by_column else "",
        )
        for name in columns
    )
    return Proposal(layout.name, matches, (), layout.platform, layout.options)
