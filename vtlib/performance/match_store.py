"""Posts matched to scripts: proposals (machine), decisions (append-only), links undone, cuts of
scripts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from vtlib.core.errors import BadInput
from vtlib.store.connection import Store
from vtlib.store.writes import naive, records, save, stage

CLOSED = ("refuse", "unlink")  # decisions after which the machine does not propose a pair again


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a pair, by whom and why; `decision` is link, refuse, unlink or
    reopen.
    """

    script_id: str
    post_id: str
    decision: str
    by: str
    reason: str = ""
    version: int | None = None
    probability: float | None = None
    is_automatic: bool = False


def save_proposals(store: Store, project: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the proposals of a project. `rows`: columns of `script_matches`."""
    with store.write() as connection:
        stage(connection, "script_matches", rows)
        connection.execute("DELETE FROM script_matches WHERE project_id = ?", [project])
        connection.execute(
            "INSERT INTO script_matches BY NAME SELECT * EXCLUDE (_n) FROM new_script_matches"
        )


def decide(store: Store, decision: Decision, *, at: datetime) -> None:
    """Add a decision."""
    row = {
        "script_id": decision.script_id,
        "version": decision.version,
        "post_id": decision.post_id,
        "decision": decision.decision,
        "reason": decision.reason or None,
        "probability": decision.probability,
        "is_automatic": decision.is_automatic,
        "decided_by": decision.by,
        "decided_at": naive(at),
    }
    key = ["script_id", "post_id", "decision", "decided_at"]
    with store.write() as connection:
        save(connection, "match_decisions", [row], key=key)


def closed(store: Store, project: str) -> pd.DataFrame:
    """Pairs that are not to be proposed: script_id, post_id."""
    return store.query(
        """SELECT d.script_id, d.post_id FROM match_decisions AS d
        JOIN scripts AS s ON s.script_id = d.script_id AND s.project_id = $project
        QUALIFY row_number() OVER (
            PARTITION BY d.script_id, d.post_id ORDER BY d.decided_at DESC, d.decision DESC
        ) = 1 AND list_contains($closed, d.decision)""",
        {"project": project, "closed": list(CLOSED)},
    )


def links(store: Store, project: str) -> pd.DataFrame:
    """Posts linked to scripts of a project: script_id, post_id."""
    return store.query(
        "SELECT DISTINCT u.script_id, u.post_id FROM publications AS u "
        "JOIN scripts AS s ON s.script_id = u.script_id AND s.project_id = ? ORDER BY 1, 2",
        [project],
    )


def unlink(store: Store, script_id: str, post_id: str) -> dict[str, Any]:
    """Take the link of a post to a script away; returns its row. Raises BadInput when there is
    none.
    """
    with store.write() as connection:
        sql = "SELECT * FROM publications WHERE script_id = ? AND post_id = ?"
        rows = records(connection, sql, [script_id, post_id])
        if not rows:
            raise BadInput(
                f"{post_id} is not linked to {script_id}.", todo=f"vt script show {script_id}"
            )
        connection.execute(
            "DELETE FROM publications WHERE script_id = ? AND post_id = ?", [script_id, post_id]
        )
    return rows[0]


def add_cut(store: Store, cut: Mapping[str, Any], *, by: str, at: datetime) -> None:
    """Note the pictures of a file made of a script; the same file again is one row."""
    row = {**cut, "added_by": by, "added_at": naive(at)}
    with store.write() as connection:
        save(connection, "script_cuts", [row], key=["script_id", "sha256"])


def cuts(store: Store, project: str) -> dict[str, list[list[int]]]:
    """The picture hashes of the files of each script."""
    rows = store.query(
        "SELECT c.script_id, c.hashes FROM script_cuts AS c "
        "JOIN scripts AS s ON s.script_id = c.script_id AND s.project_id = ? ORDER BY c.added_at",
        [project],
    )
    hashes: dict[str, list[list[int]]] = {}
    for row in rows.to_dict("records"):
        hashes.setdefault(row["script_id"], []).append([int(h, 16) for h in row["hashes"]])
    return hashes
