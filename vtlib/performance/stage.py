"""07 performance: what the store has, judged, and predictions, verdicts and patterns back into
it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from vtlib.analysis import labelling
from vtlib.core.conclusion import Conclusion
from vtlib.core.errors import BadInput
from vtlib.core.language import in_english
from vtlib.core.params import Performance
from vtlib.llm import costs as money
from vtlib.llm.bill import Rates
from vtlib.media import store as media
from vtlib.performance import store, verdicts
from vtlib.performance.forecasts import VIEWS, Forecaster, predict, used_patterns
from vtlib.performance.history import OWN, current_levels
from vtlib.performance.patterns import (
    Feature,
    analysed_features,
    measured_features,
    post_features,
    script_values,
)
from vtlib.performance.patterns.values import VALUE_COLUMNS, FeatureValues
from vtlib.performance.pipeline import Inputs, PerformanceKnowledge, Result, judge, work
from vtlib.store.project import Project, one_session
from vtlib.store.writes import decode_json, naive

MIN_POSTS = 5
EXAMPLES = 3  # of a claimed pattern, whose videos are fetched


@dataclass(frozen=True, slots=True)
class PerformanceResult:
    """The stage as it is stored: its frames and sentences, and the `run` of the library."""

    found: Result
    run: dict[str, Any]


@one_session
@in_english
def run(
    project: Project, found: Result | None = None, *, is_kept: bool = True
) -> PerformanceResult:
    """Judge what the store has, and store verdicts and library.

    `found`: what `compute` gave, where a notebook has shown its steps; None = computed here.
    Without `is_kept` nothing is stored: a look at a part.
    """
    found = compute(project, load(project)) if found is None else found
    row = save(project, found) if is_kept else library_run(project, found)
    return PerformanceResult(found, row)


@one_session
def load(project: Project) -> Inputs:
    """Everything the stage works on; tables are empty where nothing is there yet."""
    posts = project.frame("performance_posts")
    values, features = _features(project, posts)
    return Inputs(
        posts,
        values,
        features,
        project.frame("performance_links"),
        project.frame("performance_predictions"),
        money.ledger(project),
        Rates.of(project.params),
    )


@one_session
def load_posts(project: Project) -> Inputs:
    """The same without features: enough for verdicts, and quicker."""
    none = FeatureValues.of(pd.DataFrame(columns=VALUE_COLUMNS))
    posts, links = project.frame("performance_posts"), project.frame("performance_links")
    predictions, costs = project.frame("performance_predictions"), money.ledger(project)
    return Inputs(posts, none, [], links, predictions, costs, Rates.of(project.params))


def compute(project: Project, inputs: Inputs) -> Result:
    """The stage with the project's parameters."""
    return work(inputs, project.params.performance, interval=project.params.outliers.interval)


@one_session
def knowledge(project: Project) -> tuple[Inputs, PerformanceKnowledge]:
    """What the past teaches, as forecasts need it."""
    inputs, params = load(project), project.params
    return inputs, judge(inputs, params.performance, interval=params.outliers.interval)


def calibration(result: Result, params: Performance) -> list[str]:
    """What may be said of matured predictions of views by other parameters (min_matured)."""
    views = result.product_verdicts[result.product_verdicts["target"].eq(VIEWS)]
    return verdicts.report(views, min_matured=params.min_matured)[1]


def is_restricted(project: Project) -> bool:
    """Whether the parameters look at other products or days than the project's YAML names."""
    here, there = (p.performance for p in (project.params, project.yaml_params or project.params))
    return (here.products, here.date_range_days) != (there.products, there.date_range_days)


@one_session
def save(project: Project, result: Result) -> dict[str, Any]:
    """Store verdicts and the run of the library; returns the run's row.

    The run's id comes from rules and data, so judging the same again replaces the same rows.
    """
    run = _save_library(project, result)
    store.save_verdicts(project.store, project.slug, result.verdicts, at=project.workspace.now())
    return run


@one_session
def remember_library(project: Project) -> None:
    """Store the library as the posts give it now, before anything is made with it: what carries
    its patterns can then name its run.
    """
    _save_library(project, knowledge(project)[1])


