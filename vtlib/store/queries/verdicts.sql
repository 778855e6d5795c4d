-- Verdicts of a project with the titles of their scripts.
SELECT v.*, s.title, s.product_id, u.variant
FROM verdicts AS v
LEFT JOIN scripts AS s ON s.script_id = v.script_id
LEFT JOIN publications AS u ON u.script_id = v.script_id AND u.version = v.version AND u.post_id = v.post_id
WHERE v.project_id = $project
ORDER BY v.script_id, v.version, v.post_id, v.prediction
