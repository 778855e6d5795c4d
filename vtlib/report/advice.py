"""Advice for a project: frames from the store for report/insight/advice_rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from vtlib import tables
from vtlib.llm.bill import Rates
from vtlib.performance import stage as performance_stage
from vtlib.performance.history import age_error, current_levels, history, with_rates
from vtlib.performance.patterns.preparation import carriers
from vtlib.performance.pipeline import Inputs, product_costs
from vtlib.performance.variants import compare_variants, roi
from vtlib.report.facts import VideoView
from vtlib.report.insight.actions import Action, HookSource, actions
from vtlib.report.insight.advice_rule import advise, missing
from vtlib.report.insight.evidence import Evidence, ordinary_scatter
from vtlib.report.insight.facts import Facts
from vtlib.report.insight.next_steps import COLUMNS, advice_table
from vtlib.report.posters import first_words
from vtlib.store.project import Project
from vtlib.store.writes import naive

MIN_POSTS = 5  # own posts of 7 days from which a level is one
TEXTS = ("what", "pattern", "why", "how", "source", "script_id", "product_id", "kind")


@dataclass(frozen=True)
class Runs:
    """Judged posts of a project and those of its scripts, worked out once for advice and insight.

    `past`: `history`'s frame; `linked`: it, of posts of scripts; `variants`, `returns`:
    performance/variants.
    """

    project: Project
    inputs: Inputs

    @classmethod
    def of(cls, project: Project) -> Runs:
        return cls(project, performance_stage.load(project))

    @cached_property
    def posts(self) -> pd.DataFrame:
        """Judged posts with their rates (query performance_posts)."""
        return with_rates(self.inputs.posts)

    @cached_property
    def past(self) -> pd.DataFrame:
        error = age_error(self.posts, interval=self.project.params.outliers.interval)
        return history(self.posts.assign(se_age_ln=error))

    @cached_property
    def linked(self) -> pd.DataFrame:
        return self.past.merge(self.inputs.links, on="post_id", suffixes=("", "_script"))

    @cached_property
    def matured(self) -> pd.DataFrame:
        return self.linked[self.linked["is_mature"] & self.linked["is_plain"]]

    @cached_property
    def variants(self) -> pd.DataFrame:
        return compare_variants(self.linked)

    @cached_property
    def returns(self) -> pd.DataFrame:
        return roi(
            self.matured,
            product_costs(self.inputs.costs, self.linked),
            past=self.past,
            value_per_thousand=Rates.of(self.project.params).usd_per_thousand_views,
        )


def advice(
    project: Project, fits: pd.DataFrame, runs: Runs | None = None
) -> tuple[pd.DataFrame, list[str]]:
    """Advice of a project (ADVICE_COLUMNS) for its reader, and what is missing if none.

    `ranked`: the project's fits, ranked (adaptation/fits.rank).

    Nothing is computed anew of patterns: the library as it was last stored (vt analyze performance,
    notebook 07).
    """
    evidence_base = evidence(project, fits, runs or Runs.of(project))
    rows = advise(evidence_base)
    lacks = missing(evidence_base) if rows.empty else []
    return project.visible(rows, ours=TEXTS), [project.visible_text(line) for line in lacks]


def next_actions(project: Project, facts: Facts, videos: Sequence[VideoView]) -> tuple[Action, ...]:
    """Three actions for the index (insight/actions) from a run's facts and the videos looked at;
    with pseudonyms a command that leads to a stranger is left out.
    """
    read = [v for v in videos if v.is_breakout and v.hook_types and project.names_creators]
    hook = None
    if read:
        first = read[0]
        hook = HookSource(first.post_id, first_words(first), first.hook_types, first.href)
    rows = actions(facts, project=project.slug, hook=hook)
    if project.names_creators:
        return rows
    return tuple(
        row
        if project.visible_text(f"{row.command} {row.href}") == f"{row.command} {row.href}"
        else replace(row, command="", href="")
        for row in rows
    )


def table(project: Project, fits: pd.DataFrame) -> tables.HtmlTable:
    """The advice as a table; without any the sentences that say what is missing (notebook 07)."""
    rows, lacks = advice(project, fits)
    source = "patterns, verdicts, fits, spend"
    if rows.empty:
        frame = pd.DataFrame({"missing before anything can be advised": lacks})
        return tables.show(frame, source=source)
    return tables.show(advice_table(rows), source=source, columns=COLUMNS)


def evidence(project: Project, fits: pd.DataFrame, runs: Runs) -> Evidence:
    """Input of the advice rules; with pseudonyms without videos of other creators."""
    patterns = project.frame("patterns")
    carrier_rows = carriers(patterns, runs.inputs.values) if len(patterns) else pd.DataFrame()
    posts = runs.matured[runs.matured["lift_ln"].notna()]
    params = project.params
    return Evidence(
        project.slug,
        patterns=patterns,
        uses=_uses(carrier_rows, runs.posts),
        fits=_fits(project, fits, carrier_rows),
        runs=posts,
        ordinary=ordinary_scatter(runs.past, runs.linked),
        variants=runs.variants,
        returns=project.visible_costs(runs.returns),
        scripts=project.frame("insight_scripts"),
        level=_level(project, runs.past),
        usd=_cost_of_a_post(runs) if project.shows("costs") else float("nan"),
        claim_q=params.performance.claim_q,
        interval=params.outliers.interval,
    )


def _uses(carrier_rows: pd.DataFrame, posts: pd.DataFrame) -> pd.DataFrame:
    """pattern, n_own, n_known: own posts that carry a pattern, of those of which it is known."""
    own = posts.loc[posts["is_own"].astype(bool), "post_id"]
    mine = carrier_rows[carrier_rows["post_id"].isin(own)] if len(carrier_rows) else carrier_rows
    if mine.empty:
        return pd.DataFrame(columns=["pattern", "n_own", "n_known"])
    return mine.groupby("pattern")["has"].agg(n_own="sum", n_known="count").reset_index()


def _fits(project: Project, fits: pd.DataFrame, carrier_rows: pd.DataFrame) -> pd.DataFrame:
    """Ranked fits with the patterns that each video carries."""
    if not project.names_creators:
        return pd.DataFrame()
    has = carrier_rows[carrier_rows["has"]] if len(carrier_rows) else carrier_rows
    names = has.groupby("post_id")["pattern"].agg(list).to_dict() if len(has) else {}
    lists = [names.get(post, []) for post in fits["post_id"]] if len(fits) else []
    return fits.assign(patterns=pd.Series(lists, index=fits.index, dtype=object))


def _level(project: Project, past: pd.DataFrame) -> float:
    """Views that a typical own post reaches at 7 days: the median over own accounts and formats
    of their level now.
    """
    own = past[past["is_own"].astype(bool)] if len(past) else past
    if own.empty:
        return float("nan")
    places = own[["account_id", "platform", "format"]].drop_duplicates()
    now = pd.Timestamp(naive(project.workspace.now()))
    levels = current_levels(past, places, now)
    own_levels = levels.loc[levels["own_n"].ge(MIN_POSTS), "own_ln"].to_numpy(float)
    return float(np.median(np.expm1(own_levels))) if len(own_levels) else float("nan")


def _cost_of_a_post(runs: Runs) -> float:
    """Noted costs over matured posts of scripts, US dollars; NaN if either is unknown."""
    n, usd = len(runs.matured), float(runs.inputs.costs["usd"].astype(float).sum())
    return usd / n if n and usd > 0 else float("nan")
