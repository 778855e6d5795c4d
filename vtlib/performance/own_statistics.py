"""Own statistics into the store: numbers that only the owner sees, own posts, followers by day."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib.capture import own_posts
from vtlib.capture import store as captures
from vtlib.capture.mapping import capture_key
from vtlib.capture.own_analytics import Export, read_export
from vtlib.capture.own_dates import end_of
from vtlib.core.conclusion import number
from vtlib.core.models import Platform
from vtlib.performance import store
from vtlib.store import people
from vtlib.store.project import Project
from vtlib.store.writes import naive
from vtlib.tables.reader import TableOptions


def import_native(
    project: Project,
    path: Path,
    *,
    platform: Platform | None = None,
    post_id: str = "",
    options: TableOptions | None = None,
) -> tuple[Export, int]:
    """Read an export of own analytics and keep its numbers; the same file again replaces its rows.

    A post that is not there yet is made from it, marked as own. Followers by day become snapshots
    of the project's own account of that platform, where it has one. Returns the export, whose
    `elsewhere` says what was not stored, and how many posts are new. Raises BadInput for a file
    that is none (capture/own_analytics.read_export).
    """
    export = read_export(path, platform=platform, post_id=post_id, options=options)
    if export.is_empty:
        return export, 0
    rows = [{**row, "project_id": project.slug} for row in export.rows]
    people.ensure_project(project.store, project.slug)
    store.save_native(project.store, rows, at=project.workspace.now())
    n_new = _save_own_posts(project, export, path.name) if export.posts else 0
    if export.followers:
        export = _save_followers(project, export, path.name)
    return export, n_new


def _save_own_posts(project: Project, export: Export, source: str) -> int:
    """Write the posts of an export that are not there yet, as own; returns how many those are."""
    posts = {str(p.ref.post_id): p for p in export.posts}
    stored_posts = store.known_posts(project.store, [*posts])
    captured_posts = store.known_posts(project.store, [*posts], but_for=own_posts.ACTOR)
    capture = _capture(project, export, source)
    frames = own_posts.own_post_frames(
        posts.values(), capture, scraped=captured_posts, accounts=_own_accounts(project)
    )
    captures.begin(project.store, capture)
    captures.ingest(project.store, frames)
    captures.finish(project.store, capture["capture_id"])
    people.mark_own(project.store, project.slug, [*posts])
    return len(posts.keys() - stored_posts)


def _capture(project: Project, export: Export, source: str) -> dict[str, Any]:
    now = naive(project.workspace.now())
    capture_id = capture_key(project.slug, own_posts.ACTOR, export.sha256)
    before = captures.get(project.store, capture_id) or {}  # the same content again is one capture
    return {
        "capture_id": capture_id,
        "project_id": project.slug,
        "provider": own_posts.PROVIDER,
        "actor": own_posts.ACTOR,
        "platform": export.platform,
        "source": source,
        "source_sha256": export.sha256,
        "captured_at": before.get("captured_at") or min(export.exported_at or now, now),
        "captured_at_basis": export.exported_at_basis,
        "started_at": now,
    }


def _own_accounts(project: Project) -> dict[Platform, str]:
    """The project's own account by platform, where it has one alone."""
    members = people.project_accounts(project.store, project.slug)
    own = members[members["role"].eq("own")]
    single = own.groupby("platform")["account_id"].filter(lambda ids: len(ids) == 1)
    return dict(zip(own.loc[single.index, "platform"], single, strict=True))


def _accounts_of_own_posts(project: Project) -> dict[str, str]:
    """The account of the project's own posts by platform, where they are all of one."""
    rows = project.store.rows(
        "SELECT p.platform, min(p.account_id) AS account_id FROM project_posts AS l "
        "JOIN posts AS p USING (post_id) WHERE l.project_id = ? AND l.is_own "
        "GROUP BY p.platform HAVING count(DISTINCT p.account_id) = 1",
        [project.slug],
    )
    return {str(row["platform"]): str(row["account_id"]) for row in rows}


def _save_followers(project: Project, export: Export, source: str) -> Export:
    """Write followers by day as snapshots of the own account; without one the export says so."""
    accounts: dict[str, str] = {**_accounts_of_own_posts(project)}
    accounts.update({str(p): a for p, a in _own_accounts(project).items()})
    days = number(len(export.followers), "day")
    account_id = accounts.get(export.platform) if export.platform else None
    if account_id is None:
        word = export.platform or "its platform (--platform)"
        text = (
            f"{days} of followers: not stored, since the project has no own account and no own "
            f"posts on {word}, or several accounts. Name it: vt project add-accounts PROJECT FILE "
            "--platform P, with the role own."
        )
        return replace(export, followers={}, elsewhere=(*export.elsewhere, text))
    capture = _capture(project, export, source)
    rows = [
        {
            "account_id": account_id,
            "captured_at": min(naive(end_of(day)), capture["captured_at"]),
            "capture_id": capture["capture_id"],
            "followers": count,
        }
        for day, count in sorted(export.followers.items())
    ]
    captures.begin(project.store, capture)
    captures.ingest(project.store, {"account_snapshots": pd.DataFrame(rows)})
    captures.finish(project.store, capture["capture_id"])
    text = f"{days} of followers, into the snapshots of {account_id} (vt account show)"
    return replace(export, elsewhere=(*export.elsewhere, text))
