"""What a report stood on and said, kept with its run; and what changed from one report to
another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pandas as pd

from vtlib.analysis.summary import count_claims
from vtlib.core.errors import BadInput
from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.params import Outliers, new_key
from vtlib.llm import costs
from vtlib.llm.bill import bill
from vtlib.outliers import judgement as judging
from vtlib.outliers import stage as outliers
from vtlib.report.insight import Changes, ReportRecord, compare, tier_changes, with_intervals
from vtlib.store import runs
from vtlib.store.project import Project

OUTLIER_RUN = "outlier run"  # among the inputs, but no cause: which scores the report showed
CLAIMS = "claims that agree with the file"
_NO_CAUSE = "results"
_SILENT = ("report", "title", "insight")  # sections that change no figure


def record(project: Project, run_id: str, *, code: Mapping[str, Any], ranked: pd.DataFrame) -> None:
    """Keep the figures of a run's report and what they stand on.

    `code`: names and versions of what computed them; `ranked`: the project's fits
    (adaptation/fits.ranked).
    """
    figures = with_intervals(_with_claims(project, project.frame("report_figures")))
    spent = figures["figure"].eq("spent")
    figures.loc[spent, "value"] = bill(costs.ledger(project)).total
    chosen = figures["figure"].eq("products recommended")
    if chosen.any():  # by the rule of adaptation/comparison/recommendation, which SQL does not know
        figures.loc[chosen, "value"] = float(ranked["is_recommended"].sum())
    found: dict[str, dict[str, Any]] = {
        str(cause): dict(zip(rows["name"], rows["value"], strict=True))
        for cause, rows in project.frame("report_inputs").groupby("cause")
    }
    judged = project.frame("outlier_run")
    inputs = {
        **found,
        "code": dict(code),
        "parameters": _parameters(project, judged),
        _NO_CAUSE: {OUTLIER_RUN: _first(judged, "outlier_run_id")},
    }
    runs.save_report(
        project.store,
        run_id,
        inputs=inputs,
        figures=figures.assign(project_id=project.slug),
        at=project.workspace.now(),
    )


def _with_claims(project: Project, figures: pd.DataFrame) -> pd.DataFrame:
    """`figures` with the share of claims that agree with the file, where any was checked."""
    claims = count_claims(project.frame("analysis_grounding"))
    if not claims.checked:
        return figures
    row = {"figure": CLAIMS, "value": claims.share, "n": claims.checked}
    return pd.concat([figures, pd.DataFrame([row])], ignore_index=True)


def changes(
    project: Project, *, old: str = "", new: str = "", recompute: bool = False
) -> tuple[Changes, pd.DataFrame] | None:
    """What changed from one report to the next, and the posts whose tier did (as its reader may see
    them).

    `new`: a run, default the latest with a report; `old` default the one before it. None when there
    is no earlier report. `recompute`: judge the present data with the old parameters, to tell the
    two apart; only done for the latest report and where nothing came in since. Raises BadInput for
    a run without a recorded report.
    """
    known = project.frame("report_runs")
    after = _chosen(known, new) if new or len(known) else None
    if after is None:
        return None
    earlier = known[known["started_at"] < after["started_at"]]
    before = _chosen(known, old) if old else (earlier.iloc[0] if len(earlier) else None)
    if before is None:
        return None
    a, b = _report(project, before), _report(project, after)
    held = _held(project, a, b) if recompute else None
    found = compare(a, b, held=held)
    asked = {"old": _scores(a), "new": _scores(b)}
    tiers = tier_changes(project.frame("report_tiers", **asked), found.causes)
    return found, project.shown(tiers)


def _held(project: Project, old: ReportRecord, new: ReportRecord) -> dict[str, float] | None:
    """Figures of the outlier rule with the old parameters on what the new report stood on; None
    where it is gone.
    """
    now = project.frame("report_inputs")
    here = now[now["cause"].eq("data")]
    if dict(zip(here["name"], here["value"], strict=True)) != dict(new.inputs.get("data", {})):
        return None
    given = {
        name.split(".", 1)[1]: orjson.loads(value)
        for name, value in old.inputs.get("parameters", {}).items()
        if name.startswith("outliers.") and name.split(".", 1)[1] in Outliers.model_fields
    }
    posts = project.frame("outlier_posts")
    verdict = judging.judge(
        posts,
        project.frame("outlier_pairs"),
        Outliers(**given),
        since=outliers.since(project, posts),
    )
    return {
        "posts scored": float(verdict.n_scored),
        "breakouts": float(verdict.count(*BREAKOUT_TIERS)),
        "extreme": float(verdict.count("extreme")),
        "to watch": float(verdict.count("watch")),
        **(
            {"false alarms at most": verdict.expected_false_alarms}
            if verdict.expected_false_alarms is not None
            else {}
        ),
    }


def _chosen(known: pd.DataFrame, run_id: str) -> pd.Series:
    rows = known[known["run_id"].eq(run_id)] if run_id else known
    if rows.empty:
        said = ", ".join(known["run_id"].head(5)) or "none"
        raise BadInput(
            f"{run_id} is no run of this project with a recorded report.",
            todo=f"Recorded, newest first: {said}. Older runs were not recorded: vt runs",
        )
    return rows.iloc[0]


def _report(project: Project, row: pd.Series) -> ReportRecord:
    inputs = row["inputs"]
    inputs = orjson.loads(inputs) if isinstance(inputs, str) else inputs
    parameters = {new_key(k): v for k, v in inputs.get("parameters", {}).items()}
    return ReportRecord(
        str(row["run_id"]),
        pd.Timestamp(row["started_at"]),
        runs.report_figures(project.store, str(row["run_id"])),
        {**inputs, "parameters": parameters},
    )


def _scores(report: ReportRecord) -> str | None:
    return report.inputs.get(_NO_CAUSE, {}).get(OUTLIER_RUN)


def _parameters(project: Project, judged: pd.DataFrame) -> dict[str, str]:
    """Dotted key -> value as JSON. Those of the outlier rule are the ones that the scores were
    made with.
    """
    given = project.params.model_dump(mode="json")
    if len(judged):
        held = judged["params"].iloc[0]
        given["outliers"] = orjson.loads(held) if isinstance(held, str) else held
    flat: dict[str, str] = {}
    for section, value in given.items():
        if section in _SILENT:
            continue
        for key, leaf in value.items() if isinstance(value, dict) else [("", value)]:
            flat[f"{section}.{key}" if key else section] = orjson.dumps(leaf).decode()
    return flat


def _first(frame: pd.DataFrame, column: str) -> str | None:
    return str(frame[column].iloc[0]) if len(frame) else None
