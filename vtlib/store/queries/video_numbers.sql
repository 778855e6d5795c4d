-- The snapshots of some posts of a project ($posts: their ids), oldest first, with whose they are.
SELECT p.post_id, p.account_id, p.platform, p.handle, s.captured_at, {{each metric: s.<metric>, s.<metric>_state}}
FROM post_snapshots AS s
JOIN posts_latest AS p ON p.post_id = s.post_id
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = s.post_id
WHERE list_contains($posts, s.post_id)
ORDER BY s.post_id, s.captured_at
