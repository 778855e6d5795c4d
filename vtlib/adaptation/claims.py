"""Claims of a script checked against the facts of its product; unsupported ones are flagged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vtlib.adaptation.answer import ClaimMade
from vtlib.core.language import stored

ClaimState = Literal["founded", "doubtful", "unfounded"]
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*\s*%?")
# Words that promise an outcome; no fact of a product is likely to hold them by accident.
_PROMISE = re.compile(
    r"\b(guarantee\w*|cure[sd]?|heal(?:s|ed)?|miracle\w*|clinically|scientifically|proven|risk-free|"
    r"100 ?%|the best|number one|no\.? ?1)\b",
    re.IGNORECASE,
)
_STEM = 5  # letters: "silent" and "silence" meet, in most languages that inflect at the end
_SHORT = 3  # words up to here carry grammar
_KEPT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A checked claim; `fact` is the key of the fact it rests on, "" = none."""

    text: str
    held: ClaimState
    fact: str
    reason: str


def without_grounds(claims: Iterable[Mapping[str, Any] | CheckedClaim] | None) -> list[str]:
    """Texts of the claims that no fact supports, doubtful ones included: the one rule."""
    rows = [c if isinstance(c, Mapping) else {"text": c.text, "held": c.held} for c in claims or []]
    return [str(c["text"]) for c in rows if c["held"] != "founded"]


def check(
    claims: Sequence[ClaimMade],
    facts: Mapping[str, str],
    *,
    lines: Iterable[str],
    own_words: str = "",
) -> tuple[CheckedClaim, ...]:
    """Every claim that was made, and every figure and promise in `lines` that no fact contains.

    founded: it names a fact, and at least half of its words are in that fact (`own_words`, such as
    the product's name, aside). doubtful: the fact says less or something else. unfounded: it names
    no fact, or one that does not exist. Only words are compared: a founded claim can still be
    untrue.
    """
    checks = [_check_one(c, facts, own_words) for c in claims]
    fact_text = " ".join(facts.values()).casefold()
    texts = [c.text for c in checks if c.held != "founded"]
    extra = [h for line in lines for h in _overstated(_without(line, texts), fact_text)]
    return (*checks, *dict.fromkeys(extra))


def _check_one(claim: ClaimMade, facts: Mapping[str, str], own_words: str) -> CheckedClaim:
    key = claim.fact or ""
    if not key:
        return CheckedClaim(claim.text, "unfounded", "", stored("no fact of the product says so"))
    if key not in facts:
        return CheckedClaim(
            claim.text, "unfounded", "", stored("it names a fact that is not there: {key}", key=key)
        )
    fact = facts[key]
    words = _stems(claim.text) - _stems(own_words)
    share = len(words & _stems(fact)) / len(words) if words else 0.0
    if share >= _KEPT_SHARE:
        return CheckedClaim(claim.text, "founded", key, f"{key}: {fact}")
    note = (
        stored("only part of it stands in {key}: {fact}", key=key, fact=fact)
        if share
        else stored("nothing of it stands in {key}: {fact}", key=key, fact=fact)
    )
    return CheckedClaim(claim.text, "doubtful", key, note)


def _without(line: str, texts: Sequence[str]) -> str:
    """`line` without claims that are flagged already, so that none is reported twice."""
    for text in texts:
        line = line.replace(text, " ")
    return line


def _overstated(line: str, fact_text: str) -> list[CheckedClaim]:
    figures = [m.group().strip() for m in _NUMBER.finditer(line)]
    promises = [m.group() for m in _PROMISE.finditer(line)]
    strange = [w for w in (*figures, *promises) if w.casefold() not in fact_text]
    if not strange:
        return []
    return [
        CheckedClaim(
            line.strip(),
            "unfounded",
            "",
            stored("no fact holds: {parts}", parts=", ".join(strange)),
        )
    ]


def _stems(text: str) -> set[str]:
    return {w[:_STEM] for w in _WORD.findall(text.casefold()) if len(w) > _SHORT}
