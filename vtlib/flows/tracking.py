"""A script in production and after: predicted when it goes there, and held against what became of its posts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib.errors import BadInput
from vtlib.flows import importing, outliers, performance, projects
from vtlib.flows import scripts as linking
from vtlib.models import PostRef
from vtlib.project import Project, Workspace
from vtlib.stages import outliers as judging
from vtlib.stages.performance.history import age_error, history
from vtlib.stages.performance.outcome import outcome
from vtlib.stages.performance.rates import rate_history, with_rates
from vtlib.stages.performance.whole import Inputs, Judged, hold
from vtlib.store import performance as store
from vtlib.store import script_reading, scripts
from vtlib.store.scripts import Move
from vtlib.store.writing import naive

Known = tuple[Project, tuple[Inputs, Judged]]


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


@dataclass(frozen=True, slots=True)
class Done:
    """How one of several scripts fared: `change` or `link` as the single command gives it, or the error."""

    script_id: str
    said: str
    facts: dict[str, Any]
    exit_code: int = 0


def move(
    at: Workspace, script_id: str, to: Move, *, version: int | None = None
) -> tuple[dict[str, Any], str]:
    """Move a version to another status; one that goes into production is predicted, and the prediction frozen.

    Returns the change and a line on the prediction ('' where none is due). That nothing can be predicted stops no
    production; the line says why. Raises BadInput where scripts.set_status does.
    """
    return _moved(at, script_id, to, version=version, known={})


def move_all(at: Workspace, refs: Iterable[str], to: Move) -> list[Done]:
    """`move` for several scripts; what the past teaches is worked out once a project. One error stops no other."""
    known: dict[str, Known] = {}
    done = []
    for ref in refs:
        try:
            script_id = script_reading.find(at.store, ref)
            change, said = _moved(at, script_id, to, version=None, known=known)
        except BadInput as error:
            done.append(Done(ref, str(error), {}, error.exit_code))
        else:
            line = f"{change['from']} -> {change['to']}" + (f"; {said}" if said else "")
            done.append(Done(script_id, line, {**change, "prediction": said}))
    return done


def track_all(at: Workspace, path: Path, *, by: str) -> list[Done]:
    """Link scripts to posts as a CSV says: script, url, and optionally version, variant; a row each.

    The posts of a project come in at once. A row that is wrong is named and the others go on. Raises BadInput
    for a file without those columns.
    """
    rows = _link_rows(path)
    held: dict[str, list[str]] = {}
    ready: list[tuple[str, dict[str, str], PostRef] | Done] = []
    for row in rows:
        try:
            script, post = (
                script_reading.get(at.store, row["script"]),
                linking.named_post(row["url"]),
            )
        except BadInput as error:
            ready.append(Done(row["script"], str(error), {}, error.exit_code))
            continue
        if script["project_id"]:
            held.setdefault(str(script["project_id"]), []).append(row["url"])
        ready.append((str(script["script_id"]), row, post))
    for project, urls in held.items():
        importing.import_urls(projects.opened(at, project), urls, own=True)
    return [one if isinstance(one, Done) else _linked(at, *one, by=by) for one in ready]


def _linked(
    at: Workspace, script_id: str, row: Mapping[str, str], post: PostRef, *, by: str
) -> Done:
    try:
        version = int(row["version"]) if row.get("version") else None
        made = linking.linked(at, script_id, post, by=by, version=version)
        if row.get("variant"):
            set_variant(at, script_id, made["post_id"], row["variant"])
    except ValueError:
        return Done(script_id, f"version {row['version']} is no number", {}, BadInput.exit_code)
    except BadInput as error:
        return Done(script_id, str(error), {}, error.exit_code)
    said = f"version {made['version']} ({made['status']}) is {made['post_id']}"
    return Done(script_id, said, {**made, "variant": row.get("variant") or None})


def _link_rows(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {error}", file=str(path)) from None
    rows = [
        {(k or "").strip().lower(): (v or "").strip() for k, v in row.items() if isinstance(v, str)}
        for row in csv.DictReader(io.StringIO(text))
    ]
    if not rows or not {"script", "url"} <= set(rows[0]):
        raise BadInput("columns script and url are expected.", file=path.name)
    return rows


def _moved(
    at: Workspace, script_id: str, to: Move, *, version: int | None, known: dict[str, Known]
) -> tuple[dict[str, Any], str]:
    moved = scripts.set_status(at.store, script_id, to, version=version)
    if to.to != "in_production" or moved["from"] == "produced":
        return moved, ""
    slug = script_reading.get(at.store, script_id)["project_id"]
    if not slug:
        return moved, "not predicted: the script has no project (vt script update --project)"
    try:
        if slug not in known:
            project = projects.opened(at, slug)
            known[slug] = project, performance.knowledge(project)
        project, learnt = known[slug]
        made = performance.freeze(project, script_id, version=moved["version"], known=learnt)
    except BadInput as error:
        return moved, f"not predicted: {error.message}"
    return moved, predicted(made)


def predict(at: Workspace, ref: str, *, version: int | None = None) -> pd.DataFrame:
    """Freeze a prediction of a script version now; the rows that were new. Raises BadInput like `freeze`."""
    row = script_reading.get(at.store, ref, version=version)
    return performance.freeze(_project(at, row), row["script_id"], version=int(row["version"]))


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
    project, name = _project(at, row), row["script_id"]
    outliers.save(project, judging.judge(*outliers.load(project), project.params.outliers))
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


def note_cost(at: Workspace, ref: str, facts: Mapping[str, Any], *, by: str) -> str:
    """Note what making a script cost: `facts` what, hours, amount, spent_at (None: now). Returns the script's id.

    Raises BadInput for neither hours nor an amount, negative ones, and a script without a project.
    """
    row = script_reading.get(at.store, ref)
    project = _project(at, row)
    cost = {
        **facts,
        "project_id": project.slug,
        "product_id": row["product_id"],
        "script_id": row["script_id"],
        "spent_at": naive(facts.get("spent_at") or at.now()),
    }
    store.note_cost(at.store, cost, by=by, at=at.now())
    return str(row["script_id"])


def costs(at: Workspace, script_id: str) -> pd.DataFrame:
    """What was noted as cost of a script."""
    return at.store.query_file("script_costs", script=script_id)


def set_variant(at: Workspace, script_id: str, post_id: str, variant: str) -> None:
    """Say which variant (A, B, …) of a script a linked post is."""
    store.set_variant(at.store, script_id, post_id, variant)


def _project(at: Workspace, row: Mapping[str, Any]) -> Project:
    if not row["project_id"]:
        raise BadInput(
            f"{row['script_id']} belongs to no project, so there is nothing to compare it with.",
            todo=f"vt script update {row['script_id']} --project P",
        )
    return projects.opened(at, str(row["project_id"]))