def _save_library(project: Project, judged: PerformanceKnowledge | Result) -> dict[str, Any]:
    run = library_run(project, judged)
    store.save_patterns(project.store, run, judged.library.table, judged.library.platforms)
    _want_examples(project, judged.library.table)
    return run


def _want_examples(project: Project, table: pd.DataFrame) -> None:
    """Have the examples of claimed patterns fetched, so that their cards have frames."""
    claims = table[table["claim"].ne("")] if len(table) else table
    posts = (
        [post for names in claims["examples"] for post in names[:EXAMPLES]] if len(claims) else []
    )
    if posts:
        media.save_examples(project.store, project.slug, posts, at=project.workspace.now())


def library_run(project: Project, judged: PerformanceKnowledge | Result) -> dict[str, Any]:
    """The row of `pattern_runs` that a library has, stored or not."""
    library, learnt = judged.library, judged.learnt
    rules = {
        "combinations": [list(c) for c in library.rules.combinations],
        "claim_q": library.rules.claim_q,
    }
    return {
        "pattern_run_id": _run_id(project.slug, rules, library.table),
        "project_id": project.slug,
        "run_id": project.run_id or None,
        "outlier_run_id": _first(judged.past, "outlier_run_id"),
        "rules": rules,
        "n_posts": library.n_posts,
        "n_accounts": library.n_accounts,
        "n_tested": len(library.table),
        "n_claimed": len(library.claimed),
        "left_out": library.left_out,
        "dropped": library.untested.to_dict("records"),
        "variance": library.variance,
        "forecaster": {
            kind: {
                "stands": trial.stands,
                "reason": trial.reason,
                "n_tested": trial.n_tested,
                "n_learnt": learnt.n,
                "n_matured": learnt.n_matured,
                "gain": _known(trial.gain.value),
                "gain_low": _known(trial.gain.low),
                "gain_high": _known(trial.gain.high),
                "naive_loss": _known(trial.naive_loss),
            }
            for kind, trial in (("lift", learnt.lift), ("breakout", learnt.breakout))
        },
        "created_at": project.workspace.now(),
    }


@one_session
def freeze(
    project: Project,
    script_id: str,
    *,
    version: int | None = None,
    opinion: float | None = None,
) -> pd.DataFrame:
    """Predict a script version (default: the current one) and freeze it: `freeze_all` for one."""
    return freeze_all(project, [(script_id, version)], opinion=opinion)


@one_session
def freeze_all(
    project: Project,
    versions: Sequence[tuple[str, int | None]],
    *,
    opinion: float | None = None,
) -> pd.DataFrame:
    """Predict script versions (None: the current one) for each own account and format, and freeze
    them.

    Two rows a place: ln views at 7 days and, where it can be, ln engagement rate. Done when a
    version goes into production: what was known then is what is stored. Returns the rows that were
    new (none when the same prediction is there already). `opinion` is a model's own score, stored
    beside. Raises BadInput for an unknown script or version, when no own account has 5 matured
    posts of a format, and where the clock is set by hand in a project that is not simulated.
    """
    if project.workspace.settings.clock and not project.params.is_simulated:
        raise BadInput(
            "VT_CLOCK is set: a prediction is dated by the real clock.",
            todo="Unset it; only projects with is_simulated: true may run by another clock.",
        )
    rows = pd.DataFrame([_script(project, name, number) for name, number in versions])
    inputs, past_knowledge = knowledge(project)
    now = naive(project.workspace.now())
    values = script_values(rows, inputs.features)
    parts = [
        _predicted(rows, values, learnt, past=past, now=pd.Timestamp(now))
        for learnt, past in (
            (past_knowledge.learnt, past_knowledge.past),
            (past_knowledge.learnt_rates, past_knowledge.rates),
        )
    ]
    if parts[0].empty:
        raise BadInput(
            f"nothing to predict from: no own account has {MIN_POSTS} matured posts of a format.",
            todo="Mark own accounts (role: own) and import or scrape their posts: vt import "
            "dataset …",
        )
    predictions = pd.concat([p for p in parts if len(p)], ignore_index=True)
    features: dict[str, dict[str, float]] = {str(name): {} for name in rows["script_id"]}
    for name, feature, value in zip(
        values["script_id"], values["feature"], values["value"], strict=True
    ):
        features[str(name)][feature] = value
    used = {name: used_patterns(past_knowledge.library, has) for name, has in features.items()}
    predictions = predictions.assign(
        patterns=pd.Series([used[name] for name in predictions["script_id"]], dtype=object),
        model_opinion=opinion,
        known_until=past_knowledge.past["captured_at"].max(),
    )
    return store.freeze(project.store, project.slug, predictions, at=now)


