"""03 outliers: posts from the store, judged, and the scores and picks back into it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pandas as pd

from vtlib.core.conclusion import Conclusion
from vtlib.core.language import in_english, marked
from vtlib.core.models import BREAKOUT_TIERS, FLAGGED_TIERS
from vtlib.core.params import Outliers
from vtlib.outliers import counters, early_calls, rising_tags, store, trials
from vtlib.outliers import judgement as stage
from vtlib.outliers.judgement import EarlyInputs, Verdict
from vtlib.outliers.trials import Standing, TrialComparison
from vtlib.store.project import Project, one_session

COLUMNS = marked(
    (
        *("caption", "multiplier", "value", "url", "tier", "handle", "platform", "format"),
        *(
            "posted_at",
            "multiplier_low",
            "multiplier_high",
            "p_value",
            "q_value",
            "metric",
            "age_h",
        ),
        *("n_baseline", "basis", "look", "notes", "reason"),
    )
)


# Of the chart in which posts are picked, and of the table beside it.
AXES = {"x": "posted_at", "y": "multiplier", "log": "y", "color": "tier"}
LABELS = {"handle": "account", "tier": "tier", "multiplier": "times", "caption": "caption"}
EARLY = marked(
    (
        *(
            "is_rising",
            "probability",
            "handle",
            "platform",
            "format",
            "age_h",
            "metric",
            "value",
            "needed",
        ),
        *("base_ratio", "n_learnt", "learnt_from", "captured_at", "caption", "url"),
    )
)
TAGS = marked(
    (
        *("is_gathering", "kind", "platform", "title", "n_creators", "active", "n_creators_before"),
        *("active_before", "ratio", "p_value", "q_value"),
    )
)


@dataclass(frozen=True, slots=True)
class OutlierResult:
    """A judgement as it is stored: `verdict` of all posts, `run` its row of outlier_runs."""

    verdict: Verdict
    run: dict[str, Any]


@one_session
@in_english
def run(project: Project, verdict: Verdict | None = None, *, adopt: bool = False) -> OutlierResult:
    """Judge the project's posts as its parameters say, and store run, scores and picks.

    `verdict`: what `judged` gave, where a notebook has shown its steps; None = judged here.
    `adopt`: as in `save`.
    """
    verdict = judged(project) if verdict is None else verdict
    return OutlierResult(verdict, save(project, verdict, adopt=adopt))


@one_session
def load(project: Project) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(posts, pairs) as outliers/judgement.judge takes them."""
    return counters.with_snapshots(
        project.frame("outlier_posts"), project.frame("outlier_snapshots")
    )


def since(project: Project, posts: pd.DataFrame) -> pd.Timestamp | None:
    """The last capture that an earlier run knew, on other data than `posts`; None = there was none.

    What was published later is new: the default look judges it by earlier posts alone. Judging the
    same data again gives the same answer.
    """
    runs = project.frame("outlier_captures")["captured_at"]
    columns = [c for c in posts.columns if c.endswith("_at") and c != "posted_at"]
    now = posts[columns].max().max() if len(posts) else pd.NaT
    earlier = runs[runs.lt(now)] if not pd.isna(now) else runs[:0]
    return None if earlier.empty else pd.Timestamp(earlier.max())


@one_session
def early_inputs(project: Project) -> EarlyInputs:
    """What early calls need besides posts and pairs: calls of earlier runs, sounds and hashtags,
    searches.
    """
    targets = tuple(project.frame("early_asked")["target"])
    uses = project.frame("early_uses", reach_days=rising_tags.REACH_DAYS)
    return EarlyInputs(project.frame("early_made"), uses, targets)


@one_session
def judged(project: Project) -> Verdict:
    """The project's posts judged as its parameters say."""
    posts, pairs = load(project)
    return stage.judge(
        posts,
        pairs,
        project.params.outliers,
        since=since(project, posts),
        early=early_inputs(project),
    )


@one_session
def renew(project: Project) -> dict[str, Any]:
    """Judge the posts anew as the standing judgement did, adopted or by the YAML, and store it;
    returns the run's row.
    """
    latest = project.frame("outlier_run")
    if not len(latest) or latest["name"].isna().iloc[0]:
        return run(project).run
    stored_params = latest["params"].iloc[0]
    params = orjson.loads(stored_params) if isinstance(stored_params, str) else stored_params
    rule = Outliers.model_validate({k: v for k, v in params.items() if k in Outliers.model_fields})
    as_adopted = replace(
        project,
        params=project.params.model_copy(update={"outliers": rule}),
        yaml_params=project.yaml_params or project.params,
    )
    return run(as_adopted, adopt=True).run


