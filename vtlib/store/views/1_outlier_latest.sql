CREATE OR REPLACE VIEW outlier_latest AS
SELECT r.project_id, r.method, r.created_at, s.*
FROM (
    SELECT project_id, method, created_at, outlier_run_id
    FROM outlier_runs
    WHERE is_trial IS NOT TRUE
    QUALIFY row_number() OVER (PARTITION BY project_id ORDER BY created_at DESC, outlier_run_id DESC) = 1
) AS r
JOIN outlier_scores AS s ON s.outlier_run_id = r.outlier_run_id;