def _predicted(
    rows: pd.DataFrame,
    said: pd.DataFrame,
    learnt: Forecaster,
    *,
    past: pd.DataFrame,
    now: pd.Timestamp,
) -> pd.DataFrame:
    """PREDICTION_COLUMNS for script versions, a row a version and place of which enough is
    known.
    """
    places = _places(past, now)
    if places.empty:
        return pd.DataFrame()
    targets = rows[["script_id", "version"]].merge(places, how="cross")
    return predict(targets, said, learnt, past=past, now=now)


@one_session
def reader_verdicts(project: Project) -> pd.DataFrame:
    """The stored verdicts on predicted views with what a reader needs beside them, the newest
    capture last.
    """
    rows = project.frame("verdicts")
    views = rows[rows["target"].eq(VIEWS)]
    return project.visible(
        views.sort_values(["captured_at", "post_id"]), ours=("title", "variant", "reason")
    )


@one_session
def reader_conclusion(project: Project, found: Result) -> Conclusion:
    """What 07 says at its end as its reader may see it: without sentences on money for one who
    is not shown costs.
    """
    end = found.conclusion
    if project.shows("costs"):
        return end
    of_money = {i.said for i in found.insights if i.kind == "money"}
    return replace(end, headline=tuple(s for s in end.headline if s not in of_money))


def _features(project: Project, posts: pd.DataFrame) -> tuple[FeatureValues, list[Feature]]:
    """Values and definitions from every source; of two features with one name the first counts."""
    values, features = post_features(posts)
    measures = decode_json(project.frame("performance_measures"), "windows")
    analyses = labelling.correct_frame(project, project.frame("performance_analyses"))
    barred = labelling.barred(project) if len(analyses) else {}
    analysed = analysed_features(analyses, barred=barred)
    for table, definitions in (measured_features(measures), analysed):
        names = {f.name for f in features}
        fresh = [f for f in definitions if f.name not in names]
        values = values.extended(table, [f.name for f in fresh])
        features += fresh
    return values, features


def _script(project: Project, script_id: str, version: int | None) -> dict[str, Any]:
    scripts = decode_json(project.frame("performance_scripts"), "structure")
    mine = scripts[scripts["script_id"].eq(script_id)]
    mine = mine[mine["version"].eq(version) if version is not None else mine["is_current"]]
    if mine.empty:
        which = f"version {version} of {script_id}" if version is not None else script_id
        raise BadInput(
            f"there is no script {which} in project {project.slug}.",
            todo="vt script list shows them.",
        )
    row = {str(k): v for k, v in mine.iloc[0].to_dict().items()}
    structure = row["structure"] if isinstance(row["structure"], dict) else {}
    return row | {"source_patterns": structure.get("source_patterns") or []}


def _places(past: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """Own accounts and formats with enough matured posts to predict from: account_id, platform,
    format.
    """
    own = past[past["is_own"].astype(bool)]
    places = own[["account_id", "platform", "format"]].drop_duplicates().reset_index(drop=True)
    if places.empty:
        return places
    levels = current_levels(past, places, now)
    return places[levels[OWN[1]].notna()].reset_index(drop=True)


def _run_id(project: str, rules: dict[str, Any], table: pd.DataFrame) -> str:
    digest = hashlib.sha256(json.dumps([project, rules], sort_keys=True).encode())
    columns: Sequence[str] = ["pattern_id", "shift_ln", "p_value", "n_with", "n_without"]
    digest.update(
        pd.util.hash_pandas_object(table[list(columns)], index=False).to_numpy().tobytes()
    )
    return digest.hexdigest()[:24]


def _first(frame: pd.DataFrame, column: str) -> str | None:
    return str(frame[column].iloc[0]) if len(frame) else None


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
