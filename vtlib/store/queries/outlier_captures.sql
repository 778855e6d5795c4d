-- Runs of the outlier rule (no trials) with the latest time of capture each of them knew: outlier_run_id, captured_at.
SELECT s.outlier_run_id, max(s.captured_at) AS captured_at
FROM outlier_scores AS s
SEMI JOIN (SELECT outlier_run_id FROM outlier_runs WHERE project_id = $project AND is_trial IS NOT TRUE) AS r
    ON r.outlier_run_id = s.outlier_run_id
GROUP BY s.outlier_run_id
