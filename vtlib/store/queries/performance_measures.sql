-- What was measured of a project's posts: post_id, duration_s, cuts_s, windows (JSON). A video fetched as the example of a
-- pattern alone is left out: it was chosen for what became of it.
SELECT m.post_id, m.duration_s, m.cuts_s, m.windows
FROM measures AS m
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = m.post_id
ANTI JOIN (
    SELECT post_id FROM film_samples WHERE project_id = $project AND stratum = 'example'
    EXCEPT SELECT post_id FROM selected_posts WHERE project_id = $project
    EXCEPT SELECT u.post_id FROM publications AS u JOIN scripts AS c ON c.script_id = u.script_id WHERE c.project_id = $project
    EXCEPT SELECT post_id FROM script_matches WHERE project_id = $project
) AS e ON e.post_id = m.post_id
WHERE m.status = 'ok'
QUALIFY row_number() OVER (PARTITION BY m.post_id ORDER BY m.measured_at DESC) = 1
ORDER BY m.post_id
