"""Store predictions (hash chain), verdicts, patterns, matches, own analytics and costs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import pandas as pd

from vtlib.core.errors import BadInput
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import naive, records, save, stage

# What a prediction says, in the order of its frozen text; `made_at`, `seq` and the digests come
# beside it.
FROZEN = (
    *("project_id", "script_id", "version", "target", "platform", "format", "metric", "account_id"),
    *("predicted_ln", "low_ln", "high_ln", "p_beats_median", "p_breakout", "naive_ln"),
    *("naive_low_ln", "naive_high_ln", "n_baseline", "effect_ln", "effects", "patterns"),
    *("model_opinion", "interval_basis", "method", "reason", "known_until"),
)


def freeze(store: Store, project: str, predictions: pd.DataFrame, *, at: datetime) -> pd.DataFrame:
    """Append predictions and return those that were new, with their prediction_id; nothing is ever
    changed.

    `predictions`: FROZEN without project_id, one row a script version and target. The same
    prediction from the same data is there already and is not written twice; a later change of
    anything is a new row. Each row's text carries the digest of the one before it, so that editing
    or removing one shows (checks `prediction_*`).
    """
    new: list[dict[str, Any]] = []
    with store.write("performance") as connection:
        last = connection.execute(
            "SELECT seq, content_sha256 FROM predictions WHERE project_id = ? ORDER BY seq DESC "
            "LIMIT 1",
            [project],
        ).fetchone()
        seq, previous = (int(last[0]), str(last[1])) if last else (0, "")
        rows = connection.execute(
            "SELECT prediction_id FROM predictions WHERE project_id = ?", [project]
        ).fetchall()
        ids = {str(row[0]) for row in rows}
        for record in predictions.to_dict("records"):
            facts = {k: _plain(record.get(k)) for k in FROZEN} | {"project_id": project}
            key = hashlib.sha256(_text(facts)).hexdigest()[:24]
            if key in ids:
                continue
            ids.add(key)
            seq += 1
            moment = naive(at)
            head = {
                "prediction_id": key,
                "seq": seq,
                "made_at": moment,
                "previous_sha256": previous,
            }
            content = _text({**facts, **head})
            previous = hashlib.sha256(content).hexdigest()
            row = {**facts, **head, "content": content.decode(), "content_sha256": previous}
            new.append(row | {k: _text_of(facts[k]) for k in ("effects", "patterns")})
        if new:
            save(connection, "predictions", new, key=["prediction_id"], keep=True)
    return pd.DataFrame(new)


def save_verdicts(store: Store, project: str, verdicts: pd.DataFrame, *, at: datetime) -> None:
    """Replace the project's verdicts.

    `verdicts`: performance VERDICT_COLUMNS; `actual` (a count, or a rate) is added from
    `actual_ln`.
    """
    rows = verdicts.rename(columns={"prediction_id": "prediction"}).assign(
        project_id=project, judged_at=naive(at)
    )
    with store.write("performance") as connection:
        stage(connection, "verdicts", rows)
        connection.execute("DELETE FROM verdicts WHERE project_id = ?", [project])
        connection.execute(
            "INSERT INTO verdicts BY NAME SELECT * EXCLUDE (_n) "
            "REPLACE (CASE target WHEN 'ln_views_7d' THEN round(exp(actual_ln) - 1) "
            "ELSE exp(actual_ln) END AS actual) FROM new_verdicts "
            "QUALIFY row_number() OVER (PARTITION BY prediction, post_id ORDER BY _n DESC) = 1"
        )


def save_patterns(
    store: Store,
    run: Mapping[str, Any],
    table: pd.DataFrame,
    platforms: pd.DataFrame | None = None,
) -> None:
    """Write a run of the library and its patterns; a run with the same pattern_run_id is replaced
    as a whole.

    `run`: columns of `pattern_runs`; `table`, `platforms`: columns of `patterns` and
    `pattern_platforms` without pattern_run_id.
    """
    key = run["pattern_run_id"]
    parts = {"patterns": table, "pattern_platforms": pd.DataFrame()}
    parts |= {} if platforms is None else {"pattern_platforms": platforms}
    with store.write("performance") as connection:
        save(connection, "pattern_runs", [run], key=["pattern_run_id"])
        for name, rows in parts.items():
            stage(connection, name, rows)
            connection.execute(f"DELETE FROM {name} WHERE pattern_run_id = ?", [key])
            connection.execute(
                f"INSERT INTO {name} BY NAME "
                f"SELECT * EXCLUDE (_n) REPLACE ($1 AS pattern_run_id) FROM new_{name}",
                [key],
            )


def save_native(store: Store, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> int:
    """Add rows of an export of own analytics; importing a file again replaces its rows. Returns how
    many.

    `rows`: columns of `native_analytics` without imported_at, all of one or more files.
    """
    digests = sorted({(str(r["project_id"]), str(r["source_sha256"])) for r in rows})
    with store.write("performance") as connection:
        for project, digest in digests:
            connection.execute(
                "DELETE FROM native_analytics WHERE project_id = ? AND source_sha256 = ?",
                [project, digest],
            )
        stage(connection, "native_analytics", [{**r, "imported_at": naive(at)} for r in rows])
        connection.execute(
            "INSERT INTO native_analytics BY NAME SELECT * EXCLUDE (_n) FROM new_native_analytics"
        )
    return len(rows)


def known_posts(store: Store, post_ids: Sequence[str], *, but_for: str = "") -> set[str]:
    """Those of `post_ids` in the store; with `but_for`, captured by another actor."""
    sql = "SELECT post_id FROM posts WHERE list_contains($ids, post_id)"
    if but_for:
        sql = (
            "SELECT DISTINCT s.post_id FROM post_snapshots AS s JOIN captures AS c USING "
            "(capture_id) "
            "WHERE list_contains($ids, s.post_id) AND c.actor IS DISTINCT FROM $actor"
        )
    parameters = {"ids": [*post_ids], **({"actor": but_for} if but_for else {})}
    return {str(i) for i in store.query(sql, parameters)["post_id"]}


def note_cost(store: Store, cost: Mapping[str, Any], *, by: str, at: datetime) -> str:
    """Note what making a script cost (hours, an amount, or both); returns its id. The same again is
    one row.

    `cost`: project_id, product_id, script_id, what, hours, amount, currency, spent_at. Raises
    BadInput for neither hours nor an amount, and for negative ones.
    """
    hours, amount = cost.get("hours"), cost.get("amount")
    if hours is None and amount is None:
        raise BadInput("a cost is hours, an amount, or both.", todo="E.g. --hours 3.5")
    if min(hours or 0, amount or 0) < 0:
        raise BadInput("a cost is not negative.")
    key = hashlib.sha256(_text({k: _plain(v) for k, v in cost.items()})).hexdigest()[:24]
    row = {**cost, "cost_id": key, "noted_by": by, "noted_at": naive(at)}
    with store.write("performance") as connection:
        save(connection, "production_costs", [row], key=["cost_id"], keep=True)
    return key


def set_variant(store: Store, script_id: str, post_id: str, variant: str | None) -> None:
    """Set the variant of a linked post. Raises BadInput when it is not linked."""
    with store.write("scripts") as connection:
        if not _linked(connection, script_id, post_id):
            raise BadInput(
                f"{post_id} is not linked to {script_id}.",
                todo=f"vt script track {script_id} --post-url URL",
            )
        connection.execute(
            "UPDATE publications SET variant = ? WHERE script_id = ? AND post_id = ?",
            [variant, script_id, post_id],
        )


def _linked(connection: Connection, script_id: str, post_id: str) -> bool:
    sql = "SELECT 1 FROM publications WHERE script_id = ? AND post_id = ?"
    return connection.execute(sql, [script_id, post_id]).fetchone() is not None


def _text(facts: Any) -> bytes:
    return orjson.dumps(
        facts,
        option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NAIVE_UTC,
    )


def _text_of(value: Any) -> str | None:
    """JSON with its keys in order, as `content` has it."""
    return None if value is None else _text(value).decode()


def _plain(value: Any) -> Any:
    """A cell of a frame as a value that JSON knows; what is missing is None."""
    if isinstance(value, (list, dict, str)) or value is None:
        return value
    if pd.isna(value):
        return None
    if isinstance(value, datetime):
        return naive(pd.Timestamp(value).to_pydatetime())
    return value.item() if hasattr(value, "item") else value


CLOSING = ("refuse", "unlink")  # decisions after which the machine does not propose a pair again


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a pair: link, refuse, unlink or reopen, by whom and why."""

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
    with store.write("performance") as connection:
        stage(connection, "script_matches", rows)
        connection.execute("DELETE FROM script_matches WHERE project_id = ?", [project])
        connection.execute(
            "INSERT INTO script_matches BY NAME SELECT * EXCLUDE (_n) FROM new_script_matches"
        )


