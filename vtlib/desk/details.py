"""One post, account or video with everything stored about it, in every project. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtlib.core.errors import BadInput, nearest
from vtlib.platforms import account_ref, post_ref
from vtlib.store.connection import Store
from vtlib.store.engine import Connection
from vtlib.store.writes import records

Row = dict[str, Any]

_SNAPSHOTS = """SELECT s.captured_at, epoch(s.captured_at - p.posted_at) / 3600 AS age_h,
    s.* EXCLUDE (post_id, captured_at, capture_id)
FROM post_snapshots AS s JOIN posts AS p ON p.post_id = s.post_id
WHERE s.post_id = $post ORDER BY s.captured_at"""

_PROJECTS = """SELECT l.project_id, l.is_own, l.came_from, l.notes, o.tier, o.multiplier,
    o.multiplier_low,
    o.multiplier_high, o.p_value, o.q_value, o.metric, o.value,
    greatest(round(exp(o.expected_ln)) - 1, 0) AS expected,
    o.n_baseline, o.basis, o.percentile, o.reason AS why, o.notes AS score_notes,
    s.role AS picked_as, r.decision,
    r.reviewer, r.reason AS decision_reason
FROM project_posts AS l
LEFT JOIN outlier_latest AS o ON o.project_id = l.project_id AND o.post_id = l.post_id
LEFT JOIN selections AS s ON s.project_id = l.project_id AND s.post_id = l.post_id
LEFT JOIN (
    SELECT * FROM reviews QUALIFY row_number() OVER (PARTITION BY project_id, post_id
        ORDER BY decided_at DESC, reviewer DESC) = 1
) AS r ON r.project_id = l.project_id AND r.post_id = l.post_id
WHERE l.post_id = $post ORDER BY l.project_id"""

_MEDIA = """SELECT m.status, m.reason, m.kind, m.came_by, m.sha256, m.path, m.bytes, m.container,
    m.codec, m.duration_s,
    m.width, m.height, m.has_audio, m.fetched_at, m.purged_at, x.status AS measured,
    x.reason AS not_measured_because,
    x.fps, len(x.cuts_s) AS n_cuts, x.cuts_s, x.motion, x.brightness, x.colorfulness, x.sound,
    x.speech, x.text, x.faces,
    x.measured_at
FROM (SELECT $post AS post_id) AS p
LEFT JOIN media AS m ON m.post_id = p.post_id
LEFT JOIN measures AS x ON x.post_id = p.post_id
WHERE m.post_id IS NOT NULL OR x.post_id IS NOT NULL"""

_REPLAYED = "SELECT * EXCLUDE (post_id) FROM most_replayed WHERE post_id = $post"

_SUBTITLES = """SELECT language, source, captured_at, file, text, text IS NULL AS is_only_listed
FROM subtitles WHERE post_id = $post ORDER BY is_only_listed, language, source"""

_DUPLICATES = """SELECT p.post_id, p.platform, p.handle, p.posted_at, p.views, p.url, t.share,
    t.method
FROM (
    SELECT post_id FROM creatives WHERE creative_id IN (SELECT creative_id FROM creatives
        WHERE post_id = $post)
    UNION SELECT twin_post_id FROM twins WHERE post_id = $post
    UNION SELECT post_id FROM twins WHERE twin_post_id = $post
    UNION SELECT b.post_id FROM media AS a JOIN media AS b ON b.sha256 = a.sha256
    WHERE a.post_id = $post
) AS d
JOIN posts_latest AS p ON p.post_id = d.post_id
LEFT JOIN (
    SELECT CASE WHEN post_id = $post THEN twin_post_id ELSE post_id END AS post_id,
        max(share) AS share, max(method) AS method
    FROM twins WHERE $post IN (post_id, twin_post_id) GROUP BY 1
) AS t ON t.post_id = p.post_id
WHERE p.post_id <> $post ORDER BY p.posted_at NULLS LAST, p.post_id"""

_ANALYSES = """SELECT a.analysis_id, a.task, a.model, a.prompt_version, a.status,
    c.grounding_share, a.usd, a.answered_at
FROM analyses AS a LEFT JOIN analysis_checks AS c ON c.analysis_id = a.analysis_id
WHERE a.post_id = $post ORDER BY a.answered_at DESC NULLS LAST, a.analysis_id"""

_FITS = """SELECT product_id, score, confidence, is_recommended AS is_model_choice, reason
    FROM fits_latest
