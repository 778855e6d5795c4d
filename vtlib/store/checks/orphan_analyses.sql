-- severity: error
-- todo: Parts of analyses without their whole: run the stage again (vt analyze videos --project P).
SELECT 'no post ' || a.post_id AS example FROM analyses AS a ANTI JOIN posts AS p ON p.post_id = a.post_id
WHERE a.post_id IS NOT NULL
UNION ALL
SELECT 'check without analysis ' || c.analysis_id
FROM analysis_checks AS c ANTI JOIN analyses AS a ON a.analysis_id = c.analysis_id
UNION ALL
SELECT 'claim without check ' || c.analysis_id
FROM analysis_claims AS c ANTI JOIN analysis_checks AS k ON k.analysis_id = c.analysis_id
UNION ALL
SELECT 'correction without analysis ' || c.analysis_id
FROM analysis_corrections AS c ANTI JOIN analyses AS a ON a.analysis_id = c.analysis_id
