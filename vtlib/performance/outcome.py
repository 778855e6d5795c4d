"""One script and what became of it, in sentences: each post against its prediction, its account
and its source.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vtlib.performance.forecasts import RATE, VIEWS


def outcome(verdicts: pd.DataFrame, runs: pd.DataFrame, predictions: pd.DataFrame) -> list[str]:
    """What is known of one script, post by post; honest where nothing is.

    `verdicts`: its verdicts (VERDICT_COLUMNS); `runs`: its links (post_id, url, variant,
    source_multiplier) with `history`'s columns where the post was captured; `predictions`: its
    frozen predictions.
    """
    if predictions.empty and runs.empty:
        return [
            (
                "Neither predicted nor published: a prediction is frozen when a version goes into "
                "production."
            )
        ]
    if runs.empty:
        return [
            *_waiting(predictions),
            "No post is linked yet: vt script track SCRIPT --post-url URL.",
        ]
    lines: list[str] = []
    for run in runs.to_dict("records"):
        mine = verdicts[verdicts["post_id"].eq(run["post_id"])]
        lines += [_head(run), *(f"  {line}" for line in _post(mine, run))]
    return lines


def _post(mine: pd.DataFrame, run: dict[Any, Any]) -> list[str]:
    """Lines on one post: views, engagement rate, percentile, source."""
    views = mine[mine["target"].eq(VIEWS)]
    if views.empty:
        note = "not predicted before it was published, so it is no test of a prediction"
        return [note, *_level(run)]
    lines = [_said(row, _views, "views at 7 days") for row in views.to_dict("records")]
    rates = mine[mine["target"].eq(RATE) & mine["status"].ne("no forecast")]
    lines += [_said(row, _share, "engagement rate") for row in rates.to_dict("records")]
    return lines + _beside(views.iloc[-1], run)


def _said(row: dict[Any, Any], form: Any, what: str) -> str:
    """Predicted against actual of one verdict; too early with its projected range."""
    if row["status"] == "no forecast":
        return f"{what}: no forecast, {row['reason']}"
    guess = (
        f"{what}: predicted {form(row['predicted_ln'])} "
        f"({form(row['low_ln'])} to {form(row['high_ln'])}, 80 %), own median "
        f"{form(row['naive_ln'])}"
    )
    if row["status"] == "matured":
        word = "over" if row["difference_pct"] >= 0 else "under"
        inside = "inside" if row["is_inside"] else "outside"
        return (
            f"{guess}; actual {form(row['actual_ln'])}: {abs(row['difference_pct']):,.0f} % "
            f"{word}, "
            f"{inside} the interval"
        )
    early = f"{guess}; {row['status']}: {row['reason']}"
    if pd.notna(row["projected_low_ln"]):
        low, high = form(row["projected_low_ln"]), form(row["projected_high_ln"])
        early += f"; on its way to {low} to {high} (80 %)"
    return early


def _beside(row: pd.Series, run: dict[Any, Any]) -> list[str]:
    """Percentile among the account's own posts at the same age, and what the source video did."""
    lines = []
    if pd.notna(row["percentile"]):
        lines.append(
            f"percentile {row['percentile']:.0f} of the account's own posts at the same age (7 "
            "days)"
        )
    if pd.notna(row["source_percentile"]):
        times = run.get("source_multiplier")
        size = f" (x{times:.1f})" if times is not None and pd.notna(times) else ""
        lines.append(
            f"its source video: percentile {row['source_percentile']:.0f} of its own account{size}"
        )
    return lines


def _level(run: dict[Any, Any]) -> list[str]:
    """An unpredicted post against its account's own level, where both are known."""
    if pd.isna(run.get("x7_ln")):
        return ["not captured yet: vt scrape --due, or import an export"]
    if pd.isna(run.get("lift_ln")):
        return [
            f"{_views(run['x7_ln'])} views at 7 days, as far as known; no own level to compare with"
        ]
    return [
        f"{_views(run['x7_ln'])} views at 7 days: x{np.exp(run['lift_ln']):.2f} of its own level"
    ]


def _waiting(predictions: pd.DataFrame) -> list[str]:
    latest = predictions[
        predictions["version"].eq(predictions["version"].max()) & predictions["target"].eq(VIEWS)
    ]
    return [
        f"version {row['version']} on {row['account_id']} ({row['format']}): predicted "
        f"{_views(row['predicted_ln'])} ({_views(row['low_ln'])} to {_views(row['high_ln'])}, 80 "
        "%), own median "
        f"{_views(row['naive_ln'])}, frozen {row['made_at']:%Y-%m-%d %H:%M} UTC"
        for row in latest.to_dict("records")
    ]


def _head(run: dict[Any, Any]) -> str:
    variant = f", variant {run['variant']}" if isinstance(run.get("variant"), str) else ""
    at = run.get("age_h")
    age = f", last captured {at / 24:.1f} days old" if at is not None and pd.notna(at) else ""
    return f"{run['post_id']}{variant}{age}"


def _views(ln: float) -> str:
    return f"{np.expm1(ln):,.0f}"


def _share(ln: float) -> str:
    return f"{np.exp(ln):.1%}"
