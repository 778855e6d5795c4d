"""A project's posts, a page at a time with pictures and the counts beside each filter; and one
post in detail.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from vtlib.core.errors import BadInput
from vtlib.core.models import (
    BREAKOUT_TIERS,
    FORMATS,
    HOOK_TYPES,
    METRICS,
    PLATFORMS,
    TIERS_STRONGEST_FIRST,
)
from vtlib.media.folder import MediaFolder
from vtlib.media.store import picture_paths
from vtlib.store import people
from vtlib.store.connection import query_text
from vtlib.store.engine import Connection
from vtlib.store.project import Project
from vtlib.store.sql_lists import fill_lists, quoted
from vtlib.store.writes import records

SORTS = {
    "sure": "surely large",
    "multiplier": "multiplier",
    "value": "reach",
    **{name: name for name in METRICS},
    "posted": "date",
    "duration": "length",
    "account": "account",
    "platform": "platform",
    "format": "format",
    "fit": "product fit",
}
FIT_LEAST = 3.0  # of 5, from which a video is listed as fitting a product
TIER_FILTERS = ("", "broke_out", *TIERS_STRONGEST_FIRST, "not_scored")
DECISION_FILTERS = ("", "open", "keep", "reject", "picked")
# What can be chosen, with a count beside each value: the column of queries/browse.sql is the name.
CHOICES: dict[str, tuple[str, ...]] = {
    "platform": ("", *PLATFORMS),
    "format": ("", *FORMATS),
    "tier": TIER_FILTERS,
    "decision": DECISION_FILTERS,
    "role": ("", *people.ROLES, "unknown"),
    "hook": ("", *HOOK_TYPES),
    "script": ("", "yes", "no"),
}
OWN_CHOICES = ("tag", "fit")  # of the project: its boards, its products
_SORT_SQL = {
    "sure": "o.multiplier_low",
    "multiplier": "o.multiplier",
    "value": "o.value",
    **{name: f"n.{name}" for name in METRICS},
    "posted": "epoch(p.posted_at)",
    "duration": "p.duration_s",
    "account": "lower(a.handle)",
    "platform": "p.platform",
    "format": "p.format",
    "fit": "f.score",
}
_HAY = "lower(concat_ws(' ', a.handle, p.caption, p.title, p.url, t.words))"
# What lets a post through each filter; a filter that is empty lets all through.
_PASSES = {
    "platform": "p.platform = $platform",
    "format": "p.format = $format",
    "tier": "coalesce(o.tier, 'not_scored') = $tier "
    "OR ($tier = 'broke_out' AND o.tier IN ({{breakout tiers}}))",
    "decision": "coalesce(r.decision, 'open') = $decision OR ($decision = 'picked' AND l.post_id "
    "IN (SELECT post_id FROM selections WHERE project_id = $project))",
    "role": "CASE WHEN l.is_own THEN 'own' ELSE coalesce(c.role, 'unknown') END = $role",
    "hook": "l.post_id IN (SELECT post_id FROM hooks WHERE list_contains(types, $hook))",
    "script": "(l.post_id IN (SELECT post_id FROM scripts WHERE project_id = $project)) "
    "= ($script = 'yes')",
    "tag": "l.post_id IN (SELECT post_id FROM post_tags "
    "WHERE project_id = $project AND tag = $tag)",
    "fit": "l.post_id IN (SELECT post_id FROM fits_latest "
    f"WHERE product_id = $fit AND score >= {FIT_LEAST})",
    "account": "contains(lower(concat_ws(' ', a.handle, a.display_name)), lower($account))",
    "multiplier": "o.multiplier >= $multiplier",
    "views": "n.views >= $views",
    "posted_from": "p.posted_at >= $posted_from::DATE",
    "posted_to": "p.posted_at < $posted_to::DATE + 1",
}
_WORDS_MAX = 8
_COUNTS = """SELECT platform, format, tier, decision, role, misses, count(*) AS n
FROM base WHERE bit_count(misses) <= 1 GROUP BY ALL"""
# Few posts have these, so they are counted apart: name of the filter, value, posts that have it.
_FEW_COUNTS = """SELECT 'decision' AS name, 'picked' AS value, count(*) AS n FROM base
SEMI JOIN (SELECT post_id FROM selections WHERE project_id = $project) AS s USING (post_id)
WHERE misses & ~{decision} = 0
UNION ALL
SELECT 'script', 'yes', count(*) FROM base
SEMI JOIN (SELECT post_id FROM scripts WHERE project_id = $project) AS s USING (post_id)
WHERE misses & ~{script} = 0
UNION ALL
SELECT 'script', '', count(*) FROM base WHERE misses & ~{script} = 0
UNION ALL
SELECT 'hook', hook, count(DISTINCT post_id) FROM (
    SELECT post_id, unnest(json_extract_string(answer, '$.hook.types[*].type')) AS hook
    FROM analyses_latest WHERE task = 'analysis'
) SEMI JOIN (SELECT post_id FROM base WHERE misses & ~{hook} = 0) AS b USING (post_id)
GROUP BY hook
UNION ALL
SELECT 'tag', tag, count(*) FROM post_tags
SEMI JOIN (SELECT post_id FROM base WHERE misses & ~{tag} = 0) AS b USING (post_id)
WHERE project_id = $project GROUP BY tag
UNION ALL
SELECT 'fit', product_id, count(DISTINCT post_id) FROM fits_latest
SEMI JOIN (SELECT post_id FROM base WHERE misses & ~{fit} = 0) AS b USING (post_id)
WHERE score >= {least} GROUP BY product_id"""
_IDS = """SELECT post_id FROM base WHERE misses = 0
ORDER BY sort_key {way} NULLS LAST, post_id LIMIT {size} OFFSET {start}"""
_BEFORE = """WITH anchor AS (SELECT sort_key, post_id FROM base WHERE post_id = ?)
SELECT count(*) FROM base, anchor WHERE misses = 0 AND CASE
    WHEN anchor.sort_key IS NULL THEN base.sort_key IS NOT NULL OR base.post_id <= anchor.post_id
    WHEN base.sort_key IS NULL THEN false
    WHEN base.sort_key = anchor.sort_key THEN base.post_id <= anchor.post_id
    ELSE base.sort_key {sign} anchor.sort_key END"""
_MEASURES = """SELECT post_id, duration_s, shots, text, speech, faces, thumbs, thumbs_path
FROM measures WHERE status = 'ok' AND post_id IN ({ids})"""
_SCRIPTS = (
    "SELECT title, status FROM scripts WHERE post_id = ? AND project_id = ? ORDER BY created_at"
)
_ORDINARY = """SELECT o.post_id FROM outlier_latest AS o
JOIN outlier_latest AS this
    ON this.project_id = o.project_id AND this.account_id = o.account_id AND this.format = o.format
