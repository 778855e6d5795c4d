"""The state of a match in progress: facts of all columns, which are taken, what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from vtlib.capture.column_facts import ColumnFacts
from vtlib.capture.headings import Meaning, by_platform, meanings, of_others
from vtlib.capture.proposals import Certainty, Choice, ColumnMatch, Question
from vtlib.core.models import METRICS, Platform, PostRef

_INNER = frozenset((*METRICS, *by_platform(), "duration_s", "posted_at", "date"))


@dataclass
class MatchBoard:
    """Columns of a table while they are matched. `captured_at`: when the file was made (UTC);
    `is_of_objects`: its headings are the fields of JSON, of which a program wrote many.
    """

    facts: Mapping[str, ColumnFacts]
    captured_at: datetime
    platform: Platform | None = None
    matches: dict[str, ColumnMatch] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refs: tuple[PostRef | None, ...] = ()  # the post of each row
    reasons: dict[str, str] = field(default_factory=dict)  # column -> why it is not read
    is_of_objects: bool = False

    @cached_property
    def meanings(self) -> dict[str, tuple[Meaning, ...]]:
        """What each heading says; that of a second "Views" is asked as "Views"."""
        names = set(self.facts)
        read = _inner_meanings if self.is_of_objects else meanings
        return {n: read(_first_name(n, names)) for n in self.facts}

    @property
    def platforms(self) -> set[Platform]:
        """Platforms of the posts that the rows name, or the one that was said."""
        platforms = {ref.platform for ref in self.refs if ref}
        return platforms or ({self.platform} if self.platform else set())

    @property
    def n_rows(self) -> int:
        return max((len(f.cells) for f in self.facts.values()), default=0)

    def free(self) -> Iterator[ColumnFacts]:
        """Columns with something in them that nothing is known of yet."""
        return (f for n, f in self.facts.items() if n not in self.matches and f.filled)

    def named(self, *concepts: str, kinds: Iterable[str] = ("target",)) -> list[ColumnFacts]:
        """Free columns whose heading can mean one of `concepts`, the plainest heading first."""
        hits = []
        for facts in self.free():
            for meaning in self.meanings[facts.name]:
                if meaning.concept in concepts and meaning.kind in kinds:
                    hits.append((concepts.index(meaning.concept), meaning.rank, facts))
                    break
        return [facts for *_, facts in sorted(hits, key=lambda hit: hit[:2])]

    def metric_of(self, name: str) -> str:
        """The target that a heading means on this table's platform; '' for none or several."""
        for meaning in self.meanings[name]:
            if meaning.kind != "target":
                continue
            words = by_platform().get(meaning.concept)
            if words is None:
                return meaning.concept
            hits = {words.get(p, "") for p in self.platforms}
            return hits.pop() if len(hits) == 1 else ""
        return ""

    def take(self, target: str, facts: ColumnFacts, why: str, **more: object) -> None:
        """Read a column as `target`; `more`: certainty (sure), convert, values."""
        certainty: Certainty = more.pop("certainty", "sure")  # type: ignore[assignment]
        self.matches[facts.name] = ColumnMatch(
            facts.name,
            target,
            certainty,
            why,
            facts.samples,
            **more,  # type: ignore[arg-type]
        )

    def leave(self, facts: ColumnFacts, why: str) -> None:
        """Leave a column unread, for good."""
        self.matches[facts.name] = ColumnMatch(facts.name, "", "unread", why, facts.samples)

    def ask(self, text: str, target: str, candidates: Iterable[ColumnFacts], **more: str) -> None:
        """Ask which of `candidates` is `target`; `more`: none = label of "none of them"."""
        columns = [*candidates]
        choices = [
            Choice(f'"{c.name}" ({", ".join(c.samples)})', {target: c.name}) for c in columns
        ]
        choices.append(Choice(more.get("none", "none of them"), {target: ""}))
        answer = f'a map with `{target}: "{columns[0].name}"`, or without {target}'
        self.add(Question(text, answer, tuple(choices), tuple(c.name for c in columns)))

    def add(self, question: Question, target: str = "") -> None:
        """Put a question; its columns are open until it is answered."""
        self.questions.append(question)
        for name in question.columns:
            facts = self.facts[name]
            before = self.matches.get(name)
            target_before = before.target if before else target
            self.matches[name] = ColumnMatch(
                name,
                target_before,
                "open",
                question.text,
                facts.samples,
                before.convert if before else "",
                before.values if before else {},
            )

    def taken(self, target: str) -> ColumnFacts | None:
        """The column read as `target`."""
        name = next((m.column for m in self.matches.values() if m.target == target), None)
        return self.facts[name] if name else None


def _inner_meanings(name: str) -> tuple[Meaning, ...]:
    """What a field inside objects says ("item.stats.playCount"): where its whole path says nothing,
    a count, length or time by its own name, unless an object on the way is another thing.
    """
    hits = meanings(name)
    outer, dot, last = name.rpartition(".")
    if not dot or not all(one.kind == "part" for one in hits) or of_others(outer):
        return hits
    own = tuple(m for m in meanings(last) if m.concept in _INNER and m.kind in ("target", "date"))
    return own or hits


def repeated(refs: Iterable[PostRef | None]) -> bool:
    """Whether some post is named by more than one row."""
    counts = Counter(ref.post_id for ref in refs if ref and ref.post_id)
    return any(n > 1 for n in counts.values())


def _first_name(name: str, names: set[str]) -> str:
    head, mark, tail = name.rpartition(" (")
    return head if mark and head in names and tail.rstrip(")").isdigit() else name
