-- Problems of a project by stage and kind, with one reason: stage, kind, n, example, latest_at.
SELECT stage, kind, count(*) AS n, min(reason) AS example, max(seen_at) AS latest_at
FROM problems WHERE project_id = $project GROUP BY stage, kind ORDER BY n DESC, stage, kind
