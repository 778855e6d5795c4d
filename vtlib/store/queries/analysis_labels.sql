-- What people said of posts without having seen the answer: the latest word of each person on each field.
SELECT a.post_id, c.field, c.value, c.corrected_by, c.corrected_at
FROM analysis_corrections AS c
JOIN analyses AS a ON a.analysis_id = c.analysis_id
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS o ON o.post_id = a.post_id
WHERE c.kind = 'label'
QUALIFY row_number() OVER (PARTITION BY a.post_id, c.field, c.corrected_by ORDER BY c.corrected_at DESC) = 1
ORDER BY a.post_id, c.field, c.corrected_by
