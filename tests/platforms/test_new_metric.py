"""A metric added as docs/adding-a-platform.md says: three edits in a copy of the package, and a
database of before.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import vtlib
from vtlib.capture import store as captures
from vtlib.store import migrate
from vtlib.store.connection import Store

DOC = Path(__file__).parents[2] / "docs" / "adding-a-platform.md"
DATA = Path(__file__).parent / "data" / "x.json"
LOOK = """
import json, sys
from pathlib import Path
from vtlib.platforms import outcome
from vtlib.store.connection import Store
from vtlib.store.data_checks import run_checks
store, item = Store(Path(sys.argv[1])), json.loads(sys.argv[2])
comment = "SELECT comment FROM duckdb_columns() WHERE table_name = 'posts_latest' AND column_name = 'quotes'"
coverage = "SELECT metric, state FROM metric_coverage WHERE metric IN ('views', 'quotes') ORDER BY metric"
before = run_checks(store)
with store.write() as connection:
    connection.execute("UPDATE post_snapshots SET quotes = -1")
after = run_checks(store)
print(json.dumps({
    "coverage": store.query(coverage).values.tolist(),
    "comment": store.query(comment)["comment"][0],
    "mapped": outcome("x", item).metrics["quotes"].value,
    "browse": "quotes_state" in store.query_file("browse_page", project="p", ids="x:1"),
    "wrong": [before[before["n"] > 0]["check"].tolist(), after[after["n"] > 0]["check"].tolist()],
}))
"""  # noqa: E501


def put(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{before!r} in {path.name}"
    path.write_text(text.replace(before, before + after), encoding="utf-8")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package with a metric `quotes`: the list, a migration, a source."""
    shutil.copytree(
        Path(vtlib.__file__).parent,
        tmp_path / "fork" / "vtlib",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    folder = tmp_path / "fork" / "vtlib"
    (sql,) = re.findall(r"```sql\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    number = max(n for n, _ in migrate.files()) + 1
    (folder / "store/migrations" / f"{number:04}_quotes.sql").write_text(sql, encoding="utf-8")
    put(
        folder / "core/models.py", "METRIC_MEANINGS = {\n", '    "quotes": "posts that quote it",\n'
    )
    put(
        folder / "platforms/x.py",
        '"reposts": _reposts(raw),\n',
        '"quotes": count(raw.get("quoteCount")),\n',
    )
    return folder.parent


def database(path: Path) -> Store:
    """One post with 5 views, captured before the metric was there."""
    store, at = Store(path), datetime(2026, 3, 1)
    post = {"post_id": "x:1", "platform": "x", "native_id": "1", "url": "https://x.com/i/status/1"}
    post |= {"format": "text", "first_seen_at": at, "last_captured_at": at}
    link = {"project_id": "p", "post_id": "x:1", "came_from": "dataset", "added_at": at}
    count: dict[str, Any] = {"post_id": "x:1", "captured_at": at, "capture_id": "c", "views": 5}
    rows = {"posts": post, "post_snapshots": count, "project_posts": link}
    with store.write() as connection:
        connection.execute("INSERT INTO projects (project_id, slug) VALUES ('p', 'p')")
        connection.execute(
            "INSERT INTO captures (capture_id, project_id, status) VALUES ('c', 'p', 'ok')"
        )
    captures.ingest(store, {name: pd.DataFrame([row]) for name, row in rows.items()})
    return store


def test_it_is_in_views_comments_checks_queries_and_items(package: Path, tmp_path: Path) -> None:
    store = database(tmp_path / "before.duckdb")
    item = json.loads(DATA.read_text(encoding="utf-8"))["items"][0]["payload"]
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(store.path), json.dumps(item)],
        env={**os.environ, "PYTHONPATH": str(package)},
        cwd=package,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "coverage": [["quotes", "not_exposed"], ["views", "observed"]],
        "comment": "posts that quote it",
        "mapped": item["quoteCount"],
        "browse": True,
        "wrong": [[], ["metric_states", "negative_counts"]],
    }
