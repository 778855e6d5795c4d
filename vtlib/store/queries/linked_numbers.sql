-- The latest numbers of posts that came of a project's scripts; NULL where nothing was captured.
SELECT
    p.post_id, p.account_id, p.platform, p.format, p.posted_at, p.handle, p.url, p.captured_at, p.age_h, a.followers,
    p.views, p.views_state, {{each rate metric: p.<metric>, p.<metric>_state}}
FROM posts_latest AS p
LEFT JOIN accounts_latest AS a ON a.account_id = p.account_id
WHERE p.post_id IN (
    SELECT u.post_id FROM publications AS u JOIN scripts AS s ON s.script_id = u.script_id
    WHERE s.project_id = $project
)
ORDER BY p.post_id
