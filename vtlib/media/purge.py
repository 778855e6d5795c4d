"""`vt purge`: media by age and quota, what describes persons; the numbers stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.media import retention as stage
from vtlib.media import store
from vtlib.media.downloads import save_note
from vtlib.media.folder import MediaFolder, stem
from vtlib.store.project import Workspace


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """What is to go: media fetched more than `keep_days` ago, media beyond `quota_gb`, what
    describes persons.
    """

    keep_days: int | None = None
    quota_gb: float | None = None
    is_personal: bool = False


@dataclass(frozen=True, slots=True)
class Purge:
    """What went, or would go. `files`: sha256, path, bytes (with its thumbnails), fetched_at,
    why; `orphans` are files that no row names; `personal`: rows gone through, or {}.
    """

    files: pd.DataFrame
    orphans: list[str]
    personal: dict[str, int]
    freed_bytes: int
    held_bytes: int


def preview(at: Workspace, wanted: PurgeRequest) -> Purge:
    """What `purge` would remove; nothing is changed."""
    folder = MediaFolder(at.outputs)
    sizes = dict(folder.listed())
    whole = pd.Series(sizes, dtype="int64").groupby([stem(path) for path in sizes]).sum()
    known = store.files(at.store)
    known["bytes"] = [int(whole.get(sha256, 0)) for sha256 in known["sha256"]]
    quota = wanted.quota_gb * 1e9 if wanted.quota_gb is not None else None
    gone = stage.to_purge(known, now=at.now(), keep_days=wanted.keep_days, quota_bytes=quota)
    named = set(known["sha256"])
    orphans = [p for p in sizes if stem(p) not in named and not p.startswith("media/tmp/")]
    freed = int(gone["bytes"].sum()) + sum(sizes[p] for p in orphans)
    personal = store.count_personal(at.store) if wanted.is_personal else {}
    return Purge(gone, orphans, personal, freed, sum(sizes.values()))


def purge(at: Workspace, wanted: PurgeRequest) -> Purge:
    """Remove what is wanted, and files that no row names. Rows, numbers and measures stay.

    A row is changed before its file goes: killed in between, the file is named by no row and goes
    next time. Raises StoreBusy while another process downloads or measures.
    """
    folder = MediaFolder(at.outputs)
    with folder.session() as session:
        for note in session.left_over():
            save_note(at.store, note)
        found = preview(at, wanted)
        store.mark_purged(at.store, list(found.files["sha256"]))
        for path in [*found.files["path"], *found.orphans]:
            folder.remove(path)
        if wanted.is_personal:
            store.forget_persons(at.store)
            store.rewrite_items(at.store, stage.without_persons)
    return found


def report(done: Purge, *, dry_run: bool) -> dict[str, Any]:
    """The facts of a purge for machines."""
    return {
        "dry_run": dry_run,
        "files": done.files,
        "orphans": done.orphans,
        "personal": done.personal,
        "freed_bytes": done.freed_bytes,
        "held_bytes": done.held_bytes,
    }
