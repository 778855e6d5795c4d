-- severity: error
-- todo: Early calls without their run or their post: run the stage again (vt analyze outliers --project P).
SELECT 'no run ' || e.outlier_run_id AS example
FROM early_calls AS e ANTI JOIN outlier_runs AS r ON r.outlier_run_id = e.outlier_run_id
UNION ALL
SELECT 'no run ' || t.outlier_run_id
FROM early_tags AS t ANTI JOIN outlier_runs AS r ON r.outlier_run_id = t.outlier_run_id
UNION ALL
SELECT 'no post ' || e.post_id FROM early_calls AS e ANTI JOIN posts AS p ON p.post_id = e.post_id
UNION ALL
SELECT 'no chance ' || post_id FROM early_calls WHERE probability IS NULL OR probability NOT BETWEEN 0 AND 1
