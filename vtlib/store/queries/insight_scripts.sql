-- Scripts of a project as a report tells of them: status, product, forecasts frozen, posts linked.
SELECT
    s.script_id, s.title, s.post_id AS source_post_id, s.status, s.kind, s.product_id, s.version, s.difficulty, s.duration_s, s.made_by,
    s.approved_version, s.open_comments, coalesce(f.n, 0) AS forecasts, coalesce(u.n, 0) AS posts, s.created_at, s.updated_at
FROM scripts_current AS s
LEFT JOIN (SELECT script_id, count(*) AS n FROM predictions GROUP BY script_id) AS f ON f.script_id = s.script_id
LEFT JOIN (SELECT script_id, count(DISTINCT post_id) AS n FROM publications GROUP BY script_id) AS u ON u.script_id = s.script_id
WHERE s.project_id = $project
ORDER BY s.updated_at DESC, s.script_id
