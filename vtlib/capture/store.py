"""Captures: what was read, when, from where; and everything that came with it. Machine columns
only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pandas as pd

from vtlib.core.errors import BadInput
from vtlib.core.models import METRICS, STATES_BEST_FIRST
from vtlib.platforms import exported
from vtlib.platforms.sanitise import CUTS
from vtlib.store import accounts
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.sql_lists import quoted
from vtlib.store.writes import fold, insert_absent, naive, near, records, save, stage

TABLES = (
    "captures",
    "raw_items",
    "accounts",
    "posts",
    "post_snapshots",
    "account_snapshots",
    "project_posts",
    "problems",
)
_AS_IT_CAME = TABLES[:2]  # nothing in them is joined with what is there
HUMAN = {"project_posts": {"is_own", "notes", "changed_by"}}
MIN_VANISHED = 3  # posts of a format, before and now: fewer do not show that a metric is gone
_MAX_PARTED = 100  # captures of one moment
_COUNTED = ("found", "mapped", "new", "updated", "skipped", "problems", "bad_values")


def begin(store: Store, row: Mapping[str, Any]) -> None:
    """Write the row of a capture as `running`; taking one up again keeps when it was first started.

    `row`: columns of `captures`, at least capture_id, project_id, started_at (UTC).
    """
    with store.write("capture") as connection:
        _begin(connection, row)


def ingest(store: Store, frames: Mapping[str, pd.DataFrame]) -> int:
    """Write the rows of one capture, or of a chunk of it, in one transaction. The same again
    changes nothing.

    Gives the number of snapshots for which another capture has other numbers at the very same time.

    `frames`: by table (TABLES), with columns of that table; all are optional, and so is a column.
    - posts and accounts: the newest known value (by last_captured_at) of each column stays, older
      captures fill gaps, NULL and format `unknown` erase nothing.
    - post_snapshots: of two at one time the better known state (STATES_BEST_FIRST)
      and then the larger count stays; account_snapshots likewise. Where another capture has another
      number for the same time (guessed, as a rule), both stay: the new one a second later.
    - raw_items, problems, project_posts: inserted where their key is not there.
    - handles lead to accounts whatever is learnt first (accounts.py). Order of captures does not
      matter, but where a fact was NULL in between: then the older one may stay. Raises BadInput for
      an unknown table or column, and for a human one.
    """
    _refuse_strange(frames)
    is_raw = all(frame.empty for table, frame in frames.items() if table not in _AS_IT_CAME)
    with store.write("capture", "outliers") as connection:
        n_staged = {
            table: stage(connection, table, frames.get(table, pd.DataFrame()))
            for table in (_AS_IT_CAME if is_raw else TABLES)
        }
        if n_staged["captures"]:
            for row in records(connection, "SELECT * EXCLUDE (_n) FROM new_captures"):
                _begin(connection, row)
        insert_absent(connection, "raw_items", ["capture_id", "item_no"])
        if is_raw:
            return 0
        accounts.settle(connection)
        if connection.execute("SELECT 1 FROM new_account_snapshots LIMIT 1").fetchone():
            counts = ("followers", "following", "posts")
            _part(connection, "account_snapshots", "account_id", counts)
            accounts.save_snapshots(connection)
        _save_posts(connection)
        n_moved = _part(connection, "post_snapshots", "post_id", METRICS)
        _save_snapshots(connection)
        insert_absent(connection, "project_posts", ["project_id", "post_id"])
        if n_staged["problems"]:
            insert_absent(connection, "problems", ["problem_id"])
    return n_moved


def finish(store: Store, capture_id: str, row: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Close a capture and count what it brought, from the tables; returns its row.

    `row`: columns of `captures` to set, e.g. status (default `ok`), reason, requested, new_keys,
    charged_usd, ended_at (default now); a count in it wins over the derived one. Derived, and the
    same after a kill: found (raw items), mapped (items that are in: a post or an account), problems
    (items that are not), new (posts it added to the project), updated (other posts it gave a
    snapshot), skipped (items of posts beyond these), bad_values (fields of items that are in).
    found = mapped + problems. Raises BadInput when there is no such capture.
    """
    with store.write("capture") as connection:
        previous = _one(connection, capture_id)
        if previous is None:
            raise BadInput(f"there is no capture {capture_id}")
        facts = {k: v for k, v in (row or {}).items() if v is not None}
        if previous["actor"] != exported.NAME:  # there the first import has hidden them
            _hide_likes(connection, capture_id)
        facts_of_end = {"status": "ok", "ended_at": naive(None), **_counts(connection, capture_id)}
        save(connection, "captures", [{**previous, **facts_of_end, **facts}], key=["capture_id"])
        return _one(connection, capture_id) or {}


