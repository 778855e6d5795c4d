"""`vt purge`: removes media by age and quota, and personal data; the numbers stay."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.media import store
from vtlib.media.downloads import save_note
from vtlib.media.folder import MediaFolder, stem
from vtlib.media.retention import to_purge, without_persons
from vtlib.store.project import Workspace


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """What to remove: media older than `keep_days`, media beyond `quota_gb`, personal data."""

    keep_days: int | None = None
    quota_gb: float | None = None
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Purge:
    """What was or would be removed. `files`: sha256, path, bytes (with its thumbnails),
    fetched_at, why; `orphans` are files that no row names; `personal`: rows checked, or {}.
    """

    files: pd.DataFrame
    orphans: list[str]
    personal: dict[str, int]
    freed_bytes: int
    held_bytes: int


def preview(at: Workspace, request: PurgeRequest) -> Purge:
    """What `purge` would remove; nothing is changed."""
    return _preview(at, request, _held(MediaFolder.every(at)))


def _held(folders: list[MediaFolder]) -> dict[str, int]:
    """Path -> bytes of every file: in each storage, and what is in the folder alone."""
    sizes: Counter[str] = Counter()
    for folder in folders:
        if folder.objects is not None:
            sizes.update(dict(folder.objects.list_files("media/")))
    return {**dict(folders[0].list_files()), **sizes}


def _preview(at: Workspace, request: PurgeRequest, sizes: dict[str, int]) -> Purge:
    bytes_by_digest = pd.Series(sizes, dtype="int64").groupby([stem(path) for path in sizes]).sum()
    files = at.store.query_file("media_files")
    files["bytes"] = [int(bytes_by_digest.get(sha256, 0)) for sha256 in files["sha256"]]
    quota = request.quota_gb * 1e9 if request.quota_gb is not None else None
    removals = to_purge(files, now=at.now(), keep_days=request.keep_days, quota_bytes=quota)
    digests = set(files["sha256"])
    orphans = [p for p in sizes if stem(p) not in digests and not p.startswith("media/tmp/")]
    freed_bytes = int(removals["bytes"].sum()) + sum(sizes[p] for p in orphans)
    personal = store.count_personal(at.store) if request.is_personal else {}
    return Purge(removals, orphans, personal, freed_bytes, sum(sizes.values()))


def purge(at: Workspace, request: PurgeRequest) -> Purge:
    """Remove what `request` names, and files that no row names, from the folder and from every
    storage of the workspace (MediaFolder.every). Rows, numbers and measures stay.

    A row is changed before its file is removed: killed in between, the file is an orphan and is
    removed next time. Raises StoreBusy while another process downloads or measures.
    """
    folders = MediaFolder.every(at)
    with folders[0].session() as session:
        for note in session.unsaved_notes():
            save_note(at.store, note)
        result = _preview(at, request, _held(folders))
        store.mark_purged(at.store, list(result.files["sha256"]))
        for path in [*result.files["path"], *result.orphans]:
            for folder in folders:
                folder.remove(path)
        if request.is_personal:
            store.forget_persons(at.store)
            store.rewrite_items(at.store, without_persons)
    return result


def report(result: Purge, *, dry_run: bool) -> dict[str, Any]:
    """The facts of a purge for machines."""
    return {
        "dry_run": dry_run,
        "files": result.files,
        "orphans": result.orphans,
        "personal": result.personal,
        "freed_bytes": result.freed_bytes,
        "held_bytes": result.held_bytes,
    }
