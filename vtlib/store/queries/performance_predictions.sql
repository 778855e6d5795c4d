-- Frozen predictions of a project in the order they were made.
SELECT * EXCLUDE (content) FROM predictions WHERE project_id = $project ORDER BY seq
