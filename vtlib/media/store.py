"""Tables of media, measures and duplicates. Machine columns only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import pandas as pd

from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import naive, records, save

NEWEST_ITEMS = 3
_CHUNK = 2_000


def save_media(
    store: Store, row: Mapping[str, Any], images: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Write the outcome of a post's media, in place of the last one; `images`: all of a photo post.

    `row`: columns of `media`; `images`: columns of `media_images` without post_id and position.
    """
    post_id = row["post_id"]
    image_rows = [{"post_id": post_id, "position": n, **image} for n, image in enumerate(images)]
    with store.write("media") as connection:
        save(connection, "media", [row], key=["post_id"])
        connection.execute("DELETE FROM media_images WHERE post_id = ?", [post_id])
        save(connection, "media_images", image_rows, key=["post_id", "position"])


def save_covers(store: Store, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the outcomes of covers, each in place of the post's last one."""
    with store.write("media") as connection:
        save(connection, "covers", rows, key=["post_id"])


def save_measures(store: Store, row: Mapping[str, Any]) -> None:
    """Write the measures of a post's video; its duplicates are looked for again."""
    with store.write("media") as connection:
        save(connection, "measures", [{**row, "compared_at": None}], key=["post_id"])
        connection.execute(
            "DELETE FROM twins WHERE post_id = $id OR twin_post_id = $id", {"id": row["post_id"]}
        )


def save_film_sample(
    store: Store, project: str, rows: pd.DataFrame, *, rule: str, at: datetime
) -> None:
    """Add drawn posts (post_id, stratum, drawn_share); one drawn before is not changed, one that
    was only an example of a pattern is.
    """
    sample = rows.assign(project_id=project, rule=rule, drawn_at=naive(at))
    with store.write("media") as connection:
        connection.execute(
            "DELETE FROM film_samples WHERE project_id = ? AND stratum = 'example' "
            "AND list_contains(?, post_id)",
            [project, list(rows["post_id"])],
        )
        save(connection, "film_samples", sample, key=["project_id", "post_id"], keep=True)


def save_examples(store: Store, project: str, post_ids: Sequence[str], *, at: datetime) -> None:
    """Have the videos of `post_ids`, examples of claimed patterns, fetched for their frames; those
    that are measured or drawn already stay as they are.
    """
    with store.write() as connection:
        connection.execute(
            "INSERT INTO film_samples BY NAME SELECT $project AS project_id, e.post_id, "
            "'example' AS stratum, 'shows a claimed pattern best' AS rule, $at AS drawn_at "
            "FROM (SELECT DISTINCT unnest($posts) AS post_id) AS e "
            "ANTI JOIN measures AS m ON m.post_id = e.post_id "
            "ANTI JOIN film_samples AS d ON d.post_id = e.post_id AND d.project_id = $project",
            {"project": project, "posts": list(post_ids), "at": naive(at)},
        )


def save_proxy(store: Store, sha256: str, facts: Mapping[str, Any]) -> None:
    """Set proxy_path, proxy_bytes (and path, bytes if the copy replaces it) of a file's posts."""
    sets = ", ".join(f"{name} = ${name}" for name in facts)
    with store.write("media") as connection:
        connection.execute(
            f"UPDATE media SET {sets} WHERE sha256 = $sha256", {**facts, "sha256": sha256}
        )


def proxy_of(store: Store, sha256: str) -> dict[str, Any] | None:
    """proxy_path and proxy_bytes of a file, None while it has none."""
    with store.read() as connection:
        rows = records(
            connection,
            "SELECT proxy_path, proxy_bytes FROM media "
            "WHERE sha256 = ? AND proxy_path IS NOT NULL LIMIT 1",
            [sha256],
        )
    return rows[0] if rows else None


def image_paths(store: Store, post_id: str) -> list[str | None]:
    """Paths (relative to outputs, None = not kept) of the pictures of a photo post, in order."""
    sql = "SELECT path FROM media_images WHERE post_id = ? ORDER BY position"
    with store.read() as connection:
        return [path for (path,) in connection.execute(sql, [post_id]).fetchall()]


def picture_paths(store: Store, post_id: str) -> list[str | None]:
    """As `image_paths`; of a post without pictures of its own, its cover."""
    if paths := image_paths(store, post_id):
        return paths
    return list(cover_paths(store, [post_id]).values())


def cover_paths(store: Store, post_ids: Sequence[str]) -> dict[str, str | None]:
    """post_id -> path (relative to outputs) of its cover, of those that were fetched."""
    sql = "SELECT post_id, path FROM covers WHERE path IS NOT NULL AND list_contains($ids, post_id)"
    with store.read() as connection:
        return dict(connection.execute(sql, {"ids": list(post_ids)}).fetchall())


def video_paths(store: Store, post_ids: Sequence[str]) -> dict[str, str]:
    """post_id -> path (relative to outputs) of its kept video, or of its small copy."""
    sql = (
        "SELECT post_id, coalesce(proxy_path, path) FROM media WHERE kind = 'video' "
        "AND path IS NOT NULL AND list_contains($ids, post_id)"
    )
    with store.read() as connection:
        return dict(connection.execute(sql, {"ids": list(post_ids)}).fetchall())


def measures_of(store: Store, sha256: str) -> dict[str, Any] | None:
    """The measures of a file, whichever post had it, or None."""
    with store.read() as connection:
        rows = records(
            connection, "SELECT * FROM measures WHERE sha256 = ? ORDER BY post_id LIMIT 1", [sha256]
        )
    return rows[0] if rows else None


def measures(store: Store, post_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Measures of these posts (status ok), in their order; JSON decoded."""
    with store.read() as connection:
        rows = records(
            connection,
            "SELECT * FROM measures WHERE status = 'ok' AND list_contains($ids, post_id)",
            {"ids": list(post_ids)},
        )
    place = {post_id: n for n, post_id in enumerate(post_ids)}
    return sorted(rows, key=lambda row: place[row["post_id"]])


def newest_items(store: Store, posts: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """The newest stored raw items of posts, as (platform, native_id), at most three each,
    newest first: platform, native_id, captured_at, payload (decoded).
    """
    ids = {f"id{n}": native_id for n, (_, native_id) in enumerate(posts)}
    # The list of ids goes to the server of a team; a join would fetch every item from it.
    wanted = ", ".join(f"${name}" for name in ids) or "NULL"
    with store.read() as connection:
        return records(
            connection,
            f"""SELECT r.platform, r.native_id, r.captured_at, r.payload
            FROM (SELECT * FROM raw_items WHERE native_id IN ({wanted})) AS r
            JOIN (SELECT unnest($platforms) AS platform, unnest($ids) AS native_id) AS w
                ON w.platform = r.platform AND w.native_id = r.native_id
            QUALIFY row_number() OVER (
                PARTITION BY r.platform, r.native_id ORDER BY r.captured_at DESC NULLS LAST,
                r.capture_id
            ) <= {NEWEST_ITEMS}
            ORDER BY r.captured_at DESC NULLS LAST, r.capture_id""",
            {"platforms": [p for p, _ in posts], "ids": [*ids.values()], **ids},
        )


def to_compare(store: Store) -> list[dict[str, Any]]:
    """Measured videos with hashes: post_id, sha256, hashes, is_new (not compared yet)."""
    with store.read() as connection:
        return records(
            connection,
            "SELECT post_id, sha256, hashes, compared_at IS NULL AS is_new FROM measures "
            "WHERE status = 'ok' ORDER BY post_id",
        )


def save_twins(store: Store, post_ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Add pairs of duplicates, and mark `post_ids` as compared with all others."""
    now = naive(None)
    with store.write("media") as connection:
        twins = [{**row, "found_at": now} for row in rows]
        save(connection, "twins", twins, key=["post_id", "twin_post_id"])
        connection.execute(
            "UPDATE measures SET compared_at = $now WHERE list_contains($ids, post_id)",
            {"now": now, "ids": list(post_ids)},
        )


def mark_purged(store: Store, hashes: Sequence[str]) -> None:
    """Note that these files are removed; status, sizes and measures stay."""
    values = {"hashes": list(hashes), "now": naive(None)}
    with store.write("media") as connection:
        connection.execute(
            "UPDATE media SET path = NULL, proxy_path = NULL, purged_at = $now "
            "WHERE list_contains($hashes, sha256) OR post_id IN ("
            "SELECT post_id FROM media_images WHERE list_contains($hashes, sha256))",
            values,
        )
        for statement in (
            "UPDATE media_images SET path = NULL WHERE list_contains($hashes, sha256)",
            "UPDATE measures SET thumbs_path = NULL WHERE list_contains($hashes, sha256)",
            "UPDATE covers SET path = NULL WHERE list_contains($hashes, sha256)",
        ):
            connection.execute(statement, {"hashes": list(hashes)})


def count_personal(store: Store) -> dict[str, int]:
    """How many rows a purge of personal data checks: bios, display_names, raw_items."""
    with store.read() as connection:
        return records(
            connection,
            "SELECT (SELECT count(bio) FROM account_snapshots) AS bios, "
            "(SELECT count(display_name) FROM accounts) AS display_names, "
            "(SELECT count(payload) FROM raw_items) AS raw_items",
        )[0]


def forget_persons(store: Store) -> None:
    """Remove bios and display names of all accounts."""
    with store.write("capture") as connection:
        connection.execute("UPDATE account_snapshots SET bio = NULL WHERE bio IS NOT NULL")
        connection.execute("UPDATE accounts SET display_name = NULL WHERE display_name IS NOT NULL")


def rewrite_items(store: Store, clean: Any) -> int:
    """Replace every stored raw item and problem by `clean(item)`; returns how many changed.

    A chunk a transaction: killed anywhere, it can be run again.
    """
    return sum(
        _rewrite(store, table, key, clean)
        for table, key in (("raw_items", ("capture_id", "item_no")), ("problems", ("problem_id",)))
    )


def _rewrite(store: Store, table: str, key: Sequence[str], clean: Any) -> int:
    n_changed, last = 0, None
    while True:
        with store.write() as connection:
            rows = _page(connection, table, key, last)
            if not rows:
                return n_changed
            last = rows[-1][:-1]
            pairs = [
                (row[:-1], clean(orjson.loads(row[-1])), orjson.loads(row[-1])) for row in rows
            ]
            new = [(head, after) for head, after, before in pairs if after != before]
            for head, after in new:
                where = " AND ".join(f"{k} IS NOT DISTINCT FROM ?" for k in key)
                connection.execute(
                    f"UPDATE {table} SET payload = ? WHERE {where}",
                    [orjson.dumps(after).decode(), *head],
                )
            n_changed += len(new)


def _page(
    connection: Connection, table: str, key: Sequence[str], last: tuple[Any, ...] | None
) -> list[tuple[Any, ...]]:
    names = ", ".join(key)
    after = f"AND ({names}) > ({', '.join('?' * len(key))})" if last else ""
    rows: Iterable[tuple[Any, ...]] = connection.execute(
        f"SELECT {names}, payload FROM {table} WHERE payload IS NOT NULL {after} "
        f"ORDER BY {names} LIMIT {_CHUNK}",
        list(last or ()),
    ).fetchall()
    return list(rows)