def get(store: Store, capture_id: str) -> dict[str, Any] | None:
    """A capture's row, or None."""
    with store.read() as connection:
        return _one(connection, capture_id)


def list_captures(store: Store, project: str | None = None) -> list[dict[str, Any]]:
    """The captures of a project (default: of all), the oldest time of capture first."""
    with store.read() as connection:
        return records(
            connection,
            "SELECT * FROM captures WHERE $project IS NULL OR project_id = $project "
            "ORDER BY captured_at NULLS FIRST, started_at, capture_id",
            {"project": project},
        )


def latest_layout(store: Store, project: str, actor: str) -> Mapping[str, Any] | None:
    """How the project's last table with the same headings (`actor`) was read by a person's map."""
    with store.read() as connection:
        rows = records(
            connection,
            "SELECT layout FROM captures WHERE project_id = $project AND actor = $actor "
            "AND layout IS NOT NULL AND status = 'ok' AND (layout ->> 'by') = 'person' "
            "ORDER BY started_at DESC LIMIT 1",
            {"project": project, "actor": actor},
        )
    return rows[0]["layout"] if rows else None


def raw_items(
    store: Store, capture_id: str, *, chunk: int = 2_000
) -> Iterator[list[tuple[int, Any]]]:
    """The kept items of a capture as (item_no, item), in order, `chunk` at a time; no lock
    between chunks.
    """
    last = -1
    while True:
        with store.read() as connection:
            rows = connection.execute(
                "SELECT item_no, payload FROM raw_items WHERE capture_id = ? AND item_no > ? "
                "ORDER BY item_no LIMIT ?",
                [capture_id, last, chunk],
            ).fetchall()
        if not rows:
            return
        yield [(int(no), orjson.loads(text) if text is not None else None) for no, text in rows]
        last = int(rows[-1][0])
        if len(rows) < chunk:
            return


def unmap(store: Store, capture_id: str) -> None:
    """Take back what mapping made of a capture (snapshots, problems), before its items are mapped
    again.

    Raw items, posts and accounts stay: mapping again overwrites their facts. Problems of values
    that were cut from the raw items stay too, since the raw items do not show them.
    """
    with store.write("capture") as connection:
        for table in ("post_snapshots", "account_snapshots"):
            connection.execute(f"DELETE FROM {table} WHERE capture_id = ?", [capture_id])
        connection.execute(
            "DELETE FROM problems WHERE capture_id = ? "
            "AND NOT (coalesce(kind, '') = 'bad_value' "
            "AND coalesce(list_bool_or([suffix(reason, c) FOR c IN ?]), false))",
            [capture_id, [*CUTS]],
        )


def previous_keys(store: Store, actor: str, *, before: str, sample: int = 2_000) -> frozenset[str]:
    """Field names in the items of the actor's latest finished capture other than `before` (a
    capture_id).

    Of at most `sample` items; empty when there is none. For new and vanished fields.
    """
    with store.read() as connection:
        latest = records(
            connection,
            "SELECT capture_id FROM captures WHERE actor = $actor AND capture_id <> $before "
            "AND status = 'ok' ORDER BY started_at DESC, capture_id LIMIT 1",
            {"actor": actor, "before": before},
        )
        # By its id as a literal: the pages of other captures are passed over unread.
        rows = connection.execute(
            """SELECT DISTINCT unnest(json_keys(payload)) FROM (
                SELECT payload FROM raw_items WHERE capture_id = ?
                AND json_type(payload) = 'OBJECT' ORDER BY item_no LIMIT ?
            )""",
            [latest[0]["capture_id"] if latest else None, sample],
        ).fetchall()
    return frozenset(str(key) for (key,) in rows)


