-- Posts of a project as they are judged, without their numbers (outlier_snapshots).
SELECT
    p.post_id, p.account_id, p.platform, p.format, p.posted_at, p.is_pinned, p.is_paid, p.is_coauthored,
    p.duration_s, a.followers
FROM posts AS p
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = p.post_id
LEFT JOIN accounts_latest AS a ON a.account_id = p.account_id
ORDER BY p.post_id
