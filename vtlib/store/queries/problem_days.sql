-- Problems a day (UTC) by stage and kind: day, stage, kind, n; oldest first.
SELECT seen_at::DATE AS day, stage, kind, count(*) AS n
FROM problems
WHERE seen_at IS NOT NULL AND ($project IS NULL OR project_id = $project) AND ($since IS NULL OR seen_at >= $since)
GROUP BY day, stage, kind ORDER BY day, stage, kind
