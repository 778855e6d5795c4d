"""What people decide about a project: accounts, products, own posts, notes, reviews.

Human columns only; captures never write here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from vtlib.core.errors import BadInput, nearest
from vtlib.core.models import DECISIONS, PLATFORMS
from vtlib.core.settings import person
from vtlib.store import accounts
from vtlib.store.catalog import find_in
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import naive, records, save, stage

ROLES = ("own", "competitor", "reference")
_OWN = (
    "project_id = $project AND coalesce(reviewer, '') = $reviewer "
    "AND list_contains($posts, post_id)"
)


def ensure_project(
    store: Store,
    slug: str,
    *,
    name: str | None = None,
    brand: str | None = None,
    now: datetime | None = None,
) -> None:
    """Create the project `slug` and its brand where they are missing; else change nothing."""
    at = naive(now)
    with store.write("people") as connection:
        book = {"created_at": at, "updated_at": at, "changed_by": person()}
        if brand:
            row = {"brand_id": brand, "slug": brand, "name": brand}
            _keep(connection, "brands", {**row, **book}, "brand_id")
        row = {"project_id": slug, "slug": slug, "name": name or slug}
        _keep(connection, "projects", {**row, "brand_id": brand, **book}, "project_id")


def add_accounts(
    store: Store,
    project: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    now: datetime | None = None,
) -> int:
    """Follow accounts; returns how many are new to the project.

    `rows`: platform and handle or native_id, and role (ROLES, default competitor), notes, url,
    display_name. An account that is followed already takes the new role and notes. A handle
    also matches an account known by its native id. Raises BadInput with the number of the row.
    """
    at = naive(now)
    entries = [_account(i, row) for i, row in enumerate(rows, 1)]
    facts = ("account_id", "platform", "native_id", "handle", "display_name", "url")
    with store.write("capture") as connection:
        project_id = find_in(connection, "projects", project)
        before = _n_accounts(connection, project_id)
        stage(connection, "accounts", [{k: w[k] for k in facts} for w in entries])
        # snapshots carry the ids through the settling, so that each row learns its account's final
        # id
        stage(connection, "posts", [])
        stage(connection, "account_snapshots", [{"account_id": w["account_id"]} for w in entries])
        accounts.settle(connection)
        final = connection.execute(
            "SELECT account_id FROM new_account_snapshots WHERE _n >= 0 ORDER BY _n"
        ).fetchall()
        links_before = _links(connection, project_id)
        links = [
            _link(project_id, str(i), w, links_before.get(str(i), {"added_at": at}))
            for (i,), w in zip(final, entries, strict=True)
        ]
        save(connection, "project_accounts", links, key=["project_id", "account_id"])
        return _n_accounts(connection, project_id) - before


def add_products(
    store: Store, project: str, products: Iterable[str], *, now: datetime | None = None
) -> None:
    """Add products (`slug` or `brand/slug`) to a project. Raises BadInput for an unknown one."""
    with store.write("people") as connection:
        project_id = find_in(connection, "projects", project)
        rows = [
            {
                "project_id": project_id,
                "product_id": find_in(connection, "products", p),
                "added_at": naive(now),
                "changed_by": person(),
            }
            for p in products
        ]
        save(connection, "project_products", rows, key=["project_id", "product_id"], keep=True)


def mark_capture_own(store: Store, project: str, capture_id: str) -> None:
    """Mark the posts of a capture as own, where nobody has said otherwise."""
    with store.write("capture") as connection:
        connection.execute(
            "UPDATE project_posts SET is_own = true, changed_by = $by "
            "WHERE project_id = $project AND is_own IS NULL "
            "AND post_id IN (SELECT platform || ':' || native_id FROM raw_items "
            "WHERE capture_id = $capture AND native_id IS NOT NULL)",
            {"project": project, "capture": capture_id, "by": person()},
        )


def annotate_post(
    store: Store,
    project: str,
    post_id: str,
    *,
    is_own: bool | None = None,
    notes: str | None = None,
) -> None:
    """Set the own flag or the notes of a project's post; None leaves one as it is.

    Raises BadInput when the post is not in the project.
    """
    with store.write("capture") as connection:
        changed = connection.execute(
            "UPDATE project_posts SET is_own = coalesce($own, is_own), notes = coalesce($notes, "
            "notes), changed_by = $by WHERE project_id = $project AND post_id = $post",
            {"own": is_own, "notes": notes, "by": person(), "project": project, "post": post_id},
        ).fetchone()
        if changed == (0,):
            raise BadInput(
                f"the post {post_id} is not in the project {project}.",
                todo=f"Import it first: vt import url URL --project {project}",
            )


def decisions(store: Store, project: str, post_id: str) -> list[dict[str, Any]]:
    """reviewer, decision, reason, notes, decided_at of a post's reviewers, the valid one first."""
    sql = """SELECT reviewer, decision, reason, notes, decided_at FROM reviews
        WHERE project_id = ? AND post_id = ? ORDER BY decided_at DESC, reviewer DESC"""
    with store.read() as connection:
        return records(connection, sql, [project, post_id])


