"""Fits of products to videos, and adaptations: machine rows from answers of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vtlib.store.connection import Store
from vtlib.store.writes import records, save

_TABLES = {"fits": "fits", "adaptation": "adaptations", "original": "adaptations"}
# The newest full answer of each post, about its video or its pictures.
_ANSWERS = """(
    SELECT * FROM analyses_latest WHERE task IN ('analysis', 'pictures')
    QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY answered_at DESC, analysis_id) = 1
)"""
_VIDEOS = f"""SELECT
    a.analysis_id, p.post_id, coalesce(s.role, 'named') AS role, p.platform, p.format, p.handle,
    p.account_id, p.url, p.caption,
    p.title, p.hashtags, p.audio_title, a.task, a.answer, coalesce(c.paths, []) AS unsupported
FROM {_ANSWERS} AS a
JOIN project_posts AS l ON l.post_id = a.post_id AND l.project_id = $project
JOIN posts_latest AS p ON p.post_id = a.post_id
LEFT JOIN selected_posts AS s ON s.post_id = a.post_id AND s.project_id = $project
LEFT JOIN outlier_latest AS o ON o.post_id = a.post_id AND o.project_id = $project
LEFT JOIN (
    SELECT analysis_id, list(path ORDER BY position) AS paths FROM analysis_claims
    WHERE held = 'unsupported' GROUP BY analysis_id
) AS c ON c.analysis_id = a.analysis_id
WHERE CASE WHEN $post IS NULL THEN s.role <> 'control' ELSE a.post_id = $post END
ORDER BY o.multiplier_low DESC NULLS LAST, a.post_id"""
_FITS = f"""SELECT
    f.*, d.slug AS product, d.name AS product_name, p.account_id, p.handle, p.platform, p.format,
    p.posted_at,
    p.title, p.caption, p.url, o.multiplier_low, o.tier, coalesce(a.task = 'pictures',
    FALSE) AS is_pictures
FROM fits_latest AS f
LEFT JOIN {_ANSWERS} AS a ON a.post_id = f.post_id
JOIN project_posts AS l ON l.post_id = f.post_id AND l.project_id = $project
JOIN project_products AS q ON q.product_id = f.product_id AND q.project_id = $project
JOIN products AS d ON d.product_id = f.product_id
JOIN posts_latest AS p ON p.post_id = f.post_id
LEFT JOIN outlier_latest AS o ON o.post_id = f.post_id AND o.project_id = $project
WHERE $post IS NULL OR f.post_id = $post
ORDER BY o.multiplier_low DESC NULLS LAST, f.post_id, f.score DESC, f.product_id"""
_JUDGEMENTS = """SELECT j.* FROM fit_judgements AS j
SEMI JOIN fits_latest AS a ON a.analysis_id = j.analysis_id AND a.product_id = j.first_product_id
SEMI JOIN fits_latest AS b ON b.analysis_id = j.analysis_id AND b.product_id = j.second_product_id
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l
ON l.post_id = j.post_id
WHERE $post IS NULL OR j.post_id = $post
ORDER BY j.post_id, j.first_product_id, j.second_product_id"""
_ADAPTATIONS = """SELECT
    d.*, g.slug AS product, g.name AS product_name, p.account_id, p.handle, p.platform, p.format,
    p.caption, p.url,
    s.title, s.status, s.version, s.structure, s.duration_s, s.n_beats, v.made_by AS version_by