@one_session
def save(project: Project, verdict: Verdict, *, adopt: bool = False) -> dict[str, Any]:
    """Store the run, its scores and the posts picked for analysis; returns the run's row.

    By other parameters than the project's YAML it is a trial: stored and named, but never the
    latest, and the picks stay as they are, unless `adopt`. The run's id comes from method,
    parameters and data: judging the same again replaces the same rows.
    """
    rule = project.params.outliers
    name = trials.name_of(rule, (project.yaml_params or project.params).outliers)
    is_trial = bool(name) and not adopt
    params = rule.model_dump(mode="json")
    run_id = _run_id(
        project.slug, {**params, "is_trial": True} if is_trial else params, verdict.inputs_digest
    )
    picked_at = project.workspace.now()
    run = {
        "outlier_run_id": run_id,
        "project_id": project.slug,
        "run_id": project.run_id or None,
        "method": verdict.method,
        "params": params,
        "n_scored": verdict.n_scored,
        "n_not_scored": len(verdict.scores) - verdict.n_scored,
        "expected_false_alarms_low": verdict.expected_false_alarms_low,
        "expected_false_alarms": verdict.expected_false_alarms,
        "chance_words": list(verdict.chance_words),
        **{f"n_{tier}": verdict.count(tier) for tier in FLAGGED_TIERS},
        "strata": verdict.strata,
        "early": {**early_calls.facts(verdict.early), "tags": rising_tags.facts(verdict.trends)},
        "is_trial": is_trial,
        "name": name or None,
        "created_at": picked_at,
    }
    picks = stage.select(verdict, rule).assign(outlier_run_id=run_id, picked_at=picked_at)
    early = {"early_calls": verdict.early.calls, "early_tags": verdict.trends.tags}
    store.save_run(project.store, run, verdict.scores, None if is_trial else picks, early)
    return run


def standing(project: Project, run: dict[str, Any]) -> Standing | None:
    """The judgement that stands beside a trial, or stood before any other `run`; None = there is
    none.
    """
    rows = project.frame("outlier_standing", outlier_run=run["outlier_run_id"])
    if rows.empty:
        return None
    row = rows.iloc[0]
    name = "" if pd.isna(row["name"]) else str(row["name"])
    return Standing(
        row["outlier_run_id"], row["method"], name, row["created_at"], frozenset(row["breakouts"])
    )


def compared(verdict: Verdict, held: Standing | None) -> TrialComparison | None:
    """Breakouts of a judgement beside those of the one that stands."""
    scores = verdict.scores
    breakouts = scores.loc[scores["tier"].isin(BREAKOUT_TIERS), "post_id"]
    return trials.compare(breakouts, held) if held else None


def conclude(project: Project, verdict: Verdict, run: dict[str, Any]) -> Conclusion:
    """The stage's sentences; of a trial, an adopted run and one that replaces an adopted one
    this is said first.
    """
    other = standing(project, run)
    file = f"params/{project.slug}.yaml"
    first = trials.sentences(run, other, compared(verdict, other), file=file)
    conclusion = stage.conclude(verdict, project.params.outliers)
    return replace(conclusion, headline=(*first, *conclusion.headline))


def shown(project: Project, run: dict[str, Any] | None = None) -> pd.DataFrame:
    """The scores of a stored run (default: those that stand) with handle, url, caption,
    posted_at beside them.
    """
    if run is None:
        scores = project.frame("outliers")
    else:
        scores = project.frame("outliers_of_run", outlier_run=run["outlier_run_id"])
    return project.visible(scores, ours=("reason", "look", "notes"))


def early_shown(project: Project, run: dict[str, Any]) -> pd.DataFrame:
    """Early calls of a stored run with handle, url, caption, posted_at beside them, the
    likeliest first.
    """
    calls = project.frame("early_calls", outlier_run=run["outlier_run_id"])
    return project.visible(calls, ours=("learnt_from",))


def tags_shown(project: Project, run: dict[str, Any]) -> pd.DataFrame:
    """Sounds and hashtags that a stored run tested; for a client those whose words name nobody."""
    tags = project.frame("early_tags", outlier_run=run["outlier_run_id"])
    return project.visible(tags, ours=("title",))


def _run_id(project: str, params: dict[str, Any], inputs_digest: str) -> str:
    digest = hashlib.sha256(json.dumps([project, params], sort_keys=True).encode())
    digest.update(inputs_digest.encode())
    return digest.hexdigest()[:24]
