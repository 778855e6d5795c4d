-- Problems by stage and kind, most first: stage, kind, n, first_at, latest_at, example (the latest reason).
SELECT
    stage, kind, count(*) AS n, min(seen_at) AS first_at, max(seen_at) AS latest_at,
    arg_max(reason, seen_at) AS example
FROM problems
WHERE ($project IS NULL OR project_id = $project) AND ($since IS NULL OR seen_at >= $since)
    AND ($stage IS NULL OR stage = $stage) AND ($kind IS NULL OR kind = $kind)
GROUP BY stage, kind ORDER BY n DESC, stage, kind
