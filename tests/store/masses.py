"""Posts by the million, made on a PostgreSQL itself: what a team has after years."""

import psycopg

ACCOUNT_POSTS = 100
DAY_0 = "timestamp '2026-01-05'"
LARGE = ("posts", "post_snapshots", "project_posts")
# Native ids in no order: 7919 and the prime PRIME have no common factor.
PRIME = 100_000_007
ID = f"'tiktok:' || (7000000000000000000 + (i * 7919) % {PRIME} * 37000000)"
ACCOUNT = f"'tiktok:' || (6000000000000 + i / {ACCOUNT_POSTS})"
# Log-normal by account, from the number of the post alone, as are the lengths and times.
VIEWS = """exp(8 + 1.5 * sin(i / 100)
    + (0.6::float8 + 0.01::float8 * ((i / 100) % 100))
    * sqrt(-2 * ln(((i * 48271) % 2147483647 + 1) / 2147483648::float8))
    * cos(6.283185::float8 * ((i * 69621) % 2147483647) / 2147483647::float8) + {day} * 0.02::float8
)::bigint"""
_FILL = (
    """INSERT INTO projects (project_id, slug, name, created_at)
    SELECT 'p' || k, 'p' || k, 'p' || k, {day_0} FROM generate_series(0, {projects} - 1) AS k
    WHERE NOT EXISTS (SELECT FROM projects WHERE project_id = 'p' || k)""",
    """INSERT INTO captures (capture_id, project_id, provider, platform, captured_at, found, mapped,
        "new", status, started_at, ended_at)
    SELECT 'mass' || k || '-' || d, 'p' || k, 'file', 'tiktok', {day_0} + d * interval '1 day',
        {posts}, {posts}, CASE d WHEN 0 THEN {posts} ELSE 0 END, 'ok',
        {day_0} + d * interval '1 day', {day_0} + d * interval '1 day'
    FROM generate_series(0, {snapshots} - 1) AS d, generate_series(0, {projects} - 1) AS k""",
    """INSERT INTO accounts (account_id, platform, native_id, handle, display_name, first_seen_at,
        last_captured_at)
    SELECT {account}, 'tiktok', substr({account}, 8), 'rival' || i / 100, 'Rival ' || i / 100,
        {day_0}, {day_0} FROM generate_series(0, {n} - 1, {account_posts}) AS i""",
    """INSERT INTO account_handles (platform, handle, account_id, first_seen_at, last_seen_at)
    SELECT 'tiktok', 'rival' || i / 100, {account}, {day_0}, {day_0}
    FROM generate_series(0, {n} - 1, {account_posts}) AS i""",
    """INSERT INTO account_snapshots (account_id, captured_at, capture_id, followers)
    SELECT {account}, {day_0} + d * interval '1 day', 'mass' || i / {posts} || '-' || d,
        (1000 * exp(sin(i) * 2))::bigint
    FROM generate_series(0, {snapshots} - 1) AS d,
        generate_series(0, {n} - 1, {account_posts}) AS i""",
    """INSERT INTO posts (post_id, platform, native_id, account_id, url, format, posted_at, caption,
        duration_s, is_pinned, is_paid, hashtags, mentions, audio_id, audio_title, first_seen_at,
        last_captured_at)
    SELECT {id}, 'tiktok', substr({id}, 8), {account},
        'https://www.tiktok.com/@rival' || i / 100 || '/video/' || substr({id}, 8), 'video',
        {day_0} - ((i * 48271) % 31536000) * interval '1 second',
        'look at this, how we made it ' || i || ' #folding #kitchen', 5 + i % 60, false, false,
        ARRAY['folding', 'kitchen'], ARRAY[]::varchar[], 's' || i % 500000, 'original sound',
        {day_0}, {day_0} FROM generate_series(0::bigint, {n} - 1) AS i""",
    """INSERT INTO project_posts (project_id, post_id, came_from, first_capture_id, added_at)
    SELECT 'p' || i / {posts}, {id}, 'dataset', 'mass' || i / {posts} || '-0', {day_0}
    FROM generate_series(0::bigint, {n} - 1) AS i""",
)
_SNAPSHOTS = """INSERT INTO post_snapshots (post_id, captured_at, capture_id, views, views_state,
        likes, likes_state, comments, comments_state, shares, shares_state)
    SELECT {id}, {day_0} + {day} * interval '1 day', 'mass' || i / {posts} || '-{day}', v,
        'observed', v / 12, 'observed', v / 400, 'observed', v / 900, 'observed'
    FROM (SELECT i, {views} AS v FROM generate_series(0::bigint, {n} - 1) AS i) AS drawn"""


def fill(url: str, *, projects: int, posts: int, snapshots: int) -> None:
    """Projects p0, p1 … of `posts` posts each (accounts of ACCOUNT_POSTS), captured `snapshots`
    times, a day apart. Without the unique constraints meanwhile, as any large load.
    """
    facts = {"projects": projects, "posts": posts, "snapshots": snapshots, "n": projects * posts}
    facts |= {"day_0": DAY_0, "id": ID, "account": ACCOUNT, "account_posts": ACCOUNT_POSTS}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = viraltracker")
        sql = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE contype = 'u' AND conrelid = ANY(%s::regclass[])"""
        constraints = connection.execute(sql, [[*LARGE]]).fetchall()
        for table, name, _ in constraints:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for statement in _FILL:
            connection.execute(statement.format(**facts))
        for day in range(snapshots):
            views = VIEWS.format(day=day)
            connection.execute(_SNAPSHOTS.format(**facts, day=day, views=views))
        for table, name, definition in constraints:
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        connection.execute("VACUUM ANALYZE")