LEFT JOIN media AS m ON m.post_id = o.post_id
WHERE o.project_id = ? AND this.post_id = ? AND o.tier = 'none' AND o.multiplier > 0
ORDER BY (m.path IS NULL), abs(ln(o.multiplier)), o.post_id LIMIT 1"""
_REMARKS = """SELECT author, at_s, body, run_id, created_at FROM report_comments
WHERE post_id = ? AND project_id = ? ORDER BY created_at DESC, at_s, comment_id"""
_REPLAYED = "SELECT start_s, end_s FROM most_replayed WHERE post_id = ?"
_ANSWER = (
    "SELECT answer, model FROM analyses_latest WHERE post_id = ? AND task = 'analysis' "
    "ORDER BY answered_at DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class PostQuery:
    """Which posts, in which order, and which page of them; empty text filters nothing.

    `tier` may be broke_out (breakout or extreme), `decision` open (nobody decided) or picked (by
    the rule), `tag` a board, `fit` a product's id: a model gave the video FIT_LEAST of 5 or more
    for it. `multiplier` and `views` are least values, `posted_from` and `posted_to` days
    (YYYY-MM-DD, UTC, both included). `search`: every word stands in handle, caption, title, link,
    transcript or on screen.
    """

    platform: str = ""
    format: str = ""
    tier: str = ""
    decision: str = ""
    role: str = ""
    hook: str = ""
    script: str = ""
    tag: str = ""
    fit: str = ""
    account: str = ""
    multiplier: str = ""
    views: str = ""
    posted_from: str = ""
    posted_to: str = ""
    search: str = ""
    sort: str = "sure"
    is_ascending: bool = False
    page: int = 1
    size: int = 24


@dataclass(frozen=True, slots=True)
class PostView:
    """A post with its measures and pictures.

    `facts` is a row of queries/browse_page.sql; `measures` a row of `measures` or None; `pictures`
    are (time in s, small JPEG), those of a photo post at 0 s, empty where nothing was fetched.
    """

    facts: Mapping[str, Any]
    measures: Mapping[str, Any] | None = None
    pictures: Sequence[tuple[float, bytes]] = ()

    @property
    def post_id(self) -> str:
        return str(self.facts["post_id"])


@dataclass(frozen=True, slots=True)
class PostPage:
    """A screenful: `rows` of `n` posts that match, page `number` of `n_pages` (at least 1).

    `counts`: for each of CHOICES and OWN_CHOICES how many posts each value would show beside the
    other filters.
    """

    rows: tuple[PostView, ...] = ()
    n: int = 0
    number: int = 1
    n_pages: int = 1
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dossier:
    """One post in detail: view, a model's answer (None: not asked), scripts modelled on it.

    `decisions`: rows of `reviews`, one a reviewer, the latest (which counts) first. `tags`: rows of
    `post_tags`; `most_replayed`: of the view of that name, at most one; `client_comments`: rows of
    `report_comments`, the latest first.
    """

    post: PostView
    answer: Mapping[str, Any] | None = None
    model: str = ""
    scripts: Sequence[Mapping[str, Any]] = field(default=())
    decisions: Sequence[Mapping[str, Any]] = field(default=())
    tags: Sequence[Mapping[str, Any]] = field(default=())
    most_replayed: Sequence[Mapping[str, Any]] = ()
    client_comments: Sequence[Mapping[str, Any]] = ()


def page(project: Project, wish: PostQuery) -> PostPage:
    """The requested page of posts, at most the last one; the database filters, sorts and limits."""
    with _reading(project) as connection:
        _list_posts(connection, project, wish)
        counts = _counts(connection, project)
        n = counts.pop("")["n"]
        n_pages = max(-(-n // wish.size), 1)
        number = min(max(wish.page, 1), n_pages)
        ids = _ids(connection, wish, start=(number - 1) * wish.size)
        facts = _facts(connection, project, ids)
        measures = _measures(connection, ids)
    rows = tuple(_post_view(project, row, measures, n_pictures=1) for row in facts)
    return PostPage(rows, n, number, n_pages, counts)


def views(project: Project, ids: Sequence[str]) -> tuple[PostView, ...]:
    """These posts with their first picture, in the order given."""
    with _reading(project) as connection:
        facts, measures = _facts(connection, project, ids), _measures(connection, ids)
    return tuple(_post_view(project, row, measures, n_pictures=1) for row in facts)


def ordinary_like(project: Project, post_id: str) -> str:
    """A post of the same account and format at its usual level (multiplier nearest to 1), one that
    has a video where there is one. Raises BadInput when none was judged.
    """
    with project.store.read(of=project.slug) as connection:
        rows = connection.execute(_ORDINARY, [project.slug, post_id]).fetchall()
    if not rows:
        raise BadInput(
            "no ordinary post of this account and format was judged.", todo="Select one yourself."
        )
    return str(rows[0][0])


def place_after(project: Project, wish: PostQuery, post_id: str) -> int:
    """How many posts of the list stand before a post or are it: the place (from 0) of the next.

    The post itself need not match the filters any more.
    """
    with _reading(project) as connection:
        _list_posts(connection, project, wish)
        sql = _BEFORE.format(sign=">" if not wish.is_ascending else "<")
        return int(connection.execute(sql, [post_id]).fetchall()[0][0])


def contains(project: Project, wish: PostQuery, post_id: str) -> bool:
    """Whether the filters let a post through."""
    with _reading(project) as connection:
        _list_posts(connection, project, wish, post=post_id)
        return bool(connection.execute("SELECT 1 FROM base WHERE misses = 0").fetchall())


def dossier(project: Project, post_id: str) -> Dossier:
    """All about one post of the project. Raises BadInput when it is not in the project."""
    with _reading(project) as connection:
        _list_posts(connection, project, PostQuery(), post=post_id)
        facts = _facts(connection, project, _ids(connection, PostQuery(), start=0))
        if not facts:
            raise BadInput(f"{post_id} is no post of {project.slug}.", todo="Open another one.")
        measures = _measures(connection, [post_id])
        answers = records(connection, _ANSWER, [post_id])
        scripts = records(connection, _SCRIPTS, [post_id, project.slug])
        replays = records(connection, _REPLAYED, [post_id])
        remarks = records(connection, _REMARKS, [post_id, project.slug])
    analysis = answers[0] if answers else {}
    return Dossier(
        _post_view(project, facts[0], measures, n_pictures=None),
        analysis.get("answer"),
        str(analysis.get("model") or ""),
        scripts,
        people.decisions(project.store, project.slug, post_id),
        people.tags(project.store, project.slug, post_id),
        replays,
        remarks,
    )


@contextmanager
def _reading(project: Project) -> Iterator[Connection]:
    """A connection for the list, with one thread: two take 0.16 s of processor time instead of
    0.125 s to list 200,000 posts.
    """
    with project.store.read(of=project.slug) as connection:
        (threads,) = connection.execute("SELECT current_setting('threads')").fetchall()[0]
        connection.execute("SET threads = 1")
        try:
            yield connection
        finally:
            connection.execute(f"SET threads = {int(threads)}")


def _list_posts(
    connection: Connection, project: Project, wish: PostQuery, *, post: str = ""
) -> None:
    """Make the temporary table `base` of queries/browse.sql."""
    values: dict[str, Any] = {k: str(v).strip() for k, v in asdict(wish).items() if v}
    filters = [(n, sql) for n, sql in _PASSES.items() if values.get(n)]
    words = dict(enumerate(values.get("search", "").lower().split()[:_WORDS_MAX]))
    # "word" + a letter: a parameter's name ends at a digit where values are written into the SQL
    names = {f"word_{chr(97 + i)}": word for i, word in words.items()}
    by_word = [f"contains({_HAY}, ${n})" for n in names]
    if by_word:
        filters.append(("search", " AND ".join(by_word)))
    misses = [f"CASE WHEN {sql} THEN 0 ELSE {_bit(n)} END" for n, sql in filters] or ["0"]
    readers = {"multiplier": _number, "views": _number, "posted_from": _day, "posted_to": _day}
    typed = {n: read(values[n], n) for n, read in readers.items() if n in values}
    sql = query_text("browse").replace("$sort", _SORT_SQL[wish.sort])
    sql = fill_lists(sql.replace("$misses", f"({' + '.join(misses)})::INTEGER"))
    for alias in ("a", "n", "t", "f"):  # joins that only some sorts and filters need
        if not re.search(rf"\b{alias}\.", f"{_SORT_SQL[wish.sort]} {misses}"):
            sql = re.sub(rf"LEFT JOIN \w+ AS {alias} ON .*\n", "", sql)
    given: dict[str, Any] = {**values, **typed, **names, "post": post, "project": project.slug}
    bound = {n: v for n, v in given.items() if f"${n}" in sql}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE base AS {sql}", bound)


def _bit(name: str) -> int:
    return 1 << [*_PASSES, "search"].index(name)


def _day(text: str, name: str) -> Any:
    try:
        return date.fromisoformat(text)
    except ValueError:
        what = name.replace("_", " ")
        raise BadInput(f"{what} {text} is no day.", todo="Write 2026-03-31.") from None


def _number(text: str, name: str) -> Any:
    """A number as people type it: 1,000 or 2.5k or 3M."""
    word = text.lower().replace(",", "").replace("×", "").strip().lstrip("x")
    factor = {"k": 1e3, "m": 1e6}.get(word[-1:], 1.0)
    try:
        return float(word.rstrip("km")) * factor
    except ValueError:
        raise BadInput(f"{text} is no number of {name}.", todo="Write 50, 2.5k or 3M.") from None


def _counts(connection: Connection, project: Project) -> dict[str, Any]:
    """`page`'s counts, and under "" the `n` posts that match."""
    counts: dict[str, Counter[str]] = {n: Counter() for n in ("", *CHOICES, *OWN_CHOICES)}
    for row in records(connection, _COUNTS):
        if row["misses"] == 0:
            counts[""]["n"] += row["n"]
        for name in ("platform", "format", "tier", "decision", "role"):
            if row["misses"] in (0, _bit(name)):
                counts[name][row[name]] += row["n"]
                counts[name][""] += row["n"]
    counts["tier"]["broke_out"] = sum(counts["tier"][t] for t in BREAKOUT_TIERS)
    bits = {n: _bit(n) for n in ("decision", "script", "hook", "tag", "fit")}
    sql = _FEW_COUNTS.format(**bits, least=FIT_LEAST)
    for row in records(connection, sql, {"project": project.slug}):
        counts[row["name"]][row["value"]] = row["n"]
    counts["script"]["no"] = counts["script"][""] - counts["script"]["yes"]
    return dict(counts)


