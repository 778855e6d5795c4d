-- Runs, newest first: the columns of runs, seconds, n_ok, n_skipped, n_failed stages, failed_stage with its reason, usd.
SELECT
    r.*, date_diff('millisecond', r.started_at, r.ended_at) / 1000 AS seconds,
    coalesce(s.n_ok, 0) AS n_ok, coalesce(s.n_skipped, 0) AS n_skipped, coalesce(s.n_failed, 0) AS n_failed,
    s.failed_stage, s.reason, coalesce(m.usd, 0) AS usd
FROM runs AS r
LEFT JOIN (
    SELECT
        run_id, count(*) FILTER (status = 'ok') AS n_ok, count(*) FILTER (status = 'skipped') AS n_skipped,
        count(*) FILTER (status = 'failed') AS n_failed,
        arg_min(stage, started_at) FILTER (status = 'failed') AS failed_stage,
        arg_min(reason, started_at) FILTER (status = 'failed') AS reason
    FROM stage_runs GROUP BY run_id
) AS s ON s.run_id = r.run_id
LEFT JOIN (SELECT run_id, sum(usd) AS usd FROM spend GROUP BY run_id) AS m ON m.run_id = r.run_id
WHERE $project IS NULL OR r.project_id = $project
ORDER BY r.started_at DESC, r.run_id LIMIT $limit
