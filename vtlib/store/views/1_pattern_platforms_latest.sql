CREATE OR REPLACE VIEW pattern_platforms_latest AS
SELECT r.project_id, r.created_at, p.*
FROM (
    SELECT project_id, created_at, pattern_run_id
    FROM pattern_runs
    QUALIFY row_number() OVER (PARTITION BY project_id ORDER BY created_at DESC, pattern_run_id DESC) = 1
) AS r
JOIN pattern_platforms AS p ON p.pattern_run_id = r.pattern_run_id;