def mark_own(store: Store, project: str, post_ids: Iterable[str]) -> None:
    """Mark posts as own where nobody has decided: their owner's export names them."""
    with store.write("capture") as connection:
        connection.execute(
            "UPDATE project_posts SET is_own = true, changed_by = $by "
            "WHERE project_id = $project AND is_own IS NULL AND list_contains($posts, post_id)",
            {"project": project, "posts": [*post_ids], "by": person()},
        )


def keep_facts(
    store: Store, project: str, facts: Iterable[tuple[str, bool | None, str | None]]
) -> None:
    """Take over (post_id, is_own, notes) from another workspace, where nobody has said other."""
    with store.write("capture") as connection:
        for post_id, is_own, notes in facts:
            connection.execute(
                "UPDATE project_posts SET is_own = coalesce(is_own, $own), "
                "notes = coalesce(notes, $notes), changed_by = $by "
                "WHERE project_id = $project AND post_id = $post",
                {
                    "own": is_own,
                    "notes": notes,
                    "by": person(),
                    "project": project,
                    "post": post_id,
                },
            )


def save_reviews(
    store: Store,
    project: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    now: datetime | None = None,
) -> int:
    """Take in reviewed answers; returns how many. One a post and reviewer: a later one replaces it.

    `rows`: post_id, decision (keep or reject), and reason, notes, hook_ideas, reviewer, decided_at
    (default now). Raises BadInput with the row's number for a decision or post that does not exist;
    then none is stored.
    """
    at, answers = naive(now), list(rows)
    named = [str(row.get("post_id")) for row in answers]
    with store.write("people") as connection:
        project_id = find_in(connection, "projects", project)
        sql = "SELECT post_id FROM project_posts WHERE project_id = ? AND list_contains(?, post_id)"
        known = connection.execute(sql, [project_id, named]).fetchall()
        post_ids = {str(post_id) for (post_id,) in known}
        reviews = [_review(i, row, post_ids) for i, row in enumerate(answers, 1)]
        review_rows = [
            {**t, "project_id": project_id, "decided_at": t.get("decided_at") or at}
            for t in reviews
        ]
        save(connection, "reviews", review_rows, key=["project_id", "post_id", "reviewer"])
        return len(review_rows)


def own_reviews(
    store: Store, project: str, post_ids: Sequence[str], reviewer: str
) -> list[dict[str, Any]]:
    """A reviewer's rows of `reviews` on these posts."""
    sql = f"SELECT * FROM reviews WHERE {_OWN}"
    with store.read() as connection:
        return records(connection, sql, _own(project, post_ids, reviewer))