def save_decision(store: Store, decision: Decision, *, at: datetime) -> None:
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
    with store.write("performance") as connection:
        save(connection, "match_decisions", [row], key=key)


def closed_pairs(store: Store, project: str) -> pd.DataFrame:
    """Pairs that are not to be proposed: script_id, post_id."""
    return store.query(
        """SELECT d.script_id, d.post_id FROM match_decisions AS d
        JOIN scripts AS s ON s.script_id = d.script_id AND s.project_id = $project
        QUALIFY row_number() OVER (
            PARTITION BY d.script_id, d.post_id ORDER BY d.decided_at DESC, d.decision DESC
        ) = 1 AND list_contains($closed, d.decision)""",
        {"project": project, "closed": list(CLOSING)},
    )


def linked_posts(store: Store, project: str) -> pd.DataFrame:
    """Posts linked to scripts of a project: script_id, post_id."""
    return store.query(
        "SELECT DISTINCT u.script_id, u.post_id FROM publications AS u "
        "JOIN scripts AS s ON s.script_id = u.script_id AND s.project_id = ? ORDER BY 1, 2",
        [project],
    )


def remove_link(store: Store, script_id: str, post_id: str) -> dict[str, Any]:
    """Remove the link of a post to a script; returns its row. Raises BadInput for none."""
    with store.write("scripts") as connection:
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


def save_cut(store: Store, cut: Mapping[str, Any], *, by: str, at: datetime) -> None:
    """Note the pictures of a file made of a script; the same file again is one row."""
    row = {**cut, "added_by": by, "added_at": naive(at)}
    with store.write("performance") as connection:
        save(connection, "script_cuts", [row], key=["script_id", "sha256"])


def script_cuts(store: Store, project: str) -> dict[str, list[list[int]]]:
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
