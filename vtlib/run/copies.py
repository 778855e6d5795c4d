"""Check a client's copy: search every file for text that identifies a third party."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from vtlib.core.errors import BadInput
from vtlib.run.record import RECORD
from vtlib.store.leaks import Hit, scan_folder
from vtlib.store.project import Project

HITS_SHOWN_MAX = 12  # hits that a person is shown at once


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
    ours = [assembly.text("page.css"), *map(str, assembly.scripts(with_charts=has_charts))]
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
