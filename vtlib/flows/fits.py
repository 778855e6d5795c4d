"""How well products fit the videos of a project, as far as it was judged, for comparing them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vtlib.flows import desk
from vtlib.project import Project
from vtlib.store.writing import records

_THERE = "SELECT 1 FROM duckdb_views() WHERE view_name = 'fits_latest'"
_FITS = """SELECT f.post_id, f.product_id, f.score, f.scores, f.reason, f.best_use, f.obstacles, f.confidence,
    f.is_recommended, f.model, f.n_judged, f.score_low, f.score_high, p.handle, p.platform, p.caption
FROM fits_latest AS f
JOIN project_posts AS l ON l.post_id = f.post_id AND l.project_id = $project
JOIN posts_latest AS p ON p.post_id = f.post_id
LEFT JOIN outlier_latest AS o ON o.project_id = l.project_id AND o.post_id = f.post_id
ORDER BY o.multiplier_low DESC NULLS LAST, f.post_id, f.score DESC NULLS LAST, f.product_id"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Products of a project and their fits to its videos (rows of `fits_latest` with handle and caption)."""

    products: list[dict[str, Any]]
    fits: list[dict[str, Any]] = field(default_factory=list)


def comparison(project: Project) -> Comparison:
    """What was judged so far; without any judgement the products alone."""
    with project.store.read() as connection:
        there = connection.execute(_THERE).fetchone()
        found = records(connection, _FITS, {"project": project.slug}) if there else []
    return Comparison(desk.products(project), found)
