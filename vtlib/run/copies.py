"""A client's copy: which it is, the search for text that identifies third parties, sharing it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtlib.core.errors import BadInput, DataCheckFailed
from vtlib.core.whole_files import write_whole
from vtlib.run.record import RECORD
from vtlib.store.leaks import Hit, scan_folder
from vtlib.store.project import Project, Workspace, resolve

if TYPE_CHECKING:
    from vtlib.report.reviews import SharedReport

# What a page is made of: itself, and what may travel beside it in a folder media/.
PAGES, MEDIA = (".html",), (".mp4", ".jpg", ".jpeg", ".png", ".webp")
HITS_SHOWN_MAX = 12  # hits that a person is shown at once
MARK = ".shared-report"  # in a folder that `share` wrote, and may write again


@dataclass(frozen=True)
class ClientCopy:
    """A report for a client: `project` as its client reads it, `folder` with its pages."""

    project: Project
    run_id: str
    folder: Path
    brand: str


def client_copy(at: Workspace, ref: str) -> ClientCopy:
    """The report of a run's id, or the latest of a project, that was made for clients. Raises
    BadInput where there is none.
    """
    sql = """SELECT r.run_id, r.project_id, r.folder, r.profile, p.brand_id FROM runs AS r
        JOIN projects AS p ON p.project_id = r.project_id
        WHERE $ref IN (r.run_id, r.project_id) AND r.folder IS NOT NULL
        ORDER BY r.profile <> 'client', r.started_at DESC, r.run_id DESC"""
    row, *_ = at.store.rows(sql, {"ref": ref}) or [{"project_id": ref, "profile": ""}]
    if row["profile"] != "client":
        todo = f"vt run {row['project_id']} --profile client"
        raise BadInput(f"{ref} is no report for a client.", todo=todo)
    slug = str(row["project_id"])
    over = {"report": {"profile": "client"}}
    folder = folder_of(at, row)
    if not (folder / "index.html").is_file():
        raise BadInput(f"{row['run_id']} has no pages.", todo=f"vt run {slug} --profile client")
    project = Project(at, resolve(at, slug, over=over, warn=False))
    return ClientCopy(project, str(row["run_id"]), folder, str(row["brand_id"] or ""))


def folder_of(at: Workspace, run: Mapping[str, Any]) -> Path:
    """The folder of a run's pages (a row of runs); one outside `outputs` is taken for none."""
    outputs = at.outputs.resolve()
    folder = (at.root / str(run["folder"])).resolve()
    return folder if folder.is_relative_to(outputs) else outputs / "no-such-folder"


def require_sound(copy: ClientCopy) -> None:
    """Raise DataCheckFailed where a copy with pseudonyms leads to a stranger all the same."""
    project = copy.project
    hits = [] if project.names_creators else check_copy(project, copy.folder)
    if hits:
        todo = f"vt report {project.slug} --check-client"
        raise DataCheckFailed(" ".join(sentences(hits)), todo=todo)


def share(copy: ClientCopy, out: Path, *, by: str, mail: str = "") -> SharedReport:
    """Write the copy's pages and media into the folder `out`, each page with a form for the
    client's answer; `mail` gets it. Raises as `require_sound`, and BadInput for a folder that holds
    something else.
    """
    from vtlib.report import review_form, reviews  # noqa: PLC0415 - nbconvert takes a second

    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).exists())):
        raise BadInput(f"{out} is there and holds something else.", todo="Give another --out.")
    require_sound(copy)
    one = reviews.note_shared(copy.project, copy.run_id, copy.folder, by=by)
    facts = review_form.FormFacts(one.run_id, one.pages, mail=mail)
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARK).touch()
    for page in reviews.page_files(copy.folder):
        address = page.relative_to(copy.folder).as_posix()
        html = review_form.with_form(page.read_text("utf-8"), facts, page=address)
        write_whole(out / address, html)
    for path in (copy.folder / "media").rglob("*"):
        if path.is_file() and not path.is_symlink() and path.suffix.lower() in MEDIA:
            target = out / path.relative_to(copy.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return one


def check_copy(project: Project, folder: Path) -> list[Hit]:
    """What in `folder` leads to a stranger in the store, whatever its spelling or packing; none =
    may be handed out.

    Our own styles and scripts, which pages hold letter for letter, are not searched. Raises
    BadInput where there is no folder.
    """
    from vtlib.report import assembly  # noqa: PLC0415 - nbconvert takes a second

    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder}.", todo="vt report PROJECT says where one is.")
    pages = folder.rglob("*.html")
    has_charts = any(
        '<script type="application/json">' in p.read_text("utf-8", "replace") for p in pages
    )
    ours = [
        assembly.text("page.css"),
        assembly.text("review.js"),
        *map(str, assembly.scripts(with_charts=has_charts)),
    ]
    return scan_folder(folder, project.fresh().needles, ours=sorted(ours, key=len, reverse=True))


def latest_copy(project: Project) -> Path:
    """The folder of the latest run with pseudonyms. Raises BadInput when there is none."""
    runs = sorted((project.workspace.outputs / project.slug / "runs").glob(f"*/{RECORD}"))
    for record in reversed(runs):
        if _naming(record) == "pseudonyms":
            return record.parent
    raise BadInput(
        f"{project.slug} has no copy for a client yet.",
        todo=f"vt run {project.slug} --profile client",
    )


def sentences(hits: Sequence[Hit]) -> list[str]:
    """The hits as a person reads them, the first ones each with its place."""
    if not hits:
        return ["Nothing in it leads to a stranger."]
    files = len({hit.file for hit in hits})
    lines = [f"{len(hits)} places in {files} files lead to a stranger; do not hand it out:"]
    lines += [f"{h.file}, {h.place}: {h.kind} {h.what} ({h.around})" for h in hits[:HITS_SHOWN_MAX]]
    more = len(hits) - HITS_SHOWN_MAX
    return [*lines, f"… and {more:,} more (--json has all)"] if more > 0 else lines


def _naming(record: Path) -> str:
    try:
        return str(json.loads(record.read_text(encoding="utf-8")).get("creators", ""))
    except (OSError, ValueError, AttributeError):
        return ""
