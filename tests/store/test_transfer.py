"""A whole workspace into another store and back: the same rows, or none."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.frames import PROJECT, account, at, begun, capture, dump, place_of
from tests.store.test_backup import fill
from vtlib.capture import store as captures
from vtlib.cli import main
from vtlib.core.errors import BadInput, DataCheckFailed
from vtlib.store import people, transfer
from vtlib.store.connection import Store
from vtlib.store.data_checks import run_checks
from vtlib.store.project import store_at


@pytest.fixture
def team(team_url) -> Store:
    return store_at(team_url, wait_s=30)


def odd(store: Store) -> None:
    """Values at the edges of their types, beside the rows of a backup's test."""
    fill(store)
    words = '\N{COMBINING ACUTE ACCENT} 🎬 \' \\ " \t\n {"a": [1]} NULL'
    with store.write() as connection:
        connection.execute(
            "INSERT INTO posts (post_id, caption, title, duration_s, hashtags, mentions) VALUES "
            "('x:1', ?, '', 1e-308, [], ['', 'a,b', '\"']), "
            "('x:2', NULL, '{}', 'inf', NULL, [NULL]), "
            "('x:3', NULL, NULL, 0.1 + 0.2, ['NULL'], NULL)",
            [words],
        )
        connection.execute(
            "INSERT INTO raw_items (capture_id, item_no, captured_at, payload) VALUES "
            "('c9', 9223372036854775807, '0001-01-01 00:00:00.000001', ?)",
            [json.dumps({"b": 1, "a": [1.0, None, words]})],
        )


def test_there_and_back_again_is_the_same(team: Store, tmp_path: Path) -> None:
    first, last = Store(tmp_path / "first.duckdb"), Store(tmp_path / "last.duckdb")
    odd(first)
    there = transfer.copy(first, team)
    back = transfer.copy(team, last)
    assert dump(last) == dump(team) == dump(first)
    assert {c.table: c.rows for c in there if c.rows} == {c.table: c.rows for c in back if c.rows}
    assert {c.table: c.digest for c in there} == {c.table: c.digest_copied for c in back}
    assert sum(c.rows for c in there) > 15
    assert run_checks(team).equals(run_checks(first))


def test_a_target_with_rows_and_a_missing_source_are_refused(team: Store, tmp_path: Path) -> None:
    fill(team)
    source = Store(tmp_path / "a.duckdb")
    people.ensure_project(source, PROJECT, now=at(0))
    before = dump(team)
    with pytest.raises(BadInput, match="not empty"):
        transfer.copy(source, team)
    assert dump(team) == before
    with pytest.raises(BadInput, match="no database"):
        transfer.copy(Store(tmp_path / "none.duckdb"), Store(tmp_path / "b.duckdb"))
    with pytest.raises(BadInput, match="into itself"):
        transfer.copy(source, source)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posts SET caption = caption || ' ' WHERE native_id = '1'",
        "UPDATE post_snapshots SET views = views + 1 WHERE post_id = 'tiktok:2'",
        "DELETE FROM raw_items WHERE item_no = 2",
        "INSERT INTO accounts (account_id) VALUES ('tiktok:9')",
        "UPDATE posts SET hashtags = [] WHERE hashtags IS NULL",
    ],
)
def test_a_table_that_came_out_otherwise_is_not_kept(
    team: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    source = Store(tmp_path / "a.duckdb")
    fill(source)
    digest = transfer.digest

    def tampered(connection, table: str):
        is_target = type(connection).__name__ == "_Cursor"
        if is_target and re.match(rf"(UPDATE|DELETE FROM|INSERT INTO) {table}\b", change):
            connection.execute(change)
        return digest(connection, table)

    monkeypatch.setattr(transfer, "digest", tampered)
    with pytest.raises(DataCheckFailed, match="nothing was copied"):
        transfer.copy(source, team)
    assert team.query("SELECT * FROM raw_items").empty


KILLED = """
import os, signal, sys
from vtlib.store import transfer
from vtlib.store.project import store_at
def stop(rows):
    if rows == 3: os.kill(os.getpid(), signal.SIGKILL)
transfer.copy(store_at(sys.argv[1]), store_at(sys.argv[2]), on_rows=stop)
"""


def test_a_killed_copy_leaves_nothing_and_is_run_again(new_store, tmp_path: Path) -> None:
    source, target = Store(tmp_path / "a.duckdb"), new_store()
    fill(source)
    dead = subprocess.run(
        [sys.executable, "-c", KILLED, place_of(source), place_of(target)], check=False
    )
    assert dead.returncode == -signal.SIGKILL
    assert not any(dump(target).values())
    transfer.copy(source, target)
    assert dump(target) == dump(source)


def test_what_is_written_meanwhile_is_in_the_next_copy(team: Store, tmp_path: Path) -> None:
    fill(team)
    written = []

    def write(_: int) -> None:
        if not written:
            written.append(captures.begin(team, begun("d", 2)))
            captures.ingest(team, capture("d", 2, [account(2, "8", "bob")], [("9", "tiktok:8", 1)]))

    target = Store(tmp_path / "b.duckdb")
    copies = transfer.copy(team, target, on_rows=write)
    assert {c.table: c.rows_copied for c in copies}["posts"] == 3
    assert len(team.query("SELECT * FROM posts")) == 4


def test_the_command_prints_the_proof_and_no_password(
    team_url: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    home = tmp_path / "home"
    fill(Store(home / "outputs" / "viraltracker.duckdb"))
    monkeypatch.setenv("VT_HOME", str(home))
    url = team_url.replace("postgres@", "postgres:Sesame-17@")
    for code, words in (
        (0, ("store", "copy", str(home), url)),
        (2, ("store", "copy", str(home), url)),
    ):
        with pytest.raises(SystemExit) as left:
            main([*words, "--json"])
        assert left.value.code == code
        shown = capsys.readouterr()
        assert "Sesame" not in shown.out + shown.err
        if code == 0:
            rows = {t["table"]: t["rows_copied"] for t in json.loads(shown.out)["tables"]}
            assert (rows["posts"], rows["raw_items"]) == (3, 3)
    logged = "".join(p.read_text() for p in (home / "outputs" / "logs").iterdir())
    assert "Sesame" not in logged
    assert "store copy" in logged
