-- What was done and what failed a day (UTC), newest first: runs, runs_failed, captures, captures_failed, items,
-- posts_new, downloads, downloads_failed (by the day of the last try), problems, usd. Days without anything are left out.
WITH events AS (
    SELECT started_at AS "at", 'runs' AS what, 1.0 AS n, project_id FROM runs
    UNION ALL SELECT started_at, 'runs_failed', 1, project_id FROM runs WHERE status = 'failed'
    UNION ALL SELECT started_at, 'captures', 1, project_id FROM captures
    UNION ALL SELECT started_at, 'captures_failed', 1, project_id FROM captures WHERE status NOT IN ('ok', 'running')
    UNION ALL SELECT started_at, 'items', found, project_id FROM captures
    UNION ALL SELECT started_at, 'posts_new', "new", project_id FROM captures
    UNION ALL SELECT seen_at, 'problems', 1, project_id FROM problems
    UNION ALL SELECT "at", 'usd', usd, project_id FROM spend
    UNION ALL
    -- A film is stored once for all projects: in the figures of all projects it counts once.
    SELECT m.tried_at, CASE WHEN m.status IN ('ok', 'photo') THEN 'downloads' ELSE 'downloads_failed' END, 1, p.project_id
    FROM media AS m LEFT JOIN (
        SELECT post_id, CASE WHEN $project IS NULL THEN min(project_id) ELSE $project END AS project_id
        FROM project_posts WHERE $project IS NULL OR project_id = $project GROUP BY post_id
    ) AS p ON p.post_id = m.post_id
)
SELECT
    "at"::DATE AS day,
    coalesce(sum(n) FILTER (what = 'runs'), 0)::BIGINT AS runs,
    coalesce(sum(n) FILTER (what = 'runs_failed'), 0)::BIGINT AS runs_failed,
    coalesce(sum(n) FILTER (what = 'captures'), 0)::BIGINT AS captures,
    coalesce(sum(n) FILTER (what = 'captures_failed'), 0)::BIGINT AS captures_failed,
    coalesce(sum(n) FILTER (what = 'items'), 0)::BIGINT AS items,
    coalesce(sum(n) FILTER (what = 'posts_new'), 0)::BIGINT AS posts_new,
    coalesce(sum(n) FILTER (what = 'downloads'), 0)::BIGINT AS downloads,
    coalesce(sum(n) FILTER (what = 'downloads_failed'), 0)::BIGINT AS downloads_failed,
    coalesce(sum(n) FILTER (what = 'problems'), 0)::BIGINT AS problems,
    coalesce(sum(n) FILTER (what = 'usd'), 0)::DOUBLE AS usd
FROM events
WHERE "at" IS NOT NULL AND ($project IS NULL OR project_id = $project) AND ($since IS NULL OR "at" >= $since)
GROUP BY day ORDER BY day DESC
