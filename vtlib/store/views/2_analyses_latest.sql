-- Of each post and task the newest answer that has data; corrections stand in rows of their own.
CREATE OR REPLACE VIEW analyses_latest AS
SELECT a.*, c.grounding_share, c.n_supported, c.n_drifted, c.n_unsupported, c.n_not_checked, c.cuts, c.flags
FROM (
    SELECT *
    FROM analyses
    WHERE status IN ('ok', 'repaired', 'partial')
    QUALIFY row_number() OVER (PARTITION BY post_id, task ORDER BY answered_at DESC, analysis_id DESC) = 1
) AS a
LEFT JOIN analysis_checks AS c ON c.analysis_id = a.analysis_id;
