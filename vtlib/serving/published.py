"""Which reports a visitor may read, and which files of them: pages and media, nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.report import reviews
from vtlib.run import copies
from vtlib.run.copies import MEDIA, PAGES
from vtlib.serving.people import Visitor
from vtlib.store.project import Workspace
from vtlib.store.writes import naive, save

_RUNS = """SELECT r.run_id, r.project_id, p.name, p.brand_id, b.name AS brand, r.folder,
    r.started_at, r.status, r.profile, h.published_at, h.published_by
FROM runs AS r JOIN projects AS p ON p.project_id = r.project_id
LEFT JOIN brands AS b ON b.brand_id = p.brand_id
LEFT JOIN published_runs AS h ON h.run_id = r.run_id
WHERE r.folder IS NOT NULL ORDER BY r.started_at DESC, r.run_id DESC"""


def reports(at: Workspace, visitor: Visitor) -> list[dict[str, Any]]:
    """Runs with a report that the visitor may read, the latest first: a client sees what was
    published of the brand.
    """
    rows = [r for r in at.store.rows(_RUNS) if _may_read(visitor, r)]
    return [r for r in rows if (copies.folder_of(at, r) / "index.html").is_file()]


def file_of(at: Workspace, visitor: Visitor, run_id: str, path: str) -> Path | None:
    """A file of a report that the visitor may read; None for any other file, place or run."""
    rows = [r for r in at.store.rows(_RUNS) if r["run_id"] == run_id and _may_read(visitor, r)]
    if not rows or "\\" in path or "\0" in path:
        return None
    parts = path.split("/")
    is_media = parts[0] == "media" and Path(path).suffix.lower() in MEDIA
    if any(p in ("", "..") or p.startswith(".") for p in parts):
        return None
    if not is_media and Path(path).suffix.lower() not in PAGES:
        return None
    folder = copies.folder_of(at, rows[0])
    try:
        target = (folder / path).resolve(strict=True)
    except OSError:
        return None
    return target if target.is_relative_to(folder) and target.is_file() else None


def fingerprint_of(at: Workspace, run_id: str) -> str:
    """That of a report's pages as they are now; "" = there are none."""
    rows = [r for r in at.store.rows(_RUNS) if r["run_id"] == run_id]
    return reviews.fingerprint(copies.folder_of(at, rows[0])) if rows else ""


def publish(at: Workspace, ref: str, *, by: str) -> dict[str, Any]:
    """Let the clients of its brand read a report and answer it: a run's id, or a project for its
    latest client's copy. Returns run_id, project_id, brand_id.

    Raises BadInput for an analyst's report, for a project without a brand, and where there is
    none; DataCheckFailed where it has pseudonyms and leads to a stranger all the same.
    """
    copy = copies.client_copy(at, ref)
    project = copy.project.slug
    if not copy.brand:
        raise BadInput(
            f"{project} belongs to no brand, so it has no clients.",
            todo=f"vt project update {project} --brand BRAND",
        )
    copies.require_sound(copy)
    facts = {"run_id": copy.run_id, "project_id": project}
    book = {**facts, "published_by": by, "published_at": naive(None)}
    with at.store.write("serving") as connection:
        save(connection, "published_runs", [book], key=["run_id"], keep=True)
    reviews.note_shared(copy.project, copy.run_id, copy.folder, by=by)
    return {**facts, "brand_id": copy.brand}


def withdraw(at: Workspace, ref: str) -> int:
    """Take a report, or all of a project, from its clients; returns how many. Raises BadInput where
    none was published.
    """
    with at.store.write("serving") as connection:
        sql = "DELETE FROM published_runs WHERE run_id = $ref OR project_id = $ref"
        ((n,),) = connection.execute(sql, {"ref": ref}).fetchall()
    if not n:
        raise BadInput(f"nothing of {ref} is published.", todo="See: vt serve published")
    return int(n)


def _may_read(visitor: Visitor, row: dict[str, Any]) -> bool:
    is_theirs = row["published_at"] is not None and row["brand_id"] == visitor.brand
    return visitor.is_team or is_theirs
