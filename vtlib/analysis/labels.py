"""Fields that people label blind, and how far people and a model agree on them. Pure.

Agreement beyond chance is Cohen's kappa with an interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import ndtri

from vtlib.analysis.answer import CATALYSTS, FACTORS, Shot
from vtlib.core.errors import BadInput
from vtlib.core.language import marked, say
from vtlib.core.models import HOOK_TYPES

KAPPA_MIN = 0.6
MIN_POSTS = 10  # labelled posts under which nothing is said of a field
LIKELY = 0.5
NOTHING = "none"
SCORES = tuple(str(n) for n in range(6))
COLUMN_TITLES = marked(
    {
        "field": "field",
        "between": "between",
        "n": "posts labelled",
        "people": "people",
        "kappa": "kappa",
        "low": "from (95 %)",
        "high": "to (95 %)",
        "verdict": "in statistics",
    }
)
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

    def label_of(self, answer: Mapping[str, Any]) -> Any:
        """The label that an answer gives; None when it has none."""
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
    answer_of = dict(zip(answers["post_id"], answers["answer"], strict=True))
    rows = []
    for field in FIELDS:
        mine = labels[labels["field"] == field.path]
        if mine.empty:
            continue
        for between, pairs_of in ((say("model and people"), _with_model), ("people", _among)):
            ratings = list(pairs_of(field, mine, answer_of))
            if not ratings and between == "people":
                continue
            pairs, units = [p for p, _ in ratings], [u for _, u in ratings]
            rows.append(_row(field, between, field.kappa(pairs, units), mine))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def barred(table: pd.DataFrame) -> dict[str, str]:
    """Fields of `agreement` that statistics leave out, and why."""
    mine = table[(table["between"] == "model and people") & (table["verdict"] == "barred")]
    return {
        r[
            "field"
        ]: f"people and the model agree too little on it: kappa {r['kappa']:.2f} over {r['n']} "
        "posts, "
        f"{KAPPA_MIN:g} is needed"
        for r in mine.to_dict("records")
    }


def sentences(table: pd.DataFrame) -> list[str]:
    """What agreement says, for the end of the stage."""
    mine = table[table["between"] == "model and people"]
    if mine.empty:
        return [
            (
                say(
                    "Nobody has labelled a post yet, so nothing is known of how far the model can "
                    "be "
                    "trusted."
                )
            )
        ]
    out = [
        say(
            "{removesuffix}: barred from statistics, {reason}.",
            removesuffix=path.removesuffix(".score").replace("_", " "),
            reason=reason,
        )
        for path, reason in barred(table).items()
    ]
    early = int((mine["verdict"] == "too early").sum())
    fine = int((mine["verdict"] == "may be used").sum())
    if fine:
        out.append(
            say(
                "People and the model agree well enough (kappa {kappa_min:g} or more) on {fine} "
                "fields.",
                kappa_min=KAPPA_MIN,
                fine=fine,
            )
        )
    if early:
        out.append(
            say(
                "Of {early} fields under {min_posts} posts are labelled: too early to say.",
                early=early,
                min_posts=MIN_POSTS,
            )
        )
    return out


def _with_model(
    field: Field, labels: pd.DataFrame, answer_of: Mapping[str, Any]
) -> Iterator[tuple[tuple[int, int], str]]:
    for row in labels.to_dict("records"):
        model = field.label_of(answer_of.get(row["post_id"]) or {})
        if model is not None:
            yield from ((pair, row["post_id"]) for pair in field.pairs(model, row["value"]))


def _among(
    field: Field, labels: pd.DataFrame, _answer_of: Mapping[str, Any]
) -> Iterator[tuple[tuple[int, int], str]]:
    for post, rows in labels.sort_values("corrected_by").groupby("post_id"):
        for one, other in combinations(list(rows["value"]), 2):
            yield from ((pair, str(post)) for pair in field.pairs(one, other))


def _row(field: Field, between: str, result: Agreement, labels: pd.DataFrame) -> tuple[Any, ...]:
    people = labels["corrected_by"].nunique()
    facts = (result.kappa, result.low, result.high, result.share)
    return field.path, between, result.n, people, *facts, _verdict(result)


def _verdict(result: Agreement) -> str:
    if result.n < MIN_POSTS:
        return "too early"
    if math.isnan(result.kappa):
        return "one value only"
    return "may be used" if result.kappa >= KAPPA_MIN else "barred"


__all__ = [
    "COLUMNS",
    "COLUMN_TITLES",
    "FIELDS",
    "KAPPA_MIN",
    "LEVEL",
    "MIN_POSTS",
    "Field",
    "agreement",
    "barred",
    "sentences",
]

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two raters agree: `n` units (posts), `pairs` of ratings, `share` that are equal.

    `kappa` and its interval are NaN when both raters used one category only: nothing can be said
    then.
    """

    n: int
    pairs: int
    share: float
    kappa: float
    low: float
    high: float


