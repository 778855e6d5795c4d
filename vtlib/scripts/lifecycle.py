"""Scripts from draft to post: revise, change, compare, link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib.core.errors import BadInput, nearest
from vtlib.core.language import stored
from vtlib.core.models import PostRef
from vtlib.ops import projects
from vtlib.platforms import id_time, post_ref
from vtlib.scripts import queries, store
from vtlib.scripts.beat_table import BEAT_COLUMNS, merged, rows
from vtlib.scripts.diff import Difference, compare
from vtlib.scripts.files import read_file
from vtlib.scripts.script import Script, ScriptClaim, parse, plain
from vtlib.scripts.store import Making, Move
from vtlib.store.project import Workspace, one_session
from vtlib.store.writes import naive

__all__ = [
    "FACTS",
    "being_shot",
    "change",
    "difference",
    "revise",
    "track",
]
_FROZEN = """SELECT min(made_at) AS made_at FROM predictions
WHERE script_id = ? AND version = ? AND target = 'ln_views_7d'"""
_POSTED = "SELECT posted_at FROM posts WHERE post_id = ?"
FACTS = (
    *("title", "logline", "call_to_action", "audience", "difficulty"),
    *("language", "kind", "notes"),
)


@one_session
def revise(
    at: Workspace,
    ref: str,
    making: Making,
    *,
    file: Path | None = None,
    base_version: int | None = None,
) -> dict[str, Any]:
    """Make the next version, from a file or as a copy of the current one; returns the script's row.

    `base_version` is the version the work started from (default: what the file says, else the
    current one). Raises BadInput when there is a newer version (nothing is written), and for a file
    of another script.
    """
    row = queries.get(at.store, ref)
    script, file_version = row["script"], int(row["version"])
    if file is not None:
        edit = read_file(file)
        if edit.script_id not in ("", row["script_id"]):
            raise BadInput(
                f"it is a copy of {edit.script_id}, not of {row['script_id']}.", file=file.name
            )
        script, file_version = edit.script, edit.version or file_version
    store.add_version(
        at.store, row["script_id"], script, making, base_version=base_version or file_version
    )
    return queries.get(at.store, row["script_id"])


@one_session
def change(
    at: Workspace,
    ref: str,
    facts: Mapping[str, Any],
    making: Making,
    *,
    base_version: int | None = None,
) -> dict[str, Any]:
    """Change facts of a script, its claims or one beat, in a new version; returns its row.

    `facts`: FACTS, `claims` (texts to add), `cleared` (numbers from 1), `beat` with `values`
    (field=value), and product, project, which need no new version. Raises BadInput for an unknown
    field, with the nearest.
    """
    row = queries.get(at.store, ref)
    script_id, old = str(row["script_id"]), row["script"]
    data = plain(old) | {n: facts[n] for n in FACTS if facts.get(n) is not None}
    data["claims"] = _claims(old, facts, making)
    new = parse(data)
    if facts.get("beat"):
        new = _with_beat(new, str(facts["beat"]), facts.get("values") or {})
    if new != old:
        store.add_version(
            at.store, script_id, new, making, base_version=base_version or int(row["version"])
        )
    if facts.get("product") or facts.get("project"):
        store.update(at.store, script_id, {n: facts.get(n) for n in ("product", "project")})
    return queries.get(at.store, script_id)


def difference(
    at: Workspace, ref: str, before: int | None, after: int | None
) -> tuple[str, str, Difference]:
    """Two versions compared, with their names; by default the current one with the one before it.

    Raises BadInput for a version that does not exist.
    """
    current = queries.get(at.store, ref)
    last = after or int(current["version"])
    first = before or max(last - 1, 1)
    one, two = (
        queries.get(at.store, current["script_id"], version=n)["script"] for n in (first, last)
    )
    names = (f"version {first}", f"version {last}")
    return *names, compare(one, two, names=names)


@one_session
def track(
    at: Workspace, ref: str, url: str, *, by: str, version: int | None = None
) -> dict[str, Any]:
    """Link a script's version to the post made from it; a produced one becomes published.

    The post is imported as our own where the script has a project. Returns script_id, version,
    post_id, url, status. Raises BadInput for a URL that names no post, or only through a short
    link.
    """
    row = queries.get(at.store, ref)
    post = named_post(url)
    if row["project_id"]:
        from vtlib.capture import imports  # noqa: PLC0415 - it loads slowly

        imports.import_urls(projects.open_project(at, row["project_id"]), [url], own=True)
    return link_post(at, row["script_id"], post, by=by, version=version)


def named_post(url: str) -> PostRef:
    """The post that a URL names. Raises BadInput where it names none, or only through a short
    link.
    """
    post = post_ref(url)
    if post.post_id is None:
        raise BadInput(f"{url} is a short link.", todo="Open it and paste the post's own URL.")
    return post


@one_session
def link_post(
    at: Workspace, script_id: str, post: PostRef, *, by: str, version: int | None = None
) -> dict[str, Any]:
    """Link a version to a post that was imported; see `track`."""
    facts = {"post_id": str(post.post_id), "url": post.url}
    number = store.link(at.store, script_id, facts, by=by, version=version)
    status = queries.get(at.store, script_id, version=number)["status"]
    if status == "produced":
        move = Move("published", by, stored("linked to {post}", post=post.post_id))
        status = store.set_status(at.store, script_id, move, version=number)["to"]
    return {
        "script_id": script_id,
        "version": number,
        **facts,
        "status": status,
        "forecast": _forecast_note(at, script_id, number, post),
    }


def _forecast_note(at: Workspace, script_id: str, version: int, post: PostRef) -> str:
    """Whether a post can test the forecast of its script: not when the post is older than the
    forecast.
    """
    made_at = at.store.query(_FROZEN, [script_id, version])["made_at"].iloc[0]
    rows = at.store.query(_POSTED, [post.post_id])["posted_at"]
    captured_at = rows.iloc[0] if len(rows) else pd.NaT
    by_id = id_time(post)
    posted_at = pd.Timestamp(naive(by_id)) if pd.isna(captured_at) and by_id else captured_at
    source = ", as its id says" if pd.isna(captured_at) and by_id else ""
    rest = f"Numbers and percentile are shown all the same: vt script performance {script_id}"
    if pd.isna(made_at):
        return f"No forecast was frozen for version {version}, so this post tests none. {rest}"
    frozen = f"the forecast frozen on {made_at:%Y-%m-%d %H:%M} UTC"
    if pd.isna(posted_at):
        return (
            "When it was posted is known once it is captured (vt scrape --due); then it "
            f"tests {frozen}, or not."
        )
    when = f"{posted_at:%Y-%m-%d %H:%M} UTC{source}"
    if posted_at < made_at:
        return f"It was posted on {when}, before {frozen}: it is no test of that forecast. {rest}"
    return f"It was posted on {when}, after {frozen}: it tests it, 7 days on."


def being_shot(row: Mapping[str, Any]) -> str:
    """Which approved version stands while the current one is another; empty when there is none."""
    approved_version = row.get("approved_version")
    if approved_version is None or approved_version == row["version"]:
        return ""
    words = {"approved": "is approved", "in_production": "is being shot", "archived": "is archived"}
    return (
        f"version {approved_version} {words.get(row['approved_status'], 'was shot')}, not this one"
    )


def _claims(script: Script, facts: Mapping[str, Any], making: Making) -> list[dict[str, Any]]:
    claims = [*script.claims, *(ScriptClaim(text) for text in facts.get("claims") or ())]
    for number in facts.get("cleared") or ():
        if not 1 <= number <= len(claims):
            raise BadInput(f"there is no claim {number}; the script has {len(claims)}.")
        note = making.notes or f"cleared by {making.by}"
        claims[number - 1] = replace(claims[number - 1], is_cleared=True, note=note)
    return [{"text": c.text, "is_cleared": c.is_cleared, "note": c.note} for c in claims]


def _with_beat(script: Script, beat_id: str, values: Mapping[str, str]) -> Script:
    ids = [b.beat_id for b in script.beats]
    if beat_id not in ids:
        raise BadInput(f"there is no beat {beat_id}.", todo=f"There are: {', '.join(ids[:20])}.")
    for name in values:
        if name not in BEAT_COLUMNS[1:]:
            near = nearest(name, list(BEAT_COLUMNS))
            todo = f"Did you mean {near}?" if near else f"Known: {', '.join(BEAT_COLUMNS[1:])}."
            raise BadInput(f"a beat has no {name}.", todo=todo)
    table = [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows(script)]
    edits = [{**row, **values} if row["beat_id"] == beat_id else row for row in table]
    return merged(script, edits)
