"""Key figures of all projects of a workspace."""

from __future__ import annotations

from typing import Any

from vtlib.scripts import queries as script_queries
from vtlib.scripts.workflow import STATUSES
from vtlib.store import catalog
from vtlib.store.project import Workspace
from vtlib.store.writes import records

COLUMNS = (
    *("project", "brand", "last_run", "run_status", "posts", "new_7d", "breakouts", "scripts"),
    *("next_date", "usd_30d", "problems_7d"),
)
_FACTS = """SELECT p.project_id, p.name, p.brand_id, p.archived_at, r.run_id,
    r.started_at AS last_run,
    r.status AS run_status, r.folder, coalesce(n.posts, 0) AS posts, coalesce(n.new_7d,
    0) AS new_7d,
    o.breakouts, coalesce(s.usd, 0) AS usd_30d, coalesce(q.n, 0) AS problems_7d
FROM projects AS p
LEFT JOIN (
    SELECT * FROM runs QUALIFY row_number() OVER (PARTITION BY project_id ORDER BY started_at DESC,
        run_id DESC) = 1
) AS r ON r.project_id = p.project_id
LEFT JOIN (
    SELECT project_id, count(*) AS posts, count(*)
        FILTER (added_at >= $now::TIMESTAMP - INTERVAL 7 DAY) AS new_7d
    FROM project_posts GROUP BY project_id
) AS n ON n.project_id = p.project_id
LEFT JOIN (
    SELECT project_id, count(*) FILTER (tier IN ('breakout', 'extreme')) AS breakouts
        FROM outlier_latest GROUP BY project_id
) AS o ON o.project_id = p.project_id
LEFT JOIN (
    SELECT project_id, sum(usd) AS usd FROM spend
        WHERE "at" >= $now::TIMESTAMP - INTERVAL 30 DAY GROUP BY project_id
) AS s ON s.project_id = p.project_id
LEFT JOIN (
    SELECT project_id, count(*) AS n FROM problems
        WHERE seen_at >= $now::TIMESTAMP - INTERVAL 7 DAY GROUP BY project_id
) AS q ON q.project_id = p.project_id
ORDER BY p.project_id"""


def rows(
    at: Workspace, *, brand: str | None = None, has_archived: bool = False
) -> list[dict[str, Any]]:
    """A row a project: COLUMNS, name, run_id, folder and archived_at; breakouts None = not judged
    yet.

    `scripts` counts them by status; `next_date` is the first due, shoot or publish date that is not
    past.
    """
    now = at.now().replace(tzinfo=None)
    slugs = [
        str(p["slug"])
        for p in catalog.listing(at.store, "projects", brand=brand, has_archived=has_archived)
    ]
    with at.store.read() as connection:
        facts = {f["project_id"]: f for f in records(connection, _FACTS, {"now": now})}
    scripts = script_queries.listing(at.store)
    return [
        _row(facts[slug], [s for s in scripts if s["project_id"] == slug], now.date())
        for slug in slugs
    ]


def _row(facts: dict[str, Any], scripts: list[dict[str, Any]], today: Any) -> dict[str, Any]:
    counts = {status: sum(s["status"] == status for s in scripts) for status in STATUSES}
    states = [f"{n} {status.replace('_', ' ')}" for status, n in counts.items() if n]
    days = [
        (s[f"{kind}_on"], kind, s["title"])
        for s in scripts
        for kind in ("due", "shoot", "publish")
        if s[f"{kind}_on"] and s[f"{kind}_on"] >= today
    ]
    first = min(days, default=None)
    return {
        "project": facts.pop("project_id"),
        "brand": facts.pop("brand_id"),
        **facts,
        "scripts": ", ".join(states) or None,
        "next_date": f"{first[0]} {first[1]}: {first[2]}" if first else None,
    }
