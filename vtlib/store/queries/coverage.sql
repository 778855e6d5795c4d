-- How each metric is known: platform, format, metric, state, n (posts at their latest snapshot).
SELECT platform, format, metric, state, n FROM metric_coverage WHERE project_id = $project ORDER BY ALL