FROM adaptations AS d
JOIN products AS g ON g.product_id = d.product_id
LEFT JOIN posts_latest AS p ON p.post_id = d.post_id
LEFT JOIN scripts_current AS s ON s.script_id = d.script_id
LEFT JOIN script_versions AS v ON v.script_id = s.script_id AND v.version = s.version
WHERE d.project_id = $project
ORDER BY d.made_at DESC, d.analysis_id"""
_OUTCOMES = """SELECT task, status, count(*) AS n FROM analyses
WHERE project_id = $project AND task IN ('fits', 'adaptation', 'original') GROUP BY task,
status ORDER BY task, status"""


def save_fits(
    store: Store,
    analysis_id: str,
    fits: Sequence[Mapping[str, Any]],
    judgements: Sequence[Mapping[str, Any]],
) -> None:
    """Write the rows of one answer, in place of its earlier ones.

    `fits` and `judgements`: columns of `fits` and `fit_judgements` without analysis_id.
    """
    with store.write("adaptation") as connection:
        for table, rows, key in (
            ("fits", fits, ["product_id"]),
            ("fit_judgements", judgements, ["first_product_id", "second_product_id"]),
        ):
            connection.execute(f"DELETE FROM {table} WHERE analysis_id = ?", [analysis_id])
            full_rows = [{**row, "analysis_id": analysis_id} for row in rows]
            save(connection, table, full_rows, key=["analysis_id", *key])


def save_adaptation(store: Store, row: Mapping[str, Any]) -> None:
    """Write a row of `adaptations` once; an existing row stays."""
    with store.write("adaptation") as connection:
        save(connection, "adaptations", [row], key=["analysis_id"], keep=True)


def not_read_out(store: Store, task: str, analysis_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Those of these requests whose answer has no rows yet: rows of `analyses`, decoded.

    For example because a process died in between.
    """
    with store.read() as connection:
        return records(
            connection,
            f"""SELECT a.* FROM analyses AS a
            ANTI JOIN {_TABLES[task]} AS d ON d.analysis_id = a.analysis_id
            WHERE a.answer IS NOT NULL AND list_contains($ids, a.analysis_id)
            ORDER BY a.analysis_id""",
            {"ids": list(analysis_ids)},
        )


def videos(store: Store, project: str, *, post_id: str | None = None) -> list[dict[str, Any]]:
    """Picked posts that have an analysis, of a video or of pictures, large breakouts first.

    Controls only by `post_id`. Columns: what a request needs of the post; analysis_id, task
    (analysis or pictures), answer (decoded, as the model gave it), unsupported (paths that the
    check refuted).
    """
    return _rows(store, _VIDEOS, project, post_id)


def fits(store: Store, project: str, *, post_id: str | None = None) -> list[dict[str, Any]]:
    """The newest fit of each post and product of a project, with names and is_pictures."""
    return _rows(store, _FITS, project, post_id)


def judgements(store: Store, project: str, *, post_id: str | None = None) -> list[dict[str, Any]]:
    """Pairwise judgements of those questions that the newest fits came from."""
    return _rows(store, _JUDGEMENTS, project, post_id)


def adaptations(store: Store, project: str) -> list[dict[str, Any]]:
    """Every adaptation of a project with its current script (NULL = deleted), newest first."""
    with store.read() as connection:
        return records(connection, _ADAPTATIONS, {"project": project})


def hooks(store: Store, script_id: str) -> list[dict[str, Any]]:
    """Hooks written with a script: type, spoken, overlay, visual, tests; empty without."""
    with store.read() as connection:
        sql = "SELECT hooks FROM adaptations WHERE script_id = ? ORDER BY made_at DESC LIMIT 1"
        rows = records(connection, sql, [script_id])
    return list(rows[0]["hooks"] or []) if rows else []


def projects_with(store: Store, post_id: str) -> list[str]:
    """The projects that have a post and products, in order."""
    sql = """SELECT project_id FROM project_posts SEMI JOIN project_products USING (project_id)
        WHERE post_id = ? ORDER BY project_id"""
    with store.read() as connection:
        return [str(i) for (i,) in connection.execute(sql, [post_id]).fetchall()]


def outcomes(store: Store, project: str) -> list[dict[str, Any]]:
    """How the requests of 05 and 06 ended: task, status, n."""
    with store.read() as connection:
        return records(connection, _OUTCOMES, {"project": project})


def _rows(store: Store, sql: str, project: str, post_id: str | None) -> list[dict[str, Any]]:
    with store.read() as connection:
        return records(connection, sql, {"project": project, "post": post_id})
