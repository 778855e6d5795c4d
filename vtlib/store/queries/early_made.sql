-- Early calls that earlier runs of a project stored (no trials), the first of each post: post_id, captured_at,
-- probability, base_ratio, needed. A call made from the newest capture is none of an earlier run.
SELECT e.post_id, e.captured_at, e.probability, e.base_ratio, e.needed
FROM early_calls AS e
JOIN outlier_runs AS r ON r.outlier_run_id = e.outlier_run_id
WHERE r.project_id = $project AND r.is_trial IS NOT TRUE
QUALIFY row_number() OVER (PARTITION BY e.post_id ORDER BY e.captured_at, r.created_at) = 1
ORDER BY e.post_id