def _ids(connection: Connection, wish: PostQuery, *, start: int) -> list[str]:
    way = "ASC" if wish.is_ascending else "DESC"
    sql = _IDS.format(way=way, size=int(wish.size), start=int(start))
    return [str(post_id) for (post_id,) in connection.execute(sql).fetchall()]


def _facts(connection: Connection, project: Project, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of queries/browse_page.sql in the order of `ids`."""
    sql = query_text("browse_page").replace("$ids", quoted(ids))  # a list that is bound stays here
    rows = records(connection, sql, {"project": project.slug}) if ids else []
    by_id = {str(row["post_id"]): row for row in rows}
    return [by_id[i] for i in ids if i in by_id]


def _measures(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    sql = _MEASURES.format(ids=quoted(ids) or "NULL")
    return {str(m["post_id"]): m for m in records(connection, sql)}


def _post_view(
    project: Project,
    facts: dict[str, Any],
    measures: Mapping[str, dict[str, Any]],
    *,
    n_pictures: int | None,
) -> PostView:
    row, folder = measures.get(facts["post_id"]), MediaFolder.of(project)
    is_one = n_pictures is not None
    thumbs = list(row["thumbs"] or [])[:n_pictures] if row else []
    pictures = folder.thumbnails(row["thumbs_path"], thumbs) if row else []
    if not pictures:
        paths = [] if is_one else picture_paths(project.store, str(facts["post_id"]))
        stills = folder.stills(paths or [facts["picture"]])
        pictures = [(0.0, still) for still in stills if still is not None]
    return PostView(facts, row, pictures)
