"""Accounts: one row each, by handle or native id. Works on staged rows.

Without a native id an account is the placeholder `platform:@handle`; once the id is seen with that
handle, everything moves to `platform:native_id` and the placeholder is deleted. A handle of several
accounts means the one that was seen with it last.
"""

from __future__ import annotations

from vtlib.store.engine import Connection
from vtlib.store.writes import fold, near, stage

_SEEN = {
    "first_seen_at": "min(first_seen_at)",
    "last_captured_at": "max(last_captured_at)",
    # set from account_handles beforehand; the staged rows of an account all have the same one
    "handle": "arg_max(handle, _n)",
}
_COUNTS = {
    name: f"max({name})" for name in ("followers", "following", "posts", "is_verified", "bio")
}
_COUNTS["capture_id"] = "arg_min(capture_id, _rank)"
_PLACEHOLDER = "account_id LIKE '%:@%'"


def settle(connection: Connection) -> None:
    """Write the staged accounts; give staged posts and account_snapshots their final account id.

    Needs `new_accounts`, `new_posts` and `new_account_snapshots`. Accounts that only these two name
    are made from their ids.
    """
    _complete(connection)
    _remember_handles(connection)
    _find_moves(connection)
    _move_staged(connection)
    stored = near(connection, "accounts", ["account_id"], "going")
    if _count(connection, f"going SEMI JOIN {stored} AS a USING (account_id)"):
        _move_stored(connection)
    _current_handles(connection)
    fold(connection, "accounts", ["account_id"], order="last_captured_at", special=_SEEN)


def save_snapshots(connection: Connection) -> None:
    """Merge staged account_snapshots with stored ones; at one time the larger count wins."""
    key = ["account_id", "captured_at"]
    fold(connection, "account_snapshots", key, order="captured_at", special=_COUNTS)


def _complete(connection: Connection) -> None:
    """Fill parts of staged accounts from their ids and ids from their parts, in lower case."""
    connection.execute(f"""
        INSERT INTO new_accounts (account_id, platform, first_seen_at, last_captured_at, _n)
        SELECT account_id, split_part(account_id, ':', 1), min(first_seen_at),
            max(last_captured_at), -1
        FROM (
            SELECT account_id, first_seen_at, last_captured_at FROM new_posts
            UNION ALL SELECT account_id, captured_at, captured_at FROM new_account_snapshots
        )
        WHERE account_id IS NOT NULL GROUP BY account_id;
        UPDATE new_accounts SET native_id = substr(account_id, strpos(account_id, ':') + 1)
        WHERE native_id IS NULL AND account_id IS NOT NULL AND NOT {_PLACEHOLDER};
        UPDATE new_accounts SET handle = nullif(lower(ltrim(trim(
            CASE WHEN native_id IS NULL AND handle IS NULL THEN split_part(account_id, ':@',
            2) ELSE handle END
        ), '@')), '');
        UPDATE new_accounts SET account_id = platform || ':' || coalesce(native_id, '@' || handle);
        DELETE FROM new_accounts WHERE account_id IS NULL;""")
    for table in ("new_posts", "new_account_snapshots"):
        connection.execute(
            f"UPDATE {table} SET account_id = lower(regexp_replace(account_id, ':@+', ':@')) "
            f"WHERE {_PLACEHOLDER}"
        )


def _remember_handles(connection: Connection) -> None:
    stage(connection, "account_handles", [])
    connection.execute("""
        INSERT INTO new_account_handles BY NAME
        SELECT platform, handle, account_id, _n, coalesce(first_seen_at,
            last_captured_at) AS first_seen_at,
            coalesce(last_captured_at, first_seen_at) AS last_seen_at
        FROM new_accounts WHERE native_id IS NOT NULL AND handle IS NOT NULL""")
    fold(
        connection,
        "account_handles",
        ["platform", "handle", "account_id"],
        order="last_seen_at",
        special={"first_seen_at": "min(first_seen_at)", "last_seen_at": "max(last_seen_at)"},
    )


def _find_moves(connection: Connection) -> None:
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE placeholders AS
        SELECT account_id, platform, handle FROM accounts WHERE native_id IS NULL
        UNION SELECT account_id, platform, handle FROM new_accounts WHERE native_id IS NULL""")
    handles = near(connection, "account_handles", ["platform", "handle"], "placeholders")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE account_moves AS
        SELECT p.account_id AS old_id, last(h.account_id ORDER BY h.last_seen_at NULLS FIRST,
            h.account_id) AS new_id
        FROM placeholders AS p
        JOIN {handles} AS h ON h.platform = p.platform AND h.handle = p.handle
        GROUP BY p.account_id""")


def _move_staged(connection: Connection) -> None:
    """Staged rows, and stored placeholders that are to go, take their native account's id."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE going AS SELECT old_id AS account_id FROM account_moves""")
    accounts = near(connection, "accounts", ["account_id"], "going")
    connection.execute(f"""
        INSERT INTO new_accounts BY NAME
        SELECT *, -1 AS _n FROM {accounts} AS a SEMI JOIN going USING (account_id)""")
    for table in ("new_accounts", "new_posts", "new_account_snapshots"):
        connection.execute(
            f"UPDATE {table} SET account_id = new_id FROM account_moves WHERE account_id = old_id"
        )
    connection.execute("""
        UPDATE new_accounts SET native_id = substr(account_id, strpos(account_id, ':') + 1)
        WHERE native_id IS NULL AND account_id IN (SELECT new_id FROM account_moves)""")


def _move_stored(connection: Connection) -> None:
    for table in ("posts", "outlier_scores", "early_calls", "project_accounts"):
        connection.execute(
            f"UPDATE {table} SET account_id = new_id FROM account_moves WHERE account_id = old_id"
        )
    connection.execute("""
        INSERT INTO new_account_snapshots BY NAME
        SELECT s.* REPLACE (m.new_id AS account_id), -1 AS _n
        FROM account_snapshots AS s JOIN account_moves AS m ON s.account_id = m.old_id;
        DELETE FROM account_snapshots WHERE account_id IN (SELECT old_id FROM account_moves);
        DELETE FROM accounts WHERE account_id IN (SELECT old_id FROM account_moves);
        CREATE OR REPLACE TEMP TABLE followed AS
        SELECT project_id, account_id, arg_min(role, added_at) AS role, string_agg(DISTINCT notes,
            '; ') AS notes,
            min(added_at) AS added_at
        FROM project_accounts WHERE account_id IN (SELECT new_id FROM account_moves)
        GROUP BY project_id, account_id;
        DELETE FROM project_accounts WHERE account_id IN (SELECT new_id FROM account_moves);
        INSERT INTO project_accounts BY NAME SELECT * FROM followed""")


def _current_handles(connection: Connection) -> None:
    handles = near(connection, "account_handles", ["account_id"], "new_accounts")
    connection.execute(f"""
        UPDATE new_accounts SET handle = h.handle
        FROM (
            SELECT account_id, last(handle ORDER BY last_seen_at NULLS FIRST, handle) AS handle
            FROM {handles} AS t SEMI JOIN new_accounts USING (account_id) GROUP BY account_id
        ) AS h
        WHERE new_accounts.account_id = h.account_id""")


def _count(connection: Connection, source: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {source}").fetchone()
    return int(row[0]) if row else 0
