-- Every snapshot of a project's posts with what is judged by: platform, format, posted_at, age_h.
SELECT s.*, p.account_id, p.platform, p.format, p.posted_at, epoch(s.captured_at - p.posted_at) / 3600 AS age_h
FROM post_snapshots AS s
JOIN posts AS p ON p.post_id = s.post_id
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = s.post_id
ORDER BY s.post_id, s.captured_at