def vanished_metrics(store: Store, capture_id: str) -> list[dict[str, Any]]:
    """Metrics that no post of a capture has, though its actor's last sound capture had them:
    metric, n_before, n_now (posts of the formats that both hold).

    Judged within formats of which both captures have MIN_VANISHED posts, at least half of them with
    the metric before: a capture of pictures alone has lost no views. Empty when there is nothing to
    compare with.
    """
    counts = ", ".join(f"count(*) FILTER (s.{m}_state <> 'not_exposed') AS {m}" for m in METRICS)
    with store.read() as connection:
        earlier = records(
            connection,
            """WITH mine AS (SELECT * FROM captures WHERE capture_id = $id)
            SELECT c.capture_id FROM captures AS c JOIN mine AS m ON c.actor = m.actor
            WHERE c.capture_id <> m.capture_id AND c.status = 'ok'
            AND c.captured_at < m.captured_at
            AND len(coalesce(c.vanished, [])) = 0
            QUALIFY row_number() OVER (ORDER BY c.captured_at DESC, c.capture_id) = 1""",
            {"id": capture_id},
        )
        if not earlier:
            return []
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE both_captures AS SELECT * FROM post_snapshots
            WHERE capture_id IN ($id, $earlier)""",
            {"id": capture_id, "earlier": earlier[0]["capture_id"]},
        )
        posts = near(connection, "posts", ["post_id"], "both_captures")
        rows = records(
            connection,
            f"""SELECT s.capture_id = $id AS is_now, p.format, count(*) AS n, {counts}
            FROM both_captures AS s JOIN {posts} AS p ON p.post_id = s.post_id GROUP BY ALL""",
            {"id": capture_id},
        )
    now = {r["format"]: r for r in rows if r["is_now"] and r["n"] >= MIN_VANISHED}
    before = {r["format"]: r for r in rows if not r["is_now"] and r["n"] >= MIN_VANISHED}
    metrics = []
    for metric in METRICS:
        had = [f for f in before if f in now and 2 * before[f][metric] >= before[f]["n"]]
        if had and not any(now[f][metric] for f in had):
            n_before, n_now = (sum(rows_[f]["n"] for f in had) for rows_ in (before, now))
            metrics.append({"metric": metric, "n_before": n_before, "n_now": n_now})
    return metrics


def _refuse_strange(frames: Mapping[str, pd.DataFrame]) -> None:
    for table, frame in frames.items():
        if table not in TABLES:
            raise BadInput(f"a capture writes no table {table}", todo=f"It writes {TABLES}.")
        if human := HUMAN.get(table, set()) & set(frame.columns):
            raise BadInput(f"{table}: {', '.join(sorted(human))} is for people to write.")


def _begin(connection: Connection, row: Mapping[str, Any]) -> None:
    previous = _one(connection, str(row["capture_id"])) or {}
    facts = {k: v for k, v in row.items() if v is not None}
    first = {"started_at": previous.get("started_at") or facts.get("started_at") or naive(None)}
    new_row = {**previous, **facts, **first, "status": "running", "reason": None, "ended_at": None}
    save(connection, "captures", [new_row], key=["capture_id"])


def _part(connection: Connection, table: str, key: str, numbers: Sequence[str]) -> int:
    """Move staged snapshots a second on, as often as another capture has another number at their
    time.
    """
    differ = " OR ".join(f"s.{name} <> n.{name}" for name in numbers)
    stored = near(connection, table, [key])
    moves: set[str] = set()
    for _ in range(_MAX_PARTED):
        clashes = connection.execute(
            f"""SELECT DISTINCT n._n, n.{key} FROM new_{table} AS n JOIN {stored} AS s
    ON s.{key} = n.{key}
            AND s.captured_at = n.captured_at AND s.capture_id <> n.capture_id WHERE {differ}"""
        ).fetchall()
        if not clashes:
            break
        connection.execute(
            f"UPDATE new_{table} SET captured_at = captured_at + INTERVAL 1 SECOND "
            "WHERE list_contains($rows, _n)",
            {"rows": [row for row, _ in clashes]},
        )
        moves.update(str(one) for _, one in clashes)
    return len(moves)


def _save_posts(connection: Connection) -> None:
    # An empty list beside no caption is a source that has neither, not a post without hashtags.
    for name in ("hashtags", "mentions"):
        connection.execute(
            f"UPDATE new_posts SET {name} = NULL WHERE caption IS NULL AND len({name}) = 0"
        )
    special = {
        "first_seen_at": "min(first_seen_at)",
        "last_captured_at": "max(last_captured_at)",
        "format": "coalesce(arg_max(nullif(format, 'unknown'), _rank), 'unknown')",
    }
    fold(connection, "posts", ["post_id"], order="last_captured_at", special=special)


def _save_snapshots(connection: Connection) -> None:
    special = {"capture_id": "arg_min(capture_id, _rank)"}
    worst_first = quoted(STATES_BEST_FIRST[::-1])
    for name in METRICS:
        state = (
            f"coalesce({name}_state, CASE WHEN {name} IS NULL THEN 'not_exposed' ELSE "
            "'observed' END)"
        )
        place = f"list_position([{worst_first}], {state}) * 1e18::HUGEINT + coalesce({name}, 0)"
        special[name] = f"arg_max({name}, {place})"
        special[f"{name}_state"] = f"arg_max({state}, {place})"
    key = ["post_id", "captured_at"]
    fold(connection, "post_snapshots", key, order="captured_at", special=special)


def _hide_likes(connection: Connection, capture_id: str) -> None:
    """Likes that an account hides come as one tiny number: they are hidden, not data (apify.md
    3.1).

    A count of at most 3 is hidden where an earlier capture said so of the post, or where at least 5
    posts of the account in this capture, all of them, carry that one number with more comments or
    1,000 views. The raw item keeps what the provider wrote.
    """
    values = {"id": capture_id}
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE observed AS
        SELECT post_id, captured_at, likes, coalesce(comments, 0) AS comments,
            coalesce(views, plays, 0) AS views
        FROM post_snapshots WHERE capture_id = $id AND likes_state = 'observed'""",
        values,
    )
    if not connection.execute("SELECT 1 FROM observed WHERE likes <= 3 LIMIT 1").fetchone():
        return
    stored, posts = (
        near(connection, t, ["post_id"], "observed") for t in ("post_snapshots", "posts")
    )
    connection.execute(f"""CREATE OR REPLACE TEMP TABLE hidden AS
        SELECT o.post_id FROM observed AS o SEMI JOIN {stored} AS s
        ON s.post_id = o.post_id AND s.captured_at < o.captured_at AND s.likes_state = 'hidden'
        UNION
        SELECT unnest(list(o.post_id)) FROM observed AS o JOIN {posts} AS p USING (post_id)
        WHERE p.account_id IS NOT NULL GROUP BY p.account_id
        HAVING count(*) >= 5 AND min(o.likes) = max(o.likes)
        AND max(greatest(o.comments - o.likes, 0)) > 0
        AND bool_and(o.comments > o.likes OR o.views > 1000)""")
    connection.execute(
        """UPDATE post_snapshots SET likes = NULL, likes_state = 'hidden'
        WHERE capture_id = $id AND likes_state = 'observed' AND likes <= 3
        AND post_id IN (SELECT post_id FROM hidden)""",
        values,
    )


