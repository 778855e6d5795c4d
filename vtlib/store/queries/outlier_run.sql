-- The latest outlier run of a project that is no trial.
SELECT * FROM outlier_runs WHERE project_id = $project AND is_trial IS NOT TRUE
ORDER BY created_at DESC, outlier_run_id DESC LIMIT 1
