"""What is expected of a script, and what became of it: predictions frozen, posts held against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from vtlib.errors import BadInput
from vtlib.flows import outliers, performance, projects
from vtlib.flows.tracking import costs, project_of
from vtlib.project import Workspace
from vtlib.stages.performance.history import age_error, history
from vtlib.stages.performance.outcome import outcome
from vtlib.stages.performance.rates import rate_history, with_rates
from vtlib.stages.performance.whole import hold
from vtlib.store import script_reading


@dataclass(frozen=True, slots=True)
class Outcome:
    """A script's story so far: `said` sentences; `verdicts`, `predictions`, `native` (own analytics of its posts) and
    `costs` the rows behind them.
    """

    script_id: str
    title: str
    said: list[str]
    verdicts: pd.DataFrame
    predictions: pd.DataFrame
    native: pd.DataFrame
    costs: pd.DataFrame


def freeze(at: Workspace, slug: str, versions: Sequence[tuple[str, int]]) -> dict[str, str]:
    """Freeze predictions of versions of a project's scripts; a line a script on it, or on why there is none."""
    names = [name for name, _ in versions]
    try:
        made = performance.freeze_all(projects.opened(at, slug), versions)
    except BadInput as error:
        return dict.fromkeys(names, f"not predicted: {error.message}")
    of = dict(iter(made.groupby("script_id"))) if len(made) else {}
    return {name: predicted(of.get(name, made[:0])) for name in names}


def predict(at: Workspace, ref: str, *, version: int | None = None) -> pd.DataFrame:
    """Freeze a prediction of a script version now; the rows that were new. Raises BadInput like `freeze`."""
    row = script_reading.get(at.store, ref, version=version)
    return performance.freeze(project_of(at, row), row["script_id"], version=int(row["version"]))


def predicted(made: pd.DataFrame) -> str:
    """A line on what was frozen."""
    if made.empty:
        return "predicted before: nothing new is known"
    places = made.drop_duplicates(["account_id", "format"])
    return f"predicted for {len(places)} places of own accounts: vt script performance shows it"


def follow(at: Workspace, ref: str) -> Outcome:
    """What became of a script. Posts are judged anew first, so that the last capture counts.

    Raises BadInput for an unknown script, and one without a project.
    """
    row = script_reading.get(at.store, ref)
    project, name = project_of(at, row), row["script_id"]
    outliers.renew(project)
    inputs = performance.load_posts(project)
    posts = with_rates(inputs.posts)
    aged = posts.assign(se_age_ln=age_error(posts, interval=project.params.outliers.interval))
    past = history(aged)
    held = hold(inputs, past, rate_history(aged))
    held = held[held["script_id"].eq(name)]
    links = inputs.links[inputs.links["script_id"].eq(name)]
    facts = past[["post_id", "x7_ln", "lift_ln", "age_h"]]
    runs = links.merge(facts, on="post_id", how="left")
    made = inputs.predictions[inputs.predictions["script_id"].eq(name)]
    native = project.frame("native_numbers")
    return Outcome(
        name,
        row["title"],
        outcome(held, runs, made),
        held,
        made,
        native[native["post_id"].isin(links["post_id"])],
        costs(at, name),
    )
