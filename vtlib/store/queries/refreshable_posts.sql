-- Posts of a project with when they were seen last: post_id, platform, url, posted_at, last_captured_at (NULL = never).
SELECT p.post_id, p.platform, p.url, p.posted_at, s.captured_at AS last_captured_at
FROM posts AS p
JOIN project_posts AS l ON l.post_id = p.post_id AND l.project_id = $project
LEFT JOIN (SELECT post_id, max(captured_at) AS captured_at FROM post_snapshots GROUP BY post_id) AS s
    ON s.post_id = p.post_id
WHERE p.posted_at IS NOT NULL AND p.url <> ''
ORDER BY p.posted_at DESC, p.post_id