def cohen_kappa(
    first: Sequence[int] | np.ndarray,
    second: Sequence[int] | np.ndarray,
    *,
    n_categories: int,
    units: Sequence[Any] | None = None,
    weights: Literal["none", "quadratic"] = "none",
) -> Agreement:
    """Cohen's kappa (1960) of ratings 0 .. n_categories-1; with quadratic weights (Cohen 1968) for
    ordered ones.

    `first` and `second` are ratings of the same things, `units` what they belong to (default: each
    its own): ratings of one unit are not independent, so units count, and pairs only as far as they
    differ within units. The interval (95 %) is Wilson's of the share of disagreement over the
    disagreement that chance would give: right from 12 labels on and at complete agreement, where a
    bootstrap has no width (coverage by simulation: .93 to .99, more with quadratic weights; a
    bootstrap over units: .2 to .8). Without ratings, or under two units, NaN.
    """
    a, b = np.asarray(first, dtype=int), np.asarray(second, dtype=int)
    if a.shape != b.shape:
        raise ValueError("two raters need the same number of ratings")
    if not a.size:
        return Agreement(0, 0, np.nan, np.nan, np.nan, np.nan)
    _, unit = np.unique(
        np.arange(a.size) if units is None else np.asarray(units), return_inverse=True
    )
    n = int(unit.max()) + 1
    tables = np.zeros((n, n_categories, n_categories))
    np.add.at(tables, (unit, a, b), 1)
    cost = _cost(n_categories, weights)
    kappa = float(_kappa(tables.sum(axis=0)[None], cost)[0])
    low, high = np.nan, np.nan
    if np.isfinite(kappa) and n > 1:
        low, high = _interval(tables, cost)
    return Agreement(n, a.size, float(np.mean(a == b)), kappa, float(low), float(high))


def _interval(tables: np.ndarray, cost: np.ndarray) -> tuple[float, float]:
    """Lower and upper end of kappa from ratings by unit (units, k, k)."""
    pairs = tables.sum(axis=(1, 2))
    share = (tables * cost).sum(axis=(1, 2)) / (pairs * cost.max())
    total = tables.sum(axis=0)
    chance = float((np.outer(total.sum(axis=1), total.sum(axis=0)) * cost).sum())
    by_chance = chance / (total.sum() ** 2 * cost.max())
    d = float(np.average(share, weights=pairs))
    n, spread = len(share), float(((share - d) ** 2).sum() / (len(share) - 1))
    worth = np.clip(n * d * (1 - d) / spread, n, pairs.sum()) if spread > 0 else n
    z2 = float(ndtri(0.5 + LEVEL / 2)) ** 2
    middle = (d + z2 / (2 * worth)) / (1 + z2 / worth)
    half = np.sqrt(z2 * (d * (1 - d) / worth + z2 / (4 * worth**2))) / (1 + z2 / worth)
    lowest = max(-1.0, 1 - (middle + half) / by_chance)
    return float(lowest), float(1 - max(middle - half, 0.0) / by_chance)


def _cost(k: int, weights: str) -> np.ndarray:
    """The cost of a disagreement: 1, or the square of its distance."""
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
    return apart**2 if weights == "quadratic" else (apart > 0).astype(float)


def _kappa(tables: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Of each table (draws, k, k); NaN where chance alone would agree on everything."""
    total = tables.sum(axis=(1, 2))
    chance = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    disagreement = (tables * cost).sum(axis=(1, 2)) / total
    by_chance = (chance * cost).sum(axis=(1, 2)) / total**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(by_chance > 0, 1 - disagreement / by_chance, np.nan)
