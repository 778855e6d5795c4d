"""Activity, failures and costs for people: by day, by kind, by run. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vtlib.store.connection import Store

if TYPE_CHECKING:
    import pandas as pd

DAY_COLUMNS = (
    *("day", "runs", "runs_failed", "captures", "captures_failed", "items", "posts_new"),
    *("downloads", "downloads_failed", "problems", "usd"),
)


@dataclass(frozen=True, slots=True)
class UsageScope:
    """Which rows are meant: of one project or of all, since a time (UTC) or ever."""

    project: str | None = None
    since: datetime | None = None


def rows(
    store: Store, query: str, span: UsageScope, *, stage: str | None = None, kind: str | None = None
) -> list[dict[str, Any]]:
    """Rows of usage_days, spend_days, possibly_paid or problem_counts, without pandas."""
    return store.rows_file(query, project=span.project, since=span.since, stage=stage, kind=kind)


def days(store: Store, span: UsageScope) -> pd.DataFrame:
    """One row a day with anything, newest first: day, runs, runs_failed, captures,
    captures_failed, items, posts_new, downloads, downloads_failed, problems, usd.
    """
    return store.query_file("usage_days", project=span.project, since=span.since)


def problem_days(store: Store, span: UsageScope) -> pd.DataFrame:
    """Problems a day: day, stage, kind, n."""
    return store.query_file("problem_days", project=span.project, since=span.since)


def spend_days(store: Store, span: UsageScope) -> pd.DataFrame:
    """Money a day: day, provider, what, n, usd (US dollars)."""
    return store.query_file("spend_days", project=span.project, since=span.since)


def possibly_paid(store: Store, span: UsageScope) -> pd.DataFrame:
    """What may have been paid and is not booked, newest first: at, provider, what, estimate_usd
    (US dollars; missing = no price is known), project_id, reason.
    """
    return store.query_file("possibly_paid", project=span.project, since=span.since)


def problem_counts(
    store: Store, span: UsageScope, *, stage: str | None = None, kind: str | None = None
) -> pd.DataFrame:
    """Problems by stage and kind, most first: stage, kind, n, first_at, latest_at, example."""
    return store.query_file(
        "problem_counts", project=span.project, since=span.since, stage=stage, kind=kind
    )


def problem_list(
    store: Store,
    span: UsageScope,
    *,
    stage: str | None = None,
    kind: str | None = None,
    limit: int = 50,
) -> pd.DataFrame:
    """Problems one by one, newest first, at most `limit`: the columns of `problems`."""
    scope = {"project": span.project, "since": span.since}
    return store.query_file("problem_list", **scope, stage=stage, kind=kind, limit=limit)


def run_list(store: Store, *, project: str | None = None, limit: int = 50) -> pd.DataFrame:
    """Runs, newest first: columns of `runs`, seconds, n_ok, n_skipped, n_failed, reason, usd."""
    return store.query_file("run_list", project=project, limit=limit)


def run_seconds(store: Store, run_id: str) -> float | None:
    """Seconds from the beginning of a run to its end; None while it runs, and of a killed one."""
    sql = """SELECT date_diff('millisecond', started_at, ended_at) / 1000 AS s
        FROM runs WHERE run_id = ?"""
    seconds = store.query(sql, [run_id])["s"].dropna()
    return float(seconds.iloc[0]) if len(seconds) else None


def run_stages(store: Store, run_id: str) -> pd.DataFrame:
    """Stages of a run in order: stage, status, reason, seconds, started_at, ended_at."""
    return store.query_file("run_stages", run=run_id)
