"""Checks: SQL that selects rows which must not exist. Each file of checks/ is one.

A file starts with two comment lines, `-- severity: error|warning` and `-- todo: what to do`, and
selects one column `example` that names the offender, one row an offender. Lists come from
core/models.py (sql_lists.py).
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from vtlib.core.errors import DataCheckFailed
from vtlib.store.connection import Store
from vtlib.store.sql_lists import read_sql

FOLDER = Path(__file__).parent / "checks"


def run_checks(store: Store) -> pd.DataFrame:
    """Run every check: check, severity (error, warning), n (offenders), example, what_to_do.

    One row a check in order of name, n = 0 where all is well; all in one reading of the database.
    """
    rows = []
    with store.read() as connection:
        for path in sorted(FOLDER.glob("*.sql")):
            sql = check_sql(path)
            result = connection.execute(
                f"SELECT count(*), min(example) FROM (\n{sql}\n)"
            ).fetchone()
            n, example = result or (0, None)
            rows.append((path.stem, _head(sql, "severity"), int(n), example, _head(sql, "todo")))
    return pd.DataFrame(rows, columns=["check", "severity", "n", "example", "what_to_do"])


def require_sound(store: Store) -> pd.DataFrame:
    """`run_checks`, but raises DataCheckFailed when a check of severity error finds anything."""
    checks = run_checks(store)
    bad = checks[(checks["n"] > 0) & (checks["severity"] == "error")]
    if len(bad):
        first = bad.iloc[0]
        raise DataCheckFailed(
            f"{len(bad)} checks found rows that must not exist; {first['check']}: {first['n']}, "
            f"e.g. {first['example']}.",
            todo=f"{first['what_to_do']} All of them: vt check",
        )
    return checks


def check_sql(path: Path) -> str:
    """The SELECT of a check file with its lists filled in."""
    return read_sql(path).strip().rstrip(";")


def _head(sql: str, key: str) -> str:
    match = re.search(rf"^-- {key}: (.+)$", sql, re.MULTILINE)
    return match.group(1).strip() if match else ""
