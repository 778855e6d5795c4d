-- The latest run of the pattern library of a project.
SELECT * FROM pattern_runs WHERE project_id = $project ORDER BY created_at DESC, pattern_run_id DESC LIMIT 1
