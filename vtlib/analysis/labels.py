"""Fields that people label without having seen the answer, and how far people and a model agree
on them. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, get_args

import pandas as pd

from vtlib.analysis.agreement import LEVEL, Agreement, cohen_kappa
from vtlib.analysis.answer import CATALYSTS, FACTORS, Shot
from vtlib.core.errors import BadInput
from vtlib.core.models import HOOK_TYPES

KAPPA_MIN = 0.6
MIN_POSTS = 10  # labelled posts under which nothing is said of a field
LIKELY = 0.5
NOTHING = "none"
SCORES = tuple(str(n) for n in range(6))
SHOWN = {
    "field": "field",
    "between": "between",
    "n": "posts labelled",
    "people": "people",
    "kappa": "kappa",
    "low": "from (95 %)",
    "high": "to (95 %)",
    "verdict": "in statistics",
}
COLUMNS = ("field", "between", "n", "people", "kappa", "low", "high", "observed", "verdict")


@dataclass(frozen=True, slots=True)
class Field:
    """A field to label. `kind`: many of `options`, one of them, or an ordered score."""

    path: str
    kind: Literal["many", "one", "score"]
    options: tuple[str, ...]

    def read(self, text: str) -> Any:
        """A cell of a sheet as a label. Raises BadInput for a word outside the options."""
        words = [w.strip().lower() for w in text.replace(";", ",").split(",") if w.strip()]
        if self.kind == "many" and words == [NOTHING]:
            return []
        if wrong := [w for w in words if w not in self.options]:
            raise BadInput(
                f"{wrong[0]!r} is none of its words.",
                todo=f"One of: {', '.join(self.options)}.",
                field=self.path,
            )
        if self.kind == "many":
            return words
        if len(words) != 1:
            raise BadInput("one word is expected.", field=self.path)
        return int(words[0]) if self.kind == "score" else words[0]

    def said(self, answer: Mapping[str, Any]) -> Any:
        """What an answer says there, as a label; None when it says nothing."""
        node: Any = dict(answer)
        for step in self.path.split("."):
            node = node.get(step) if isinstance(node, dict) else None
        if node is None:
            return None
        if self.kind != "many":
            return node if self.kind == "score" else str(node).lower()
        likely: list[dict[str, Any]] = [n for n in node if n.get("probability", 1.0) >= LIKELY]
        return [n.get("type") or n.get("kind") for n in likely]

    def pairs(self, one: Any, other: Any) -> list[tuple[int, int]]:
        """Two labels as pairs of categories: one a word for many, else one."""
        if self.kind == "many":
            return [(int(w in one), int(w in other)) for w in self.options]
        return [(self.options.index(str(one)), self.options.index(str(other)))]

    def kappa(self, pairs: list[tuple[int, int]], units: list[str]) -> Agreement:
        """Agreement over pairs; scores with quadratic weights."""
        n = 2 if self.kind == "many" else len(self.options)
        first, second = zip(*pairs, strict=True) if pairs else ((), ())
        weights: Literal["none", "quadratic"] = "quadratic" if self.kind == "score" else "none"
        return cohen_kappa(first, second, n_categories=n, units=units, weights=weights)


FIELDS = (
    Field("hook.types", "many", HOOK_TYPES),
    Field("hook.catalysts", "many", CATALYSTS),
    Field("hook.first_shot", "one", get_args(Shot)),
    Field("sound.is_cut_to_beat", "one", ("true", "false")),
    *(Field(f"factors.{name}.score", "score", SCORES) for name in FACTORS),
    Field("platform_fit.score", "score", SCORES),
    Field("overall.score", "score", SCORES),
)


def agreement(answers: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Cohen's kappa of each labelled field, model against people and people among themselves:
    COLUMNS.

    `answers`: post_id, answer (dict), one a post; `labels`: post_id, field, value, corrected_by.
    `n` posts; the interval is of LEVEL. Fields that nobody labelled have no row. Under MIN_POSTS
    posts the verdict is that it is too early; from there on a kappa between model and people under
    KAPPA_MIN bars the field.
    """
    said = dict(zip(answers["post_id"], answers["answer"], strict=True))
    rows = []
    for field in FIELDS:
        mine = labels[labels["field"] == field.path]
        if mine.empty:
            continue
        for between, made in (("model and people", _with_model), ("people", _among)):
            found = list(made(field, mine, said))
            if not found and between == "people":
                continue
            pairs, units = [p for p, _ in found], [u for _, u in found]
            rows.append(_row(field, between, field.kappa(pairs, units), mine))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def barred(found: pd.DataFrame) -> dict[str, str]:
    """Fields of `agreement` that statistics leave out, and why."""
    mine = found[(found["between"] == "model and people") & (found["verdict"] == "barred")]
    return {
        r[
            "field"
        ]: f"people and the model agree too little on it: kappa {r['kappa']:.2f} over {r['n']} "
        "posts, "
        f"{KAPPA_MIN:g} is needed"
        for r in mine.to_dict("records")
    }


def sentences(found: pd.DataFrame) -> list[str]:
    """What agreement says, for the end of the stage."""
    mine = found[found["between"] == "model and people"]
    if mine.empty:
        return [
            (
                "Nobody has labelled a post yet, so nothing is known of how far the model can be "
                "trusted."
            )
        ]
    out = [
        f"{path.removesuffix('.score').replace('_', ' ')}: barred from statistics, {reason}."
        for path, reason in barred(found).items()
    ]
    early = int((mine["verdict"] == "too early").sum())
    fine = int((mine["verdict"] == "may be used").sum())
    if fine:
        out.append(
            f"People and the model agree well enough (kappa {KAPPA_MIN:g} or more) on {fine} "
            "fields."
        )
    if early:
        out.append(f"Of {early} fields under {MIN_POSTS} posts are labelled: too early to say.")
    return out


def _with_model(
    field: Field, labels: pd.DataFrame, said: Mapping[str, Any]
) -> Iterator[tuple[tuple[int, int], str]]:
    for row in labels.to_dict("records"):
        model = field.said(said.get(row["post_id"]) or {})
        if model is not None:
            yield from ((pair, row["post_id"]) for pair in field.pairs(model, row["value"]))


def _among(
    field: Field, labels: pd.DataFrame, _said: Mapping[str, Any]
) -> Iterator[tuple[tuple[int, int], str]]:
    for post, rows in labels.sort_values("corrected_by").groupby("post_id"):
        for one, other in combinations(list(rows["value"]), 2):
            yield from ((pair, str(post)) for pair in field.pairs(one, other))


def _row(field: Field, between: str, made: Agreement, labels: pd.DataFrame) -> tuple[Any, ...]:
    people = labels["corrected_by"].nunique()
    facts = (made.kappa, made.low, made.high, made.observed)
    return field.path, between, made.n, people, *facts, _verdict(made)


def _verdict(made: Agreement) -> str:
    if made.n < MIN_POSTS:
        return "too early"
    if math.isnan(made.kappa):
        return "one value only"
    return "may be used" if made.kappa >= KAPPA_MIN else "barred"


__all__ = [
    "COLUMNS",
    "FIELDS",
    "KAPPA_MIN",
    "LEVEL",
    "MIN_POSTS",
    "SHOWN",
    "Field",
    "agreement",
    "barred",
    "sentences",
]
