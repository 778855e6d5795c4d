"""The insight of a run: load the project's facts and write the chapters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from vtlib import charts
from vtlib.core.conclusion import product_name
from vtlib.core.language import say
from vtlib.performance import competitor_stage, creatives
from vtlib.performance import competitors as competitor_rule
from vtlib.performance.library import PATTERN_TEXTS
from vtlib.report import advice, insight
from vtlib.report import history as report_history
from vtlib.report.insight import Chapter, Facts, Finding
from vtlib.scripts import workflow
from vtlib.store.project import Project, one_session

_OURS = (
    "title",
    "variant",
    "reason",
    "made_by",
    "product",
)  # written by the project or by this package
Stages = tuple[tuple[str, str, str], ...]  # title, status, reason


@one_session
def facts(project: Project, fits: pd.DataFrame, *, stages: Stages = ()) -> Facts:
    """All frames of a project that the chapters are written from. `ranked`: its fits
    (adaptation/fits.rank).
    """
    params, runs = project.params, advice.Runs.of(project)
    costs, variants, returns = runs.inputs.costs, runs.variants, runs.returns
    own = runs.posts[runs.posts["is_own"].astype(bool)]
    advice_rows, lacks = advice.advice(project, fits, runs)
    problems = project.frame("problem_kinds").rename(columns={"example": "reason"})
    return Facts(
        scripts=reader_scripts(project),
        verdicts=reader_verdicts(project),
        waiting=project.visible(project.frame("insight_waiting"), ours=_OURS),
        production=project.visible_costs(
            project.visible(_notes(project), ours=("what", "currency", *_OURS))
        ),
        own=project.visible(own.sort_values("multiplier_low", ascending=False)),
        scores=project.visible(project.frame("outliers"), ours=("reason",)),
        patterns=project.visible(project.frame("patterns"), ours=PATTERN_TEXTS),
        variants=project.visible(variants, ours=("a", "b", "script_id")),
        returns=project.visible_costs(returns),
        spend=project.visible_costs(costs),
        problems=project.visible(problems),
        grounding=project.frame("analysis_grounding"),
        fits=project.visible(_fits(fits), ours=("product", "product_id")),
        advice=advice_rows,
        advice_lacks=tuple(lacks),
        min_fit=params.adaptation.min_score,
        outlier_run=_only(project.frame("outlier_run")),
        pattern_run=_only(project.frame("pattern_run")),
        stages=tuple(
            (title, status, project.visible_text(reason)) for title, status, reason in stages
        ),
        min_matured=params.performance.min_matured,
        claim_q=params.performance.claim_q,
        interval=params.outliers.interval,
    )


def _fits(fits: pd.DataFrame) -> pd.DataFrame:
    """Fits ranked by the one rule, the best first, with the product as people call it."""
    return fits.assign(product=[product_name(row) for _, row in fits.iterrows()])


def _notes(project: Project) -> pd.DataFrame:
    """What people noted as costs, each amount with its currency."""
    costs = project.frame("insight_costs")
    return costs.assign(currency=costs["currency"].fillna(project.params.money.currency))


def reader_verdicts(project: Project) -> pd.DataFrame:
    """Verdicts on forecasts of views (query insight_verdicts) as the reader may see them."""
    return project.visible(project.frame("insight_verdicts"), ours=_OURS)


def reader_scripts(project: Project) -> pd.DataFrame:
    """Scripts for the report; drafts only where the reader may see them."""
    rows = project.frame("insight_scripts")
    if not project.shows("drafts"):
        rows = rows[~rows["status"].isin(workflow.DRAFTS)]
    return project.visible(rows, ours=_OURS)


@one_session
def chapters(project: Project, facts: Facts, *, run_id: str = "") -> tuple[Chapter, ...]:
    """All chapters in reading order."""
    return (
        insight.attempts(facts),
        insight.successes(facts),
        insight.failures(facts),
        insight.next_steps(facts),
        insight.chores(facts),
        insight.certainty(facts),
        *((insight.cost(facts),) if project.shows("costs") else ()),
        _changes(project, run_id),
        _competitors(project),
        _films(project),
    )


def _changes(project: Project, run_id: str) -> Chapter:
    comparison = report_history.changes(project, new=run_id)
    if comparison is None:
        text = say(
            "This is the first report whose figures were kept; the next one will say what "
            "changed and why."
        )
        return Chapter("changes", say("What changed since the last report"), (Finding(text),))
    sentences = insight.change_findings(*comparison)
    return Chapter("changes", say("What changed since the last report"), tuple(sentences))


def _competitors(project: Project) -> Chapter:
    comparison = competitor_stage.comparison(project)
    chart = charts.standing(comparison.accounts) if len(comparison.accounts) else None
    title = say("Against competitors, the last {days} days", days=comparison.days)
    return Chapter("competitors", title, tuple(competitor_rule.findings(comparison)), chart)


def _films(project: Project) -> Chapter:
    sentences = creatives.findings(*competitor_stage.films(project))
    return Chapter("films", say("The same video on several platforms"), tuple(sentences))


def _only(frame: pd.DataFrame) -> Mapping[str, Any]:
    return {str(k): v for k, v in frame.iloc[0].items()} if len(frame) else {}
