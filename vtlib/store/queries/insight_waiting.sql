-- Picked posts and how far each got: has_file, is_measured, is_read (a model's answer), decided_by, media_reason.
SELECT
    s.post_id, s.role, s.decided_by, p.account_id, p.handle, p.platform, p.posted_at, p.caption, p.url,
    d.path IS NOT NULL AS has_file, d.reason AS media_reason, m.post_id IS NOT NULL AS is_measured,
    a.post_id IS NOT NULL AS is_read
FROM selected_posts AS s
JOIN posts_latest AS p ON p.post_id = s.post_id
LEFT JOIN media AS d ON d.post_id = s.post_id
LEFT JOIN (SELECT DISTINCT post_id FROM measures WHERE status = 'ok') AS m ON m.post_id = s.post_id
LEFT JOIN (SELECT DISTINCT post_id FROM analyses_latest) AS a ON a.post_id = s.post_id
WHERE s.project_id = $project
ORDER BY s.role, s.post_id
