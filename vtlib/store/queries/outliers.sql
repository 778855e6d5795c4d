-- The latest scores of a project with their posts, sure and large first.
SELECT o.*, p.handle, p.display_name, p.url, p.posted_at, p.caption, p.title, p.duration_s, p.is_pinned, p.is_paid
FROM outlier_latest AS o JOIN posts_latest AS p ON p.post_id = o.post_id
WHERE o.project_id = $project
ORDER BY o.multiplier_low DESC NULLS LAST, o.post_id