WHERE post_id = $post ORDER BY score DESC NULLS LAST, product_id"""

_SCRIPTS = """SELECT 'modelled on it' AS link, script_id, title, status, version, product_id,
    project_id
FROM scripts_current WHERE post_id = $post
UNION ALL
SELECT 'became this post', c.script_id, c.title, v.status, u.version, c.product_id, c.project_id
FROM publications AS u
JOIN scripts_current AS c ON c.script_id = u.script_id
LEFT JOIN script_versions AS v ON v.script_id = u.script_id AND v.version = u.version
WHERE u.post_id = $post ORDER BY 1, 2"""

_VERDICTS = """SELECT script_id, target, status, percentile, difference_pct, is_inside, reason
FROM verdicts WHERE post_id = $post ORDER BY script_id, target"""

_POST = {
    "snapshots": _SNAPSHOTS,
    "projects": _PROJECTS,
    "video": _MEDIA,
    "most_replayed": _REPLAYED,
    "subtitles": _SUBTITLES,
    "duplicates": _DUPLICATES,
    "analyses": _ANALYSES,
    "fits": _FITS,
    "scripts": _SCRIPTS,
    "verdicts": _VERDICTS,
}

_ACCOUNT = {
    "handles": """SELECT handle, first_seen_at, last_seen_at FROM account_handles
        WHERE account_id = $account ORDER BY last_seen_at DESC NULLS LAST, handle""",
    "followers": """SELECT captured_at, followers, following, posts FROM account_snapshots
        WHERE account_id = $account AND coalesce(followers, following, posts) IS NOT NULL
        ORDER BY captured_at""",
    "projects": """SELECT project_id, role, notes, added_at FROM project_accounts
        WHERE account_id = $account ORDER BY project_id""",
    "formats": """SELECT format, count(*) AS n_posts, median(views) AS median_views,
    max(views) AS most_views,
            min(posted_at) AS first_posted_at, max(posted_at) AS last_posted_at
        FROM posts_latest WHERE account_id = $account GROUP BY format ORDER BY n_posts DESC,
        format""",
    "tiers": """SELECT o.project_id, o.tier, count(*) AS n FROM outlier_latest AS o
        WHERE o.account_id = $account GROUP BY ALL ORDER BY o.project_id, n DESC, o.tier""",
    "posts": """SELECT p.post_id, p.format, p.posted_at, p.views, o.tier, o.multiplier, p.url,
            coalesce(p.title, p.caption) AS caption
        FROM posts_latest AS p
        LEFT JOIN (
            SELECT post_id, arg_max(tier, created_at) AS tier, arg_max(multiplier,
                created_at) AS multiplier
            FROM outlier_latest GROUP BY post_id
        ) AS o ON o.post_id = p.post_id
        WHERE p.account_id = $account ORDER BY p.posted_at DESC NULLS LAST, p.post_id""",
    "scripts": """SELECT u.post_id, c.script_id, c.title, c.status FROM publications AS u
        JOIN posts AS p ON p.post_id = u.post_id AND p.account_id = $account
        JOIN scripts_current AS c ON c.script_id = u.script_id ORDER BY u.linked_at, u.post_id""",
}


def post(store: Store, ref: str) -> Row:
    """A post (id, native id or URL): `post`, a row of posts_latest, and lists `snapshots`,
    `projects` (tier and why), `video` (file and measures, at most one), `most_replayed` (a stretch,
    at most one), `subtitles`, `duplicates`, `analyses`, `fits`, `scripts`, `verdicts`.

    Raises BadInput when it is not in the store, with the nearest that is.
    """
    with store.read() as connection:
        return _post(connection, find_post(connection, ref))


def account(store: Store, ref: str) -> Row:
    """An account (id, @handle, platform:handle or profile URL): `account`, a row of
    accounts_latest, and lists `handles`, `followers` (by capture), `projects`, `formats`, `tiers`,
    `posts` (newest first), `scripts`.

    Raises BadInput when it is not in the store (with the nearest), and for a handle on several
    platforms.
    """
    with store.read() as connection:
        key = {"account": find_account(connection, ref)}
        sql = "SELECT * FROM accounts_latest WHERE account_id = $account"
        parts = {name: records(connection, query, key) for name, query in _ACCOUNT.items()}
        return {"account": records(connection, sql, key)[0], **parts}


def video(store: Store, ref: str) -> Row:
    """A video by one of its posts, or by eight or more digits of its SHA-256: what `post` gives of
    the post, and `posts`, every post that shows it, with their numbers.

    Raises BadInput when the post is not there, and when nothing was fetched or measured of it.
    """
    with store.read() as connection:
        key = _post_of_file(connection, ref) or find_post(connection, ref)
        facts = _post(connection, key)
        if not facts["video"]:
            raise BadInput(
                f"no video of {key} was fetched.",
                todo="vt process videos fetches those of picked posts.",
            )
        own = {
            name: facts["post"][name]
            for name in ("post_id", "platform", "handle", "posted_at", "views", "url")
        }
        return {**facts, "posts": [own, *facts["duplicates"]]}


def find_post(connection: Connection, ref: str) -> str:
    """The id of the post that people call `ref`. Raises BadInput with the nearest id or URL."""
    word = ref.strip()
    key = post_ref(word).post_id if "/" in word else word
    sql = (
        "SELECT post_id FROM posts WHERE post_id = $ref OR native_id = $ref OR url = $word "
        "ORDER BY 1"
    )
    hits = _column(connection, sql, {"ref": key or word, "word": word})
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise BadInput(
            f"{ref} is a post on several platforms.", todo=f"Name it: {' or '.join(hits)}."
        )
    names = {k: k for k in _column(connection, "SELECT post_id FROM posts")}
    names |= {k.partition(":")[2]: k for k in names}
    near = names.get(nearest(key or word, list(names)) or "")
    raise BadInput(f"there is no post {ref}.", todo=_todo(connection, near))


def find_account(connection: Connection, ref: str) -> str:
    """The id of the account that people call `ref`. Raises BadInput with the nearest handle."""
    facts = _account_facts(ref.strip())
    sql = """SELECT DISTINCT a.account_id FROM accounts AS a
        LEFT JOIN account_handles AS h ON h.account_id = a.account_id
        WHERE ($platform IS NULL OR a.platform = $platform)
          AND (a.account_id = $ref OR a.native_id = $word OR a.handle = lower($word) OR h.handle = lower($word))
        ORDER BY 1"""  # noqa: E501
    hits = _column(connection, sql, facts)
    if facts["ref"] in hits or len(hits) == 1:
        return str(facts["ref"]) if facts["ref"] in hits else hits[0]
    if hits:
        raise BadInput(
            f"{ref} is the name of several accounts.", todo=f"Name it: {' or '.join(hits)}."
        )
    rows = connection.execute(
        "SELECT platform, handle FROM accounts WHERE handle IS NOT NULL"
    ).fetchall()
    near = nearest(str(facts["word"]), [str(handle) for _, handle in rows])
    full_name = next((f"{platform}:{handle}" for platform, handle in rows if handle == near), "")
    raise BadInput(
        f"there is no account {ref}.",
        todo=f"Did you mean {full_name}?"
        if full_name
        else "Follow it: vt project add-accounts PROJECT FILE",
    )


def _account_facts(ref: str) -> Mapping[str, str | None]:
    """platform, ref and word (handle or native id) of a URL, `platform:name` or a bare name."""
    if "/" in ref:
        account = account_ref(ref)
        word = account.native_id or account.handle
        return {"platform": account.platform, "ref": f"{account.platform}:{word}", "word": word}
    platform, colon, name = ref.partition(":")
    return {
        "platform": platform.lower() if colon else None,
        "ref": ref,
        "word": (name or ref).lstrip("@"),
    }


def _post(connection: Connection, post_id: str) -> Row:
    key = {"post": post_id}
    (facts,) = records(connection, "SELECT * FROM posts_latest WHERE post_id = $post", key)
    return {"post": facts, **{name: records(connection, sql, key) for name, sql in _POST.items()}}


def _post_of_file(connection: Connection, ref: str) -> str | None:
    digits = 8
    if len(ref) < digits or not set(ref.lower()) <= set("0123456789abcdef"):
        return None
    sql = (
        "SELECT post_id FROM media WHERE starts_with(sha256, lower($ref)) ORDER BY fetched_at, "
        "post_id LIMIT 1"
    )
    return next(iter(_column(connection, sql, {"ref": ref})), None)


def _todo(connection: Connection, near: str | None) -> str:
    if not near:
        return "Import it: vt import url URL --project P"
    url = _column(connection, "SELECT url FROM posts WHERE post_id = $ref", {"ref": near})
    return f"Did you mean {near} ({url[0]})?"


def _column(connection: Connection, sql: str, values: Any = None) -> list[str]:
    return [str(value) for (value,) in connection.execute(sql, values).fetchall()]
