"""Log of use, local to the workspace: a line for each command, never sent anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtlib.core.settings import make_private, person

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.store.project import Workspace

COLUMNS = ["at", "person", "command", "project", "seconds", "exit_code", "outcome", "run_id"]
_REFUSED = (2, 3, 7, 8)  # errors.py: input, key, database held, cap


def path(at: Workspace) -> Path:
    """Where the lines are: not in the database, which a command that only reads must not lock."""
    return at.outputs / "logs" / "use.jsonl"


def note(at: Workspace, facts: Mapping[str, Any]) -> None:
    """Log a command: command, project, seconds, exit_code, run_id. Ignores a full disk."""
    code = int(facts["exit_code"])
    outcome = "ok" if code == 0 else "refused" if code in _REFUSED else "failed"
    line = {"at": at.now().isoformat(), "person": person(), **facts, "outcome": outcome}
    with suppress(OSError):
        make_private(at.outputs)
        path(at).parent.mkdir(exist_ok=True)
        with path(at).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read(
    at: Workspace, *, project: str | None = None, since: datetime | None = None
) -> pd.DataFrame:
    """The lines, oldest first: COLUMNS, `at` naive UTC; a line cut by a kill is left out."""
    import pandas as pd  # noqa: PLC0415 - every command notes its use, few read it

    rows = []
    if path(at).exists():
        for text in path(at).read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError):
                rows.append(json.loads(text))
    lines = pd.DataFrame([r for r in rows if isinstance(r, dict)], columns=COLUMNS)
    lines["at"] = pd.to_datetime(lines["at"], utc=True, format="ISO8601").dt.tz_localize(None)
    if project:
        lines = lines[lines["project"].eq(project)]
    if since is not None:
        lines = lines[lines["at"] >= pd.Timestamp(since)]
    return lines.reset_index(drop=True)


def usage_counts(lines: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Commands by `by`, most first: n, failed, refused, seconds, median_s, first_at, last_at."""
    groups = lines.groupby(list(by), dropna=False, sort=True)
    counts = groups.agg(
        n=("command", "size"),
        failed=("outcome", lambda o: int((o == "failed").sum())),
        refused=("outcome", lambda o: int((o == "refused").sum())),
        seconds=("seconds", "sum"),
        median_s=("seconds", "median"),
        first_at=("at", "min"),
        last_at=("at", "max"),
    )
    return counts.reset_index().sort_values("n", ascending=False, kind="stable", ignore_index=True)