def _one(connection: Connection, capture_id: str) -> dict[str, Any] | None:
    rows = records(connection, "SELECT * FROM captures WHERE capture_id = ?", [capture_id])
    return rows[0] if rows else None


def _counts(connection: Connection, capture_id: str) -> dict[str, int]:
    row = records(
        connection,
        """WITH mine AS (SELECT post_id FROM project_posts WHERE first_capture_id = $id),
        seen AS (SELECT DISTINCT post_id FROM post_snapshots WHERE capture_id = $id),
        refused AS (SELECT DISTINCT item_no FROM problems WHERE capture_id = $id
        AND kind <> 'bad_value')
        SELECT
            (SELECT count(*) FROM raw_items WHERE capture_id = $id) AS found,
            (SELECT count(*) FROM raw_items ANTI JOIN refused USING (item_no)
            WHERE capture_id = $id) AS mapped,
            (SELECT count(native_id) FROM raw_items WHERE capture_id = $id) AS posts,
            (SELECT count(*) FROM mine) AS "new",
            (SELECT count(*) FROM seen ANTI JOIN mine USING (post_id)) AS updated,
            (SELECT count(*) FROM refused) AS problems,
            (SELECT count(*) FROM problems WHERE capture_id = $id
            AND kind = 'bad_value') AS bad_values""",
        {"id": capture_id},
    )[0]
    skipped = max(row["posts"] - row["new"] - row["updated"], 0)
    return {name: int({**row, "skipped": skipped}[name]) for name in _COUNTED}
