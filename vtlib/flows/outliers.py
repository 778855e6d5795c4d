"""03 outliers: posts from the store, judged, and the scores and picks back into it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pandas as pd

from vtlib.project import Project
from vtlib.stages import outliers as stage
from vtlib.stages.outliers import Verdict
from vtlib.store import outliers as store

COLUMNS = (
    *("tier", "handle", "platform", "format", "posted_at", "multiplier", "multiplier_low"),
    *("multiplier_high", "p_value", "q_value", "metric", "value", "age_h", "n_baseline", "basis"),
    *("look", "notes", "caption", "url", "reason"),
)


def load(project: Project) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(posts, pairs) as stages/outliers.judge takes them."""
    return project.frame("outlier_posts"), project.frame("outlier_pairs")


def since(project: Project, posts: pd.DataFrame) -> pd.Timestamp | None:
    """The last capture that an earlier run knew, on other data than `posts`; None = there was none.

    What was published later is new: the default look judges it by earlier posts alone. Judging the same data
    again gives the same answer.
    """
    runs = project.frame("outlier_captures")["captured_at"]
    columns = [c for c in posts.columns if c.endswith("_at") and c != "posted_at"]
    now = posts[columns].max().max() if len(posts) else pd.NaT
    earlier = runs[runs.lt(now)] if not pd.isna(now) else runs[:0]
    return None if earlier.empty else pd.Timestamp(earlier.max())


def judged(project: Project) -> Verdict:
    """The project's posts judged as its parameters say."""
    posts, pairs = load(project)
    return stage.judge(posts, pairs, project.params.outliers, since=since(project, posts))


def save(project: Project, verdict: Verdict) -> dict[str, Any]:
    """Store the run, its scores and the posts picked for analysis; returns the run's row.

    The run's id comes from method, parameters and data: judging the same again replaces the same rows.
    """
    params = project.params.outliers.model_dump(mode="json")
    run_id = _run_id(project.slug, params, verdict.scores)
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
        "n_watch": verdict.count("watch"),
        "n_breakout": verdict.count("breakout"),
        "n_extreme": verdict.count("extreme"),
        "strata": verdict.strata,
        "created_at": picked_at,
    }
    picks = stage.select(verdict, project.params.outliers)
    store.save_run(
        project.store, run, verdict.scores, picks.assign(outlier_run_id=run_id, picked_at=picked_at)
    )
    return run


def shown(project: Project) -> pd.DataFrame:
    """The stored scores with what a reader needs beside them: handle, url, caption, posted_at."""
    return project.shown(project.frame("outliers"))


def _run_id(project: str, params: dict[str, Any], scores: pd.DataFrame) -> str:
    digest = hashlib.sha256(json.dumps([project, params], sort_keys=True).encode())
    seen = scores.sort_values("post_id")[["post_id", "value", "captured_at"]]
    digest.update(pd.util.hash_pandas_object(seen, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:24]
