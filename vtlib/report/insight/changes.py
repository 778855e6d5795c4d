"""What changed between two reports, and which recorded cause can explain it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.finding import Finding
from vtlib.core.language import marked, moment, say
from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.proportions import rate

CAUSES = ("data", "code", "parameters", "prompt", "model")
CHANGE_COLUMNS = ["figure", "before", "after", "change", "before_n", "after_n", "because"]
CAUSE_COLUMNS = ["cause", "name", "before", "after"]
MOST = 6
NONE = "none"  # what one report lacks
_WORDS = marked({"prompt": "the prompt", "model": "the model"})
Inputs = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class ReportRecord:
    """The recorded report of a run.

    `figures`: figure, value, low, high, n. `inputs`: cause -> name -> value (causes: CAUSES;
    parameters by dotted key).
    """

    run_id: str
    made_at: pd.Timestamp
    figures: pd.DataFrame
    inputs: Inputs = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """`figures`: CHANGE_COLUMNS; `causes`: CAUSE_COLUMNS, all inputs that changed.

    `n_same`: figures that are as they were.
    """

    old: ReportRecord
    new: ReportRecord
    figures: pd.DataFrame
    causes: pd.DataFrame
    n_same: int


def compare(
    old: ReportRecord, new: ReportRecord, *, recomputation: Mapping[str, float] | None = None
) -> Changes:
    """Changes from `old` to `new`.

    A figure is put down to the causes that can move it and did change. Of several that changed
    together none is picked: they are named together. `held`: figures computed anew with the old
    parameters on the new data and code; with it the two are told apart, in that order.
    """
    causes = changed_inputs(old.inputs, new.inputs)
    both = old.figures.merge(new.figures, on="figure", how="outer", suffixes=("_old", "_new"))
    is_same = both["value_old"].eq(both["value_new"]) | (
        both["value_old"].isna() & both["value_new"].isna()
    )
    rows = [
        _figure_change(row, causes, recomputation or {}) for _, row in both[~is_same].iterrows()
    ]
    table = pd.DataFrame(rows, columns=CHANGE_COLUMNS)
    order = table["figure"].str.startswith(PATTERN)
    table = table.assign(_last=order).sort_values(["_last", "figure"]).drop(columns="_last")
    return Changes(old, new, table.reset_index(drop=True), causes, int(is_same.sum()))


def changed_inputs(old: Inputs, new: Inputs) -> pd.DataFrame:
    """CAUSE_COLUMNS: inputs that differ; 'none' where one side lacks it."""
    rows = []
    for cause in CAUSES:
        before, after = old.get(cause, {}), new.get(cause, {})
        for name in sorted({*before, *after}):
            a, b = before.get(name), after.get(name)
            if a != b:
                rows.append((cause, name, _text(a), _text(b)))
    return pd.DataFrame(rows, columns=CAUSE_COLUMNS)


def because(kind: Kind, causes: pd.DataFrame) -> str:
    """Why a figure of this kind changed, in words."""
    if kind.grows:
        return say("counts what was done since")
    words = _join_words(_movers(kind, causes))
    if not words:
        return say("nothing recorded explains it")
    return say("{words} changed together", words=words) if " and " in words else words


def tier_changes(rows: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """`rows` (query report_tiers) with `why`: new post, new count, new baseline or rule.

    A post is `gone` where the later run does not have it.
    """
    why = [_why(row, because(kind_of("breakouts"), causes)) for _, row in rows.iterrows()]
    return rows.assign(why=pd.Series(why, index=rows.index, dtype=object))


def findings(changes: Changes, tiers: pd.DataFrame) -> list[Finding]:
    """Sentences: changed inputs, changed figures with their causes, changed tiers."""
    since = say("Since the report of {made_at}", made_at=moment(changes.old.made_at))
    if changes.figures.empty:
        under = _inputs_text(changes.causes)
        return [
            _input_finding(
                say(
                    "{since} no figure changed{under}.",
                    since=since,
                    under=under and say(", though {under} did", under=under),
                ),
                changes,
            )
        ]
    total = changes.n_same + len(changes.figures)
    count = say(
        "{n_figures:,} of {figures} changed",
        n_figures=len(changes.figures),
        figures=number(total, "figure"),
    )
    under = _inputs_text(changes.causes) or say("nothing that is recorded")
    sentence = say(
        "{since} {count}; under them changed: {under}.", since=since, count=count, under=under
    )
    changed_figures = [_input_finding(sentence, changes), *_figure_findings(changes)]
    return [*changed_figures, *_tier_findings(tiers)]


def _figure_change(
    row: pd.Series, causes: pd.DataFrame, recomputation: Mapping[str, float]
) -> dict[str, Any]:
    figure = str(row["figure"])
    before, after = row["value_old"], row["value_new"]
    change = after - before if pd.notna(before) and pd.notna(after) else None
    kind = kind_of(figure)
    reason, movers = because(kind, causes), _movers(kind, causes)
    if figure in recomputation and "parameters" in movers and len(movers) > 1:
        others = _join_words([c for c in movers if c != "parameters"])
        first, second, third = (
            value_text(figure, v) for v in (before, recomputation[figure], after)
        )
        reason = say(
            "{others}: {first} to {second}; then parameters: {second} to {third} (computed anew)",
            others=others,
            first=first,
            second=second,
            third=third,
        )
    return {
        "figure": figure,
        "before": _with_interval(figure, row, "old"),
        "after": _with_interval(figure, row, "new"),
        "change": change,
        "before_n": row["n_old"],
        "after_n": row["n_new"],
        "because": reason,
    }


def _movers(kind: Kind, causes: pd.DataFrame) -> list[str]:
    """Causes that changed and can move a figure of this kind.

    What was asked for the first time is data that was not there before: neither prompt nor model
    changed.
    """
    causes = causes[~_is_first(causes)]
    mine = causes[causes["cause"].isin(kind.causes)]
    section = mine["name"].astype(str).str.split(".").str[0]
    other = mine["cause"].eq("parameters") & ~section.isin(kind.sections)
    return [c for c in CAUSES if c in set(mine.loc[~other, "cause"])]


def _join_words(causes: Sequence[str]) -> str:
    words = [_WORDS.get(c, c) for c in causes]
    return say(" and ").join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _with_interval(figure: str, row: pd.Series, side: str) -> str:
    value, low, high = (row[f"{name}_{side}"] for name in ("value", "low", "high"))
    text = value_text(figure, value)
    if pd.isna(value) and figure.startswith(PATTERN):
        return "not claimed"
    if pd.isna(low) or pd.isna(high):
        return text
    return say(
        "{text} ({value_text} to {value_text_2})",
        text=text,
        value_text=value_text(figure, low),
        value_text_2=value_text(figure, high),
    )


def _inputs_text(causes: pd.DataFrame) -> str:
    parts = []
    first = _is_first(causes)
    for cause in CAUSES:
        names = list(causes.loc[causes["cause"].eq(cause) & ~first, "name"])
        if names:
            more = say(" and {more} more", more=len(names) - 3) if len(names) > 3 else ""
            parts.append(f"{cause} ({', '.join(names[:3])}{more})")
    if first.any():
        names = sorted(set(causes.loc[first, "name"]))
        parts.append(say("a model was asked for the first time ({names})", names=", ".join(names)))
    return "; ".join(parts)


def _is_first(causes: pd.DataFrame) -> pd.Series:
    return causes["cause"].isin(["prompt", "model"]) & causes["before"].eq(NONE)


def _input_finding(sentence: str, changes: Changes) -> Finding:
    columns = {"cause": "cause", "name": "what", "before": "before", "after": "now"}
    return Finding(sentence, "runs.inputs", changes.causes, columns)


def _figure_findings(changes: Changes) -> list[Finding]:
    """One sentence a cause, with the figures that it changed."""
    columns = {
        "figure": "figure",
        "before": "before (80 % interval)",
        "after": "now (80 % interval)",
        "before_n": say("n before"),
        "after_n": say("n now"),
        "because": say("because of"),
    }
    sentences = []
    for reason, rows in changes.figures.groupby("because", sort=False):
        some = "; ".join(
            say(
                "{figure} {before} to {after}",
                figure=r["figure"],
                before=r["before"],
                after=r["after"],
            )
            for _, r in rows.head(MOST).iterrows()
        )
        more = say("; {more} more", more=len(rows) - MOST) if len(rows) > MOST else ""
        sentence = f"{str(reason)[:1].upper()}{str(reason)[1:]}: {some}{more}."
        sentences.append(Finding(sentence, "run_figures", rows, columns))
    return sentences


def _tier_findings(tiers: pd.DataFrame) -> list[Finding]:
    if tiers.empty:
        return []
    before, after = tiers["tier_before"].isin(BREAKOUT_TIERS), tiers["tier"].isin(BREAKOUT_TIERS)
    came, went = int((after & ~before).sum()), int((before & ~after).sum())
    n_between = int((before & after).sum())
    rest = (
        say("; {posts} changed between breakout and extreme", posts=number(n_between, "post"))
        if n_between
        else ""
    )
    columns = {
        "handle": "creator",
        "platform": "platform",
        "tier_before": say("tier before"),
        "tier": "tier",
        "multiplier_before": say("× level before"),
        "multiplier": "× level",
        "why": "why",
        "caption": "caption",
    }
    if not came + went + n_between:
        return []
    sentence = say(
        "{posts} newly stood at breakout or above, {posts_2} no longer did{rest}.",
        posts=number(came, "post"),
        posts_2=number(went, "post"),
        rest=rest,
    )
    return [Finding(sentence, say("outlier_scores of both runs"), tiers, columns)]


def _why(row: pd.Series, reason: str) -> str:
    if pd.isna(row["tier_before"]):
        return "data: a post not seen before"
    if pd.isna(row["tier"]):
        return "data: the post is gone"
    is_recounted = row["captured_before_at"] != row["captured_at"] or (
        row["value_before"] != row["value"]
    )
    if is_recounted and reason == "data":
        return "data: its count was read again"
    if is_recounted:
        return say("its count was read again; {reason}", reason=reason)
    return say("same count, another baseline: {reason}", reason=reason)


def _text(value: Any) -> str:
    return "none" if value is None else str(value)


SHARES = ("claims that agree with the file", "predictions inside their interval")
PATTERN = "pattern "
FIT = "mean product fit"  # 0 to 5


@dataclass(frozen=True, slots=True)
class Kind:
    """What can move a figure: causes, and the sections of the parameters that it listens to.

    `grows`: it only counts what was done so far, so that a change of it needs no explanation.
    """

    causes: tuple[str, ...] = ("data", "code")
    sections: tuple[str, ...] = ()
    grows: bool = False


_JUDGED = Kind(("data", "code", "parameters"), ("outliers",))
_READ = Kind(
    ("data", "code", "parameters", "prompt", "model"), ("outliers", "media", "analysis", "model")
)
_LEARNT = Kind(
    ("data", "code", "parameters", "prompt", "model"), ("outliers", "media", "performance")
)
_FITTED = Kind(_READ.causes, (*_READ.sections, "comparison", "products"))
_ADAPTED = Kind(
    _READ.causes, (*_READ.sections, "comparison", "adaptation", "performance", "products")
)
_KINDS = {
    "posts scored": _JUDGED,
    "breakouts": _JUDGED,
    "extreme": _JUDGED,
    "to watch": _JUDGED,
    "false alarms at most": _JUDGED,
    "videos measured": Kind(("data", "code", "parameters"), ("outliers", "media")),
    "videos read by a model": _READ,
    "claims that agree with the file": _READ,
    "matured predictions": Kind(("data", "code", "parameters"), ("outliers",)),
    "predictions inside their interval": Kind(("data", "code", "parameters"), ("outliers",)),
    "patterns tested": _LEARNT,
    "patterns claimed": _LEARNT,
    "products recommended": Kind(_FITTED.causes, (*_FITTED.sections, "adaptation")),
    FIT: _FITTED,
    "claims without grounds in adaptations": _ADAPTED,
    "products judged for videos": Kind(grows=True),
    "adaptations": Kind(grows=True),
    "scripts": Kind(grows=True),
    "posts of scripts": Kind(grows=True),
    "problems": Kind(grows=True),
    "spent": Kind(grows=True),
}


def kind_of(figure: str) -> Kind:
    """What can move a figure; unknown ones depend on data and code."""
    return _LEARNT if figure.startswith(PATTERN) else _KINDS.get(figure, Kind())


def with_intervals(figures: pd.DataFrame, *, interval: float = 0.8) -> pd.DataFrame:
    """`figures` (figure, value, low, high, n) with Wilson intervals for shares."""
    out = figures.copy()
    for i, row in out[out["figure"].isin(SHARES)].iterrows():
        n = int(row["n"])
        share = rate(round(row["value"] * n), n, interval=interval)
        out.loc[i, ["low", "high"]] = [share.low, share.high]
    return out


def value_text(figure: str, value: Any) -> str:
    """A value formatted by its unit: percent, ratio, dollars or count."""
    if value is None or pd.isna(value):
        return "none"
    if figure in SHARES:
        return f"{value:.0%}"
    if figure.startswith(PATTERN):
        return f"x{value:.2f}"
    if figure == FIT:
        return f"{value:.2f}"
    if figure == "spent":
        return f"${value:,.2f}"
    return number(value)
