"""Answers of models about posts, their calls and checks, and people's corrections: the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from vtlib.core.errors import BadInput
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import naive, records, save, stage

DATA = ("ok", "repaired", "partial")
MIN_SLOPE_CALLS = 8  # fewer calls give no usable slope
_BOOKED = ("tokens_in", "tokens_out", "tokens_thinking", "usd", "project_id", "run_id")


def save_call(store: Store, row: Mapping[str, Any]) -> None:
    """Write a request to a model, before it is made (status `lost`) and again when it has ended.

    `row`: columns of `model_calls`. Once tokens are known they are booked in `spend`, once a call.
    """
    with store.write("llm") as connection:
        save(connection, "model_calls", [row], key=["call_id"])
        if row.get("tokens_in") is not None or row.get("tokens_out") is not None:
            spend = {
                "spend_id": row["call_id"],
                "at": row.get("started_at"),
                "provider": "gemini",
                "what": row.get("model"),
                "units": 1.0,
                **{name: row.get(name) for name in _BOOKED},
            }
            save(connection, "spend", [spend], key=["spend_id"], keep=True)


def save_analysis(store: Store, row: Mapping[str, Any]) -> None:
    """Write the outcome of a request, in place of its earlier outcome.

    `row`: columns of `analyses`; repairs, missing as lists, options, answer as values. A failure
    does not replace an answer. Raises BadInput for an answer where the status has
    none, or the reverse (pitfall 26).
    """
    if (row.get("status") in DATA) != (row.get("answer") is not None):
        raise BadInput(f"status {row.get('status')!r} does not fit the answer of {row['post_id']}.")
    with store.write("llm") as connection:
        previous_status = _status(connection, str(row["analysis_id"]))
        if previous_status in DATA and row.get("status") not in DATA:
            return
        save(connection, "analyses", [row], key=["analysis_id"])


def save_check(
    store: Store,
    analysis_id: str,
    *,
    row: Mapping[str, Any],
    claims: Sequence[Mapping[str, Any]],
) -> None:
    """Write the check of an answer, in place of its last one. `row`: columns of
    `analysis_checks`, `claims` of `analysis_claims`, both without analysis_id.
    """
    with store.write("llm") as connection:
        check = {"analysis_id": analysis_id, **row}
        save(connection, "analysis_checks", [check], key=["analysis_id"])
        connection.execute("DELETE FROM analysis_claims WHERE analysis_id = ?", [analysis_id])
        rows = [{"analysis_id": analysis_id, **claim} for claim in claims]
        save(connection, "analysis_claims", rows, key=["analysis_id", "position"])


def statuses(store: Store, analysis_ids: Sequence[str]) -> dict[str, str]:
    """Statuses of the requests that have an outcome, by analysis_id."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT analysis_id, status FROM analyses WHERE list_contains($ids, analysis_id)",
            {"ids": list(analysis_ids)},
        ).fetchall()
    return {str(i): str(s) for i, s in rows}


