-- The latest outlier run of a project.
SELECT * FROM outlier_runs WHERE project_id = $project ORDER BY created_at DESC, outlier_run_id DESC LIMIT 1