def restore_reviews(
    store: Store,
    project: str,
    post_ids: Sequence[str],
    reviewer: str,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Make `rows`, as `own_reviews` gave them, all that a reviewer decided on these posts."""
    with store.write("people") as connection:
        connection.execute(f"DELETE FROM reviews WHERE {_OWN}", _own(project, post_ids, reviewer))
        save(connection, "reviews", rows, key=["project_id", "post_id", "reviewer"])


def tag_posts(
    store: Store,
    project: str,
    post_ids: Sequence[str],
    facts: Mapping[str, Any],
    *,
    now: datetime | None = None,
) -> str:
    """Put posts on a board; returns its name. `facts`: tag, added_by, and a note, which replaces
    the one that stands there.

    The board is an existing one where only case differs. Raises BadInput for an empty name.
    """
    word = " ".join(str(facts["tag"]).split())
    if not word:
        raise BadInput("a board needs a name.", todo="Write one, such as hooks to steal.")
    sql = "SELECT tag FROM post_tags WHERE project_id = ? AND lower(tag) = lower(?) LIMIT 1"
    old = "SELECT post_id, note FROM post_tags WHERE project_id = ? AND tag = ?"
    with store.write("people") as connection:
        word = str((connection.execute(sql, [project, word]).fetchone() or [word])[0])
        notes = dict(connection.execute(old, [project, word]).fetchall())
        row = {**facts, "project_id": project, "tag": word, "added_at": naive(now)}
        rows = [{**row, "post_id": p, "note": facts.get("note") or notes.get(p)} for p in post_ids]
        save(connection, "post_tags", rows, key=["project_id", "post_id", "tag"])
    return word


def untag_posts(store: Store, project: str, post_ids: Sequence[str], tag: str) -> None:
    """Take posts off the board `tag`."""
    with store.write("people") as connection:
        connection.execute(
            "DELETE FROM post_tags WHERE project_id = $project AND tag = $tag "
            "AND list_contains($posts, post_id)",
            {"project": project, "tag": tag, "posts": [*post_ids]},
        )


def tags(store: Store, project: str, post_id: str = "") -> list[dict[str, Any]]:
    """Rows of `post_tags` of a post; of all posts, each tag once with `n`, the largest first."""
    sql = (
        "SELECT * FROM post_tags WHERE project_id = ? AND post_id = ? ORDER BY tag"
        if post_id
        else "SELECT tag, count(*) AS n FROM post_tags WHERE project_id = ? GROUP BY tag "
        "ORDER BY n DESC, tag"
    )
    with store.read() as connection:
        return records(connection, sql, [project, post_id] if post_id else [project])


def project_accounts(store: Store, project: str) -> pd.DataFrame:
    """The accounts of a project: accounts_latest with role, notes, added_at."""
    return store.query(
        "SELECT a.*, p.role, p.notes, p.added_at FROM project_accounts AS p "
        "JOIN accounts_latest AS a ON a.account_id = p.account_id "
        "WHERE p.project_id = $project ORDER BY a.platform, a.handle, a.account_id",
        {"project": project},
    )


def project_products(store: Store, project: str) -> list[dict[str, Any]]:
    """The products of a project as dicts (lists decoded); archived ones are left out."""
    with store.read() as connection:
        return records(
            connection,
            "SELECT p.* FROM products AS p SEMI JOIN (SELECT * FROM project_products WHERE "
            "project_id = ?) AS l "
            "ON l.product_id = p.product_id WHERE p.archived_at IS NULL ORDER BY p.product_id",
            [project],
        )


def projects_of(store: Store, product_id: str) -> list[str]:
    """The slugs of the projects that a product is in."""
    sql = "SELECT DISTINCT project_id FROM project_products WHERE product_id = ? ORDER BY 1"
    return [str(p) for p in store.query(sql, [product_id])["project_id"]]


def projects_of_post(store: Store, post_id: str) -> list[str]:
    """The slugs of the projects that a post is in."""
    sql = "SELECT DISTINCT project_id FROM project_posts WHERE post_id = ? ORDER BY 1"
    return [str(p) for p in store.query(sql, [post_id])["project_id"]]


def _own(project: str, post_ids: Sequence[str], reviewer: str) -> dict[str, Any]:
    return {"project": project, "reviewer": reviewer, "posts": [*post_ids]}


def _keep(connection: Connection, table: str, row: Mapping[str, Any], key: str) -> None:
    save(connection, table, [row], key=[key], keep=True)


def _account(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    platform = str(row.get("platform") or "")
    if platform not in PLATFORMS:
        near = nearest(platform, list(PLATFORMS))
        todo = f"Did you mean {near}?" if near else f"One of: {', '.join(PLATFORMS)}."
        raise BadInput(f"{platform!r} is no platform.", todo=todo, row=number, field="platform")
    handle = str(row.get("handle") or "").strip().lstrip("@").lower()
    native = str(row.get("native_id") or "").strip()
    if not handle and not native:
        raise BadInput("a handle or a native id is needed.", row=number, field="handle")
    role = row.get("role")
    if role and role not in ROLES:
        raise BadInput(f"a role is {', '.join(ROLES)}, not {role!r}.", row=number, field="role")
    return {
        "account_id": f"{platform}:{native or '@' + handle}",
        "platform": platform,
        "native_id": native or None,
        "handle": handle or None,
        "display_name": row.get("display_name"),
        "url": row.get("url"),
        "role": role,
        "notes": row.get("notes"),
    }


def _link(
    project_id: str, account_id: str, entry: Mapping[str, Any], link: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "account_id": account_id,
        "role": entry["role"] or link.get("role") or "competitor",
        "notes": entry["notes"] or link.get("notes"),
        "added_at": link["added_at"],
        "changed_by": person(),
    }


def _links(connection: Connection, project_id: str) -> dict[str, dict[str, Any]]:
    sql = "SELECT * FROM project_accounts WHERE project_id = ?"
    return {r["account_id"]: r for r in records(connection, sql, [project_id])}


def _n_accounts(connection: Connection, project_id: str) -> int:
    return len(_links(connection, project_id))


def _review(number: int, row: Mapping[str, Any], post_ids: set[str]) -> dict[str, Any]:
    post_id = str(row.get("post_id") or "")
    decision = str(row.get("decision") or "").strip().lower()
    if decision not in DECISIONS:
        raise BadInput(f"{decision!r} is neither keep nor reject.", row=number, field="decision")
    if post_id not in post_ids:
        raise BadInput(f"{post_id} is no post of this project.", row=number, field="post_id")
    remarks = {k: row.get(k) for k in ("reason", "notes", "hook_ideas")}
    when = row.get("decided_at")
    return {
        "post_id": post_id,
        "decision": decision,
        "reviewer": str(row.get("reviewer") or ""),
        "decided_at": naive(when) if isinstance(when, datetime) else None,
        **remarks,
    }