def answers(store: Store, analysis_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The decoded answers of the requests that have one, by analysis_id."""
    with store.read() as connection:
        rows = records(
            connection,
            """SELECT analysis_id, answer FROM analyses
            WHERE list_contains($ids, analysis_id) AND answer IS NOT NULL""",
            {"ids": list(analysis_ids)},
        )
    return {row["analysis_id"]: row["answer"] for row in rows}


def claims(store: Store, analysis_id: str) -> list[dict[str, Any]]:
    """The checked claims of an answer, in order: columns of `analysis_claims`."""
    with store.read() as connection:
        return records(
            connection,
            "SELECT * FROM analysis_claims WHERE analysis_id = ? ORDER BY position",
            [analysis_id],
        )


def save_choices(store: Store, project: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace a project's choice of posts to analyse in full (columns of `analysis_choices`)."""
    with store.write("llm") as connection:
        connection.execute("DELETE FROM analysis_choices WHERE project_id = ?", [project])
        save(connection, "analysis_choices", rows, key=["project_id", "post_id"])


def answered_calls(store: Store, analysis_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The latest call with data of each request without a stored answer (a process died before
    it was saved): columns of `model_calls`.
    """
    with store.read() as connection:
        return records(
            connection,
            """SELECT c.* FROM model_calls AS c
            ANTI JOIN (SELECT analysis_id FROM analyses WHERE answer IS NOT NULL) AS a
                ON a.analysis_id = c.analysis_id
            WHERE list_contains($ids, c.analysis_id) AND list_contains($data, c.status)
            QUALIFY row_number() OVER (
                PARTITION BY c.analysis_id ORDER BY c.status = 'partial', c.ended_at DESC
            ) = 1""",
            {"ids": list(analysis_ids), "data": list(DATA)},
        )


def requests_to_replay(store: Store, project: str) -> list[dict[str, Any]]:
    """Each request of a project with its outcome, for a replay: key, model, prompt_version,
    status, reason (None = no outcome) and calls, columns of `model_calls` in order: those that
    led to the outcome, without one all.
    """
    with store.read() as connection:
        rows = records(
            connection,
            """SELECT c.* FROM model_calls AS c
            LEFT JOIN analyses AS a ON a.analysis_id = c.analysis_id
            WHERE c.project_id = $project
            AND (a.asked_at IS NULL OR c.started_at BETWEEN a.asked_at AND a.answered_at)
            ORDER BY c.analysis_id, c.started_at, c.call_id""",
            {"project": project},
        )
        outcomes = records(
            connection,
            """SELECT analysis_id AS key, model, prompt_version, status, reason,
    answer IS NULL AS has_none
            FROM analyses WHERE project_id = $project AND prompt_version IS NOT NULL
            ORDER BY analysis_id""",
            {"project": project},
        )
    calls: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        calls.setdefault(row["analysis_id"], []).append(row)
    with_outcome = {
        o["key"]: {**o, "calls": calls.get(o["key"], [])}
        for o in outcomes
        if o.pop("has_none") or o["key"] in calls
    }
    no_outcome = {"prompt_version": None, "status": None, "reason": None}
    without = {
        key: {"key": key, "model": own[0]["model"], **no_outcome, "calls": own}
        for key, own in calls.items()
        if key not in with_outcome
    }
    return list((with_outcome | without).values())


def get(store: Store, analysis_id: str) -> dict[str, Any] | None:
    """An analysis with its answer decoded, or None."""
    with store.read() as connection:
        rows = records(connection, "SELECT * FROM analyses WHERE analysis_id = ?", [analysis_id])
    return rows[0] if rows else None


def unchecked(store: Store, project: str, *, version: str) -> list[dict[str, Any]]:
    """Answers about a project's posts whose video is measured, not yet checked by this version
    of the checker, or measured since: analysis_id, media_sha256, answer (decoded).
    """
    with store.read() as connection:
        return records(
            connection,
            """SELECT a.analysis_id, a.media_sha256, a.answer FROM analyses AS a
            JOIN project_posts AS o ON o.post_id = a.post_id AND o.project_id = $project
            JOIN (
                SELECT sha256, max(measured_at) AS measured_at FROM measures
                    WHERE status = 'ok' GROUP BY sha256
            ) AS m ON m.sha256 = a.media_sha256
            LEFT JOIN analysis_checks AS c ON c.analysis_id = a.analysis_id
            WHERE a.task = 'analysis' AND a.answer IS NOT NULL AND (
                c.version IS DISTINCT FROM $version OR c.checked_at < m.measured_at
            ) ORDER BY a.analysis_id""",
            {"project": project, "version": version},
        )


def unchecked_pictures(store: Store, project: str, *, version: str) -> list[dict[str, Any]]:
    """Unchecked answers about posts of pictures: analysis_id, n_pictures, answer (decoded)."""
    with store.read() as connection:
        return records(
            connection,
            """SELECT a.analysis_id, i.n_pictures, a.answer FROM analyses AS a
            JOIN project_posts AS o ON o.post_id = a.post_id AND o.project_id = $project
            JOIN (SELECT post_id, count(*) AS n_pictures FROM media_images GROUP BY post_id) AS i
                ON i.post_id = a.post_id
            LEFT JOIN analysis_checks AS c ON c.analysis_id = a.analysis_id
            WHERE a.task = 'pictures' AND a.answer IS NOT NULL AND c.version IS DISTINCT
            FROM $version
            ORDER BY a.analysis_id""",
            {"project": project, "version": version},
        )


def spend_so_far(
    store: Store, *, project: str | None = None, since: datetime | None = None
) -> tuple[float, int]:
    """(US dollars, tokens) that models took or may have taken: of a project or of all, since a time
    (UTC) or ever.

    Dollars count priced calls alone; tokens count thinking. Calls that may have been paid (view
    possibly_paid_calls) count with what they may have taken at most.
    """
    with store.read() as connection:
        row = connection.execute(
            """SELECT coalesce(sum(usd), 0), coalesce(sum(tokens), 0) FROM (
                SELECT project_id, "at", usd,
                    coalesce(tokens_in, 0) + coalesce(tokens_out, 0) + coalesce(tokens_thinking,
                    0) AS tokens
                FROM spend WHERE provider = 'gemini'
                UNION ALL
                SELECT project_id, started_at, estimate_usd, estimate_tokens FROM model_calls
                WHERE tokens_in IS NULL AND tokens_out IS NULL
                AND (status = 'lost' OR http_status = 200)
            ) WHERE ($project IS NULL OR project_id = $project)
            AND ($since IS NULL OR "at" >= $since)""",
            {"project": project, "since": None if since is None else naive(since)},
        ).fetchone()
    usd, tokens = row or (0.0, 0)
    return float(usd), int(tokens)


def tokens_per_second(store: Store, *, model: str, options: Mapping[str, Any]) -> float | None:
    """Tokens that a second of video takes with these options, measured on earlier answers by
    regression.

    None under MIN_SLOPE_CALLS answers of one call each, or without a positive slope.
    """
    with store.read() as connection:
        row = connection.execute(
            """SELECT count(*), regr_slope(a.tokens_in, m.duration_s)
            FROM analyses AS a
            JOIN (SELECT sha256, max(duration_s) AS duration_s FROM measures GROUP BY sha256) AS m
                ON m.sha256 = a.media_sha256
            WHERE a.model = $model AND a.n_calls = 1 AND a.tokens_in IS NOT NULL
            AND (a.options ->> '$.fps')::DOUBLE IS NOT DISTINCT FROM $fps
            AND (a.options ->> '$.resolution') IS NOT DISTINCT FROM $resolution""",
            {"model": model, **{name: options.get(name) for name in ("fps", "resolution")}},
        ).fetchone()
    n, slope = row or (0, None)
    return float(slope) if n >= MIN_SLOPE_CALLS and slope is not None and slope > 0 else None


def correct(store: Store, analysis_id: str, field: str, value: Any, **who: Any) -> None:
    """Write a person's correction of a field; the model's answer is not changed.

    `field`: a place in the answer (`hook.payoff_s`); `value` plain JSON; `who`: corrected_by
    (needed), kind (correction, the default, or label), notes, corrected_at (default now). Raises
    BadInput when there is no such answer.
    """
    add_corrections(store, [{"analysis_id": analysis_id, "field": field, "value": value, **who}])


def add_corrections(store: Store, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write corrections and labels, all or none: analysis_id, field, value, and `who` as in
    `correct`.

    Raises BadInput for one without a name or about an answer that is not there.
    """
    if any(not row.get("corrected_by") for row in rows):
        raise BadInput("a correction needs the name of who makes it.", field="corrected_by")
    entries = [
        {
            **row,
            "value": orjson.dumps(row["value"]).decode(),
            "kind": row.get("kind") or "correction",
            "corrected_at": naive(row.get("corrected_at")),
        }
        for row in rows
    ]
    with store.write("llm") as connection:
        for analysis_id in {str(row["analysis_id"]) for row in rows}:
            if _status(connection, analysis_id) not in DATA:
                raise BadInput(
                    f"there is no answer {analysis_id} to correct.",
                    todo="See: vt analyze show POST.",
                )
        stage(connection, "analysis_corrections", entries)
        connection.execute(
            "INSERT INTO analysis_corrections BY NAME "
            "SELECT * EXCLUDE (_n) FROM new_analysis_corrections"
        )


def corrections(store: Store, analysis_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The latest correction of each field and person, oldest first, decoded; no labels."""
    with store.read() as connection:
        return records(
            connection,
            """SELECT * FROM analysis_corrections
            WHERE list_contains($ids, analysis_id) AND coalesce(kind, 'correction') = 'correction'
            QUALIFY row_number() OVER (
                PARTITION BY analysis_id, field, corrected_by ORDER BY corrected_at DESC
            ) = 1 ORDER BY corrected_at, field""",
            {"ids": list(analysis_ids)},
        )


def _status(connection: Connection, analysis_id: str) -> str | None:
    row = connection.execute(
        "SELECT status FROM analyses WHERE analysis_id = ?", [analysis_id]
    ).fetchone()
    return str(row[0]) if row else None
