"""Scripts on their way to posts: status, links, costs; production freezes a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib.capture import imports
from vtlib.core.errors import BadInput
from vtlib.core.models import PostRef
from vtlib.ops import projects
from vtlib.performance import store
from vtlib.scripts import lifecycle, queries
from vtlib.scripts import store as scripts
from vtlib.scripts.store import Move
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import naive
from vtlib.tables.reader import rows_of


@dataclass(frozen=True, slots=True)
class ScriptChange:
    """The result for one of several scripts: `facts` of the change or link, or the error."""

    script_id: str
    said: str
    facts: dict[str, Any]
    exit_code: int = 0


def move(
    at: Workspace, script_id: str, to: Move, *, version: int | None = None
) -> tuple[dict[str, Any], str]:
    """Move a version to another status; one that goes into production is predicted, and the
    prediction frozen.

    Returns the change and a line on the prediction ('' where none is due). That nothing can be
    predicted stops no production; the line says why. Raises BadInput where scripts.set_status does.
    """
    change = scripts.set_status(at.store, script_id, to, version=version)
    return change, _prediction_lines(at, [change]).get(script_id, "")


def move_all(at: Workspace, refs: Iterable[str], to: Move) -> list[ScriptChange]:
    """`move` for several scripts, learning once a project. One error stops no other."""
    with at.store.session():
        changes = [_move_one(at, ref, to) for ref in refs]
    lines = _prediction_lines(at, [one.facts for one in changes if one.facts])
    return [
        replace(
            one,
            said="; ".join(t for t in (one.said, lines.get(one.script_id, "")) if t),
            facts={**one.facts, "prediction": lines.get(one.script_id, "")} if one.facts else {},
        )
        for one in changes
    ]


def _move_one(at: Workspace, ref: str, to: Move) -> ScriptChange:
    try:
        script_id = queries.find(at.store, ref)
        change = scripts.set_status(at.store, script_id, to)
    except BadInput as error:
        return ScriptChange(ref, str(error), {}, error.exit_code)
    return ScriptChange(script_id, f"{change['from']} -> {change['to']}", change)


def track_all(at: Workspace, path: Path, *, by: str) -> list[ScriptChange]:
    """Link scripts to posts as a CSV says: script, url, and optionally version, variant; a row
    each.

    The posts of a project come in at once. A row that is wrong is named and the others go on.
    Raises BadInput for a file without those columns.
    """
    rows = _link_rows(path)
    with at.store.session():
        return _track(at, rows, by=by)


def _track(at: Workspace, rows: list[dict[str, str]], *, by: str) -> list[ScriptChange]:
    urls_by_project: dict[str, list[str]] = {}
    ready: list[tuple[str, dict[str, str], PostRef] | ScriptChange] = []
    for row in rows:
        try:
            script, post = (
                queries.get(at.store, row["script"]),
                lifecycle.named_post(row["url"]),
            )
        except BadInput as error:
            ready.append(ScriptChange(row["script"], str(error), {}, error.exit_code))
            continue
        if script["project_id"]:
            urls_by_project.setdefault(str(script["project_id"]), []).append(row["url"])
        ready.append((str(script["script_id"]), row, post))
    for project, urls in urls_by_project.items():
        imports.import_urls(projects.open_project(at, project), urls, own=True)
    return [one if isinstance(one, ScriptChange) else _link(at, *one, by=by) for one in ready]


def _link(
    at: Workspace, script_id: str, row: Mapping[str, str], post: PostRef, *, by: str
) -> ScriptChange:
    try:
        version = int(row["version"]) if row.get("version") else None
        link = lifecycle.link_post(at, script_id, post, by=by, version=version)
        if row.get("variant"):
            set_variant(at, script_id, link["post_id"], row["variant"])
    except ValueError:
        return ScriptChange(
            script_id, f"version {row['version']} is no number", {}, BadInput.exit_code
        )
    except BadInput as error:
        return ScriptChange(script_id, str(error), {}, error.exit_code)
    message = (
        f"version {link['version']} ({link['status']}) is {link['post_id']}. {link['forecast']}"
    )
    return ScriptChange(script_id, message, {**link, "variant": row.get("variant") or None})


def _link_rows(path: Path) -> list[dict[str, str]]:
    rows = rows_of(path, headings=("script", "url"), todo="Columns script and url are expected.")
    return [{name: text.strip() for name, text in row.items()} for _, row in rows]


def _prediction_lines(at: Workspace, moves: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """A line on the prediction of each version that went into production, by script."""
    with at.store.session():
        return _freeze_due(at, moves)


def _freeze_due(at: Workspace, moves: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    lines: dict[str, str] = {}
    due: dict[str, list[tuple[str, int]]] = {}
    for change in moves:
        if change["to"] != "in_production" or change["from"] == "produced":
            continue
        name = change["script_id"]
        slug = queries.get(at.store, name)["project_id"]
        if slug:
            due.setdefault(str(slug), []).append((name, int(change["version"])))
        else:
            lines[name] = "not predicted: the script has no project (vt script update --project)"
    if due:
        # scipy takes seconds to import, and most scripts are moved without it.
        from vtlib.performance import follow_up  # noqa: PLC0415

        for slug, versions in due.items():
            lines |= follow_up.freeze(at, slug, versions)
    return lines


def note_cost(at: Workspace, ref: str, facts: Mapping[str, Any], *, by: str) -> str:
    """Note what making a script cost: `facts` what, hours, amount, spent_at (None: now). Returns
    the script's id.

    Raises BadInput for neither hours nor an amount, negative ones, and a script without a project.
    """
    row = queries.get(at.store, ref)
    project = project_of(at, row)
    cost = {
        **facts,
        "project_id": project.slug,
        "product_id": row["product_id"],
        "script_id": row["script_id"],
        "currency": None if facts.get("amount") is None else project.params.money.currency,
        "spent_at": naive(facts.get("spent_at") or at.now()),
    }
    store.note_cost(at.store, cost, by=by, at=at.now())
    return str(row["script_id"])


def costs(at: Workspace, script_id: str) -> pd.DataFrame:
    """What was noted as cost of a script."""
    rows = at.store.query_file("script_costs", script=script_id)
    currency = rows["currency"].fillna(_currency(at, script_id))
    return rows.assign(currency=currency.where(rows["amount"].notna(), None))


def _currency(at: Workspace, script_id: str) -> str:
    """The currency of a script's project, for notes from before amounts had one."""
    slug = queries.get(at.store, script_id)["project_id"]
    return Project.of(at, str(slug)).params.money.currency if slug else "USD"


def set_variant(at: Workspace, script_id: str, post_id: str, variant: str) -> None:
    """Say which variant (A, B, …) of a script a linked post is."""
    store.set_variant(at.store, script_id, post_id, variant)


def project_of(at: Workspace, row: Mapping[str, Any]) -> Project:
    """The project of a script's row. Raises BadInput where it has none."""
    if not row["project_id"]:
        raise BadInput(
            f"{row['script_id']} belongs to no project, so there is nothing to compare it with.",
            todo=f"vt script update {row['script_id']} --project P",
        )
    return projects.open_project(at, str(row["project_id"]))
