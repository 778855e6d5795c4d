"""Record the figures and inputs of a report; compare two reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pandas as pd

from vtlib.analysis.summary import count_claims
from vtlib.core.errors import BadInput
from vtlib.core.models import BREAKOUT_TIERS
from vtlib.core.param_keys import new_key
from vtlib.core.params import Outliers
from vtlib.llm import costs
from vtlib.llm.bill import bill
from vtlib.outliers import judgement
from vtlib.outliers import stage as outliers_stage
from vtlib.report.insight import Changes, ReportRecord, compare, tier_changes, with_intervals
from vtlib.store import runs
from vtlib.store.project import Project

OUTLIER_RUN = "outlier run"  # among the inputs, but no cause: which scores the report showed
CLAIMS = "claims that agree with the file"
_NO_CAUSE = "results"
_SILENT = ("report", "title", "insight")  # sections that change no figure


def record(project: Project, run_id: str, *, code: Mapping[str, Any], fits: pd.DataFrame) -> None:
    """Store the figures of a run's report and the inputs behind them.

    `code`: names and versions of what computed them; `fits`: the project's fits
    (adaptation/fits.rank).
    """
    figures = with_intervals(_with_claims(project, project.frame("report_figures")))
    is_spend = figures["figure"].eq("spent")
    figures.loc[is_spend, "value"] = bill(costs.ledger(project)).total
    is_recommendation = figures["figure"].eq("products recommended")
    if (
        is_recommendation.any()
    ):  # by the rule of adaptation/comparison/recommendation, which SQL does not know
        figures.loc[is_recommendation, "value"] = float(fits["is_recommended"].sum())
    causes: dict[str, dict[str, Any]] = {
        str(cause): dict(zip(rows["name"], rows["value"], strict=True))
        for cause, rows in project.frame("report_inputs").groupby("cause")
    }
    outlier_run = project.frame("outlier_run")
    inputs = {
        **causes,
        "code": dict(code),
        "parameters": _parameters(project, outlier_run),
        _NO_CAUSE: {OUTLIER_RUN: _first(outlier_run, "outlier_run_id")},
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
    if not claims.n_checked:
        return figures
    row = {"figure": CLAIMS, "value": claims.share, "n": claims.n_checked}
    return pd.concat([figures, pd.DataFrame([row])], ignore_index=True)


def changes(
    project: Project, *, old: str = "", new: str = "", recompute: bool = False
) -> tuple[Changes, pd.DataFrame] | None:
    """Changes between two reports, and the posts whose tier changed.

    `new`: a run, default the latest with a report; `old` default the one before it. None when there
    is no earlier report. `recompute`: judge the present data with the old parameters, to tell the
    two apart; only done for the latest report and where nothing came in since. Raises BadInput for
    a run without a recorded report.
    """
    reports = project.frame("report_runs")
    after = _find_report(reports, new) if new or len(reports) else None
    if after is None:
        return None
    earlier = reports[reports["started_at"] < after["started_at"]]
    before = _find_report(reports, old) if old else (earlier.iloc[0] if len(earlier) else None)
    if before is None:
        return None
    a, b = _report(project, before), _report(project, after)
    recomputation = _with_old_parameters(project, a, b) if recompute else None
    comparison = compare(a, b, recomputation=recomputation)
    run_ids = {"old": _scores(a), "new": _scores(b)}
    tiers = tier_changes(project.frame("report_tiers", **run_ids), comparison.causes)
    return comparison, project.visible(tiers)


def _with_old_parameters(
    project: Project, old: ReportRecord, new: ReportRecord
) -> dict[str, float] | None:
    """Figures of the new data under the old parameters; None if the data changed since."""
    now = project.frame("report_inputs")
    here = now[now["cause"].eq("data")]
    if dict(zip(here["name"], here["value"], strict=True)) != dict(new.inputs.get("data", {})):
        return None
    old_parameters = {
        name.split(".", 1)[1]: orjson.loads(value)
        for name, value in old.inputs.get("parameters", {}).items()
        if name.startswith("outliers.") and name.split(".", 1)[1] in Outliers.model_fields
    }
    posts, pairs = outliers_stage.load(project)
    verdict = judgement.judge(
        posts,
        pairs,
        Outliers(**old_parameters),
        since=outliers_stage.since(project, posts),
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


def _find_report(reports: pd.DataFrame, run_id: str) -> pd.Series:
    rows = reports[reports["run_id"].eq(run_id)] if run_id else reports
    if rows.empty:
        run_ids = ", ".join(reports["run_id"].head(5)) or "none"
        raise BadInput(
            f"{run_id} is no run of this project with a recorded report.",
            todo=f"Recorded, newest first: {run_ids}. Older runs were not recorded: vt runs",
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


def _parameters(project: Project, outlier_run: pd.DataFrame) -> dict[str, str]:
    """Dotted key -> value as JSON; for the outlier rule those of the stored scores."""
    parameters = project.params.model_dump(mode="json")
    if len(outlier_run):
        stored_params = outlier_run["params"].iloc[0]
        parameters["outliers"] = (
            orjson.loads(stored_params) if isinstance(stored_params, str) else stored_params
        )
    flat: dict[str, str] = {}
    for section, value in parameters.items():
        if section in _SILENT:
            continue
        for key, leaf in value.items() if isinstance(value, dict) else [("", value)]:
            flat[f"{section}.{key}" if key else section] = orjson.dumps(leaf).decode()
    return flat


def _first(frame: pd.DataFrame, column: str) -> str | None:
    return str(frame[column].iloc[0]) if len(frame) else None
