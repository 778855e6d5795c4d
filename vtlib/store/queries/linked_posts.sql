-- Posts that came of a project's scripts with when they were seen last: post_id, platform, url, posted_at (NULL = not
-- known yet), last_captured_at (NULL = never).
SELECT DISTINCT ON (u.post_id)
    u.post_id, split_part(u.post_id, ':', 1) AS platform, coalesce(p.url, u.url) AS url, p.posted_at,
    s.captured_at AS last_captured_at
FROM publications AS u
JOIN scripts AS c ON c.script_id = u.script_id AND c.project_id = $project
LEFT JOIN posts AS p ON p.post_id = u.post_id
LEFT JOIN (SELECT post_id, max(captured_at) AS captured_at FROM post_snapshots GROUP BY post_id) AS s
    ON s.post_id = u.post_id
ORDER BY u.post_id, u.linked_at
