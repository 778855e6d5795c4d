-- What was measured of a project's posts: post_id, duration_s, cuts_s, windows (JSON).
SELECT m.post_id, m.duration_s, m.cuts_s, m.windows
FROM measures AS m
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = m.post_id
WHERE m.status = 'ok'
QUALIFY row_number() OVER (PARTITION BY m.post_id ORDER BY m.measured_at DESC) = 1
ORDER BY m.post_id
