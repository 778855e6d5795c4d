"""What was spent, as booked and noted; and model calls priced when their price came later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vtlib.store.connection import Store
from vtlib.store.writes import naive, stage

if TYPE_CHECKING:
    import pandas as pd


def lines(
    store: Store, *, now: datetime, project: str | None = None, since: datetime | None = None
) -> pd.DataFrame:
    """Query money_lines: of a project or all, since a time (UTC) or ever; `now` ends storage."""
    return store.query_file("money_lines", project=project, since=since, now=naive(now))


def line_rows(
    store: Store, *, now: datetime, project: str | None = None, since: datetime | None = None
) -> list[dict[str, Any]]:
    """The rows of `lines`, without a frame."""
    return store.rows_file("money_lines", project=project, since=since, now=naive(now))


def day_rows(
    store: Store, *, project: str | None = None, since: datetime | None = None
) -> list[dict[str, Any]]:
    """Query money_days: the same a day, without storage, which is no booking."""
    return store.rows_file("money_days", project=project, since=since)


def model_calls(store: Store, project: str) -> list[dict[str, Any]]:
    """Model calls that used or may have used tokens: call_id, model, started_at, tokens, usd."""
    return store.rows(
        """SELECT call_id, model, started_at, tokens_in, tokens_out, tokens_thinking,
    tokens_cached, usd,
            estimate_usd, estimate_tokens
        FROM model_calls WHERE project_id = $project""",
        {"project": project},
    )


def book_prices(store: Store, rows: Iterable[Mapping[str, Any]]) -> None:
    """Store prices of calls in calls, spend and answers. `rows`: call_id, usd, estimate_usd.

    What an answer cost is known once all of its calls are priced.
    """
    prices = list(rows)
    if not prices:
        return
    with store.write("llm") as connection:
        stage(connection, "model_calls", prices)
        for sql in _BOOK:
            connection.execute(sql)


_BOOK = (
    """UPDATE model_calls SET usd = p.usd, estimate_usd = p.estimate_usd
        FROM new_model_calls AS p WHERE p.call_id = model_calls.call_id""",
    "UPDATE spend SET usd = p.usd FROM new_model_calls AS p WHERE p.call_id = spend.spend_id",
    """UPDATE analyses SET usd = t.usd FROM (
        SELECT c.analysis_id, CASE WHEN count(*) FILTER (c.usd IS NULL) = 0
            THEN sum(c.usd) END AS usd
        FROM model_calls AS c JOIN analyses AS a ON a.analysis_id = c.analysis_id
        AND c.started_at >= a.asked_at
        WHERE (c.tokens_in IS NOT NULL OR c.tokens_out IS NOT NULL)
            AND c.analysis_id IN (SELECT analysis_id FROM model_calls SEMI
            JOIN new_model_calls USING (call_id))
        GROUP BY c.analysis_id
    ) AS t WHERE t.analysis_id = analyses.analysis_id AND t.usd IS NOT NULL""",
    "DROP TABLE new_model_calls",
)
