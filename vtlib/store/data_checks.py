"""Checks: SQL that selects rows which must not exist. Each file of checks/ is one.

A file starts with two comment lines, `-- severity: error|warning` and `-- todo: what to do`, and
selects one column `example` that names the offender, one row an offender. Lists come from
`vtlib/core/models.py`: `{platforms}`, `{formats}`, `{tiers}` and `{states}` as quoted words,
`{metrics}` as column names; a file with the line `-- for each metric` is one SELECT that is
repeated for every `{metric}`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from vtlib.core.errors import DataCheckFailed
from vtlib.core.models import FORMATS, METRICS, PLATFORMS, STATES, TIERS
from vtlib.store.connection import Store

FOLDER = Path(__file__).parent / "checks"
FOR_EACH_METRIC = "-- for each metric"
WORDS = {"platforms": PLATFORMS, "formats": FORMATS, "tiers": TIERS, "states": STATES}


def run_checks(store: Store) -> pd.DataFrame:
    """Run every check: check, severity (error, warning), n (offenders), example, what_to_do.

    One row a check in order of name, n = 0 where all is well; all in one reading of the database.
    """
    rows = []
    with store.read() as connection:
        for path in sorted(FOLDER.glob("*.sql")):
            sql = check_sql(path)
            found = connection.execute(f"SELECT count(*), min(example) FROM (\n{sql}\n)").fetchone()
            n, example = found or (0, None)
            rows.append((path.stem, _head(sql, "severity"), int(n), example, _head(sql, "todo")))
    return pd.DataFrame(rows, columns=["check", "severity", "n", "example", "what_to_do"])


def require_sound(store: Store) -> pd.DataFrame:
    """`run_checks`, but raises DataCheckFailed when a check of severity error finds anything."""
    found = run_checks(store)
    bad = found[(found["n"] > 0) & (found["severity"] == "error")]
    if len(bad):
        first = bad.iloc[0]
        raise DataCheckFailed(
            f"{len(bad)} checks found rows that must not exist; {first['check']}: {first['n']}, "
            f"e.g. {first['example']}.",
            todo=f"{first['what_to_do']} All of them: vt check",
        )
    return found


def check_sql(path: Path) -> str:
    """The SELECT of a check file with the lists of `vtlib/core/models.py` filled in."""
    text = path.read_text(encoding="utf-8").strip().rstrip(";")
    if FOR_EACH_METRIC in text:
        head, select = text.split(FOR_EACH_METRIC)
        each = (select.replace("{metric}", metric) for metric in METRICS)
        text = head + "\nUNION ALL\n".join(each)
    for name, words in WORDS.items():
        text = text.replace(f"{{{name}}}", ", ".join(f"'{word}'" for word in words))
    return text.replace("{metrics}", ", ".join(METRICS))


def _head(sql: str, key: str) -> str:
    match = re.search(rf"^-- {key}: (.+)$", sql, re.MULTILINE)
    return match.group(1).strip() if match else ""
