-- severity: error
-- todo: Scores without their run or their post: run the stage again (vt analyze outliers --project P).
SELECT 'no run ' || s.outlier_run_id AS example
FROM outlier_scores AS s ANTI JOIN outlier_runs AS r ON r.outlier_run_id = s.outlier_run_id
UNION ALL
SELECT 'no post ' || s.post_id FROM outlier_scores AS s ANTI JOIN posts AS p ON p.post_id = s.post_id
