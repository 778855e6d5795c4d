"""04, first half: fetched files to measures, small copies and twins; each file saved as it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from vtlib.errors import BadInput
from vtlib.project import Project
from vtlib.services.measures import measure
from vtlib.services.measures.record import VERSION
from vtlib.services.media import Session
from vtlib.services.proxies import compress
from vtlib.stages import media as stage
from vtlib.store import media as store


def measure_all(project: Project, session: Session, posts: pd.DataFrame, *, again: bool) -> int:
    """Measure the fetched videos of `posts` that are not measured yet (`again`: all); returns how many.

    A file that another post had measures of is not measured twice.
    """
    count = 0
    parts = ["light", *project.params.media.parts]
    films = posts[(posts["status"] == "ok") & posts["path"].notna()]
    for row in films.to_dict("records"):
        if again or _is_due(row, parts):
            same = None if again else store.measures_of(project.store, row["sha256"])
            found = (
                same if same and _covers(same, parts) else _measured(project, session, row, parts)
            )
            store.save_measures(project.store, {**found, "post_id": row["post_id"]})
            count += 1
    return count


def _is_due(row: Mapping[Any, Any], parts: list[str]) -> bool:
    if pd.isna(row["measured_version"]) or row["measured_sha256"] != row["sha256"]:
        return True
    held = {"version": row["measured_version"], "parts": row["measured_parts"]}
    return not _covers(held, parts)


def _covers(held: Mapping[str, Any], parts: list[str]) -> bool:
    return held["version"] == VERSION and set(parts) <= set(held["parts"])


def _measured(
    project: Project, session: Session, row: Mapping[Any, Any], parts: list[str]
) -> dict[str, Any]:
    """A row of `measures`; a file that cannot be decoded is a failed row, not an error."""
    work = session.work(f"measure {row['sha256']}")
    base = {"sha256": row["sha256"], "version": VERSION, "parts": parts}
    base["measured_at"] = project.workspace.now()
    try:
        found = measure(session.media.path(row["path"]), thumbs_dir=work / "thumbs", parts=parts)
    except BadInput as error:
        session.clear(work)
        return {**base, "status": "failed", "reason": error.message}
    thumbs = f"media/{row['sha256'][:2]}/{row['sha256']}.thumbs"
    session.adopt(work / "thumbs", thumbs)
    session.clear(work)
    values = {k: v for k, v in found.to_row().items() if k != "seconds"}
    return {**base, **values, "status": "ok", "reason": "", "thumbs_path": thumbs}


def compress_all(project: Project, session: Session, posts: pd.DataFrame) -> None:
    """Small copies, where params.media.storage wants them; the original is measured before it goes."""
    storage = project.params.media.storage
    if storage == "original":
        return
    due = posts[(posts["status"] == "ok") & posts["path"].notna()]
    for sha256, path in due[["sha256", "path"]].drop_duplicates().itertuples(index=False):
        facts = store.proxy_of(project.store, sha256)
        if facts is None:
            facts = _compressed(session, sha256, path)
            store.save_proxy(project.store, sha256, facts)
        if storage == "proxy":
            swap = {"path": facts["proxy_path"], "bytes": facts["proxy_bytes"]}
            store.save_proxy(project.store, sha256, swap)
            session.media.keep_only(facts["proxy_path"])


def _compressed(session: Session, sha256: str, path: str) -> dict[str, Any]:
    """proxy_path and proxy_bytes of a new copy; the file itself where a copy would gain nothing."""
    work = session.work(f"compress {sha256}")
    original, made = session.media.path(path), work / "proxy.mp4"
    try:
        compress(original, made)
        size = made.stat().st_size
    except BadInput:
        size = original.stat().st_size
    if size >= original.stat().st_size:
        session.clear(work)
        return {"proxy_path": path, "proxy_bytes": original.stat().st_size}
    target = f"media/{sha256[:2]}/{sha256}.proxy.mp4"
    session.adopt(made, target)
    session.clear(work)
    return {"proxy_path": target, "proxy_bytes": size}


def compare(project: Project) -> None:
    """Seek twins of every video measured since the last time, among all of the workspace."""
    films: dict[bool, list[stage.Film]] = {True: [], False: []}
    for row in store.to_compare(project.store):
        film = stage.Film(row["post_id"], row["sha256"], tuple(row["hashes"] or ()))
        films[row["is_new"]].append(film)
    if films[True]:
        rows = stage.find_twins(films[True], films[False])
        labelled = [{**row, "method": stage.TWINS_METHOD} for row in rows]
        store.save_twins(project.store, [f.post_id for f in films[True]], labelled)
