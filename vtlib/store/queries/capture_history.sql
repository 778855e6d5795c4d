-- The captures of a project, oldest first.
SELECT * FROM capture_history WHERE project_id = $project ORDER BY captured_at NULLS FIRST, started_at, capture_id
