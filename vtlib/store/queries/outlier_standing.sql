-- The judgement that stands beside or before a run: the latest other run that is no trial, and what broke out by it.
WITH standing AS (
    SELECT * FROM outlier_runs
    WHERE project_id = $project AND is_trial IS NOT TRUE AND outlier_run_id <> $outlier_run
    ORDER BY created_at DESC, outlier_run_id DESC LIMIT 1
)
SELECT
    r.outlier_run_id, r.method, r.name, r.created_at,
    coalesce(list(s.post_id) FILTER (s.tier IN ({{breakout tiers}})), []) AS breakouts
FROM standing AS r LEFT JOIN outlier_scores AS s ON s.outlier_run_id = r.outlier_run_id
GROUP BY ALL
