-- Sounds and hashtags tested by one outlier run, those that gather pace first.
SELECT t.*
FROM early_tags AS t JOIN outlier_runs AS r ON r.outlier_run_id = t.outlier_run_id
WHERE r.project_id = $project AND t.outlier_run_id = $outlier_run
ORDER BY t.is_gathering DESC, t.p_value, t.platform, t.tag
