"""Follow-up of a script: freeze its predictions, compare its posts with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.membership import is_in
from vtlib.ops import projects
from vtlib.outliers import stage as outliers
from vtlib.performance import readout
from vtlib.performance import stage as performance
from vtlib.performance.history import age_error, history, rate_history, with_rates
from vtlib.performance.pipeline import Inputs, hold
from vtlib.performance.publication import costs, project_of
from vtlib.performance.readout import outcome
from vtlib.scripts import queries
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import decode_json


@dataclass(frozen=True, slots=True)
class ScriptOutcome:
    """A script's story so far: `said` sentences; `numbers` (readout.NUMBER_COLUMNS) and
    `patterns` (readout.PATTERN_COLUMNS) of its posts with a `verdict` and `advice` on them;
    `verdicts`, `predictions`, `native` (own analytics of its posts) and `costs` the rows behind
    them.
    """

    script_id: str
    title: str
    said: list[str]
    verdict: str
    numbers: pd.DataFrame
    patterns: pd.DataFrame
    advice: list[str]
    verdicts: pd.DataFrame
    predictions: pd.DataFrame
    native: pd.DataFrame
    costs: pd.DataFrame


def freeze(at: Workspace, slug: str, versions: Sequence[tuple[str, int]]) -> dict[str, str]:
    """Freeze predictions of a project's script versions; returns a line for each script."""
    names = [name for name, _ in versions]
    try:
        predictions = performance.freeze_all(projects.open_project(at, slug), versions)
    except BadInput as error:
        return dict.fromkeys(names, f"not predicted: {error.message}")
    of = dict(iter(predictions.groupby("script_id"))) if len(predictions) else {}
    return {name: prediction_line(of.get(name, predictions[:0])) for name in names}


def predict(at: Workspace, ref: str, *, version: int | None = None) -> pd.DataFrame:
    """Freeze a prediction of a script version now; returns the new rows. Raises as `freeze`."""
    row = queries.get(at.store, ref, version=version)
    return performance.freeze(project_of(at, row), row["script_id"], version=int(row["version"]))


def prediction_line(predictions: pd.DataFrame) -> str:
    """A line on what was frozen."""
    if predictions.empty:
        return "predicted before: nothing new is known"
    places = predictions.drop_duplicates(["account_id", "format"])
    where = number(len(places), "place")
    return f"predicted for {where} of own accounts: vt script performance shows it"


def follow(at: Workspace, ref: str) -> ScriptOutcome:
    """What became of a script. Posts are judged anew first, so that the last capture counts.

    Raises BadInput for an unknown script, and one without a project.
    """
    row = queries.get(at.store, ref)
    project, name = project_of(at, row), row["script_id"]
    outliers.renew(project)
    inputs = performance.load_posts(project)
    posts = with_rates(inputs.posts)
    with_error = posts.assign(se_age_ln=age_error(posts, interval=project.params.outliers.interval))
    past = history(with_error)
    verdicts = hold(inputs, past, rate_history(with_error))
    verdicts = verdicts[verdicts["script_id"].eq(name)]
    links = inputs.links[inputs.links["script_id"].eq(name)]
    facts = past[["post_id", "x7_ln", "lift_ln", "age_h"]]
    runs = links.merge(facts, on="post_id", how="left")
    predictions = inputs.predictions[inputs.predictions["script_id"].eq(name)]
    native = project.frame("native_numbers")
    posts_of = _posts_of(project, links, past)
    numbers = readout.numbers(posts_of, verdicts, _own(posts, past))
    patterns = _patterns(project, name, inputs, past) if len(runs) else readout.none_held()
    return ScriptOutcome(
        name,
        row["title"],
        outcome(verdicts, runs, predictions),
        readout.verdict(verdicts) if len(runs) else "",
        numbers,
        patterns,
        readout.advice(patterns),
        verdicts,
        predictions,
        native[is_in(native["post_id"], links["post_id"])],
        costs(at, name),
    )


def _posts_of(project: Project, links: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """The linked posts as readout.numbers takes them, captured or not."""
    facts = _over_views(with_rates(project.frame("linked_numbers")))
    mine = facts[is_in(facts["post_id"], links["post_id"])]
    return mine.merge(past[["post_id", "x7_ln"]], on="post_id", how="left")


def _own(posts: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """Own matured posts, neither paid nor pinned, with their rates."""
    usual = past[past["is_own"].astype(bool) & past["is_mature"] & past["is_plain"]]
    rates = _over_views(posts)[["post_id", *readout.RATES.values()]]
    return usual.drop(columns=[*readout.RATES.values()], errors="ignore").merge(rates, on="post_id")


def _over_views(posts: pd.DataFrame) -> pd.DataFrame:
    """Engagement over followers is another thing and stays out."""
    rate = posts["engagement_rate"].where(posts["rate_basis"].eq("views"))
    return posts.assign(engagement_rate=rate)


def _patterns(project: Project, script_id: str, inputs: Inputs, past: pd.DataFrame) -> pd.DataFrame:
    """How the patterns of a script did on all the project's posts that have them."""
    scripts = decode_json(project.frame("performance_scripts"), "structure")
    predictions = decode_json(inputs.predictions, "patterns")
    uses = readout.pattern_uses(scripts, predictions, inputs.links)
    mine = predictions[predictions["script_id"].eq(script_id)]
    word = mine["patterns"].iloc[-1] if len(mine) else []
    names = uses.loc[uses["script_id"].eq(script_id), "pattern"].unique()
    return readout.patterns_held(list(names), uses, past, word or [])
