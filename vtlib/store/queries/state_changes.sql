-- Metrics that appeared or vanished between snapshots: a vanished metric is no loss.
SELECT platform, format, metric, captured_day, from_state, to_state, n
FROM metric_state_changes WHERE project_id = $project ORDER BY ALL
