-- Posts to analyse: picked by rule and not rejected, or kept by a person; with their posts.
SELECT s.*, p.platform, p.format, p.account_id, p.handle, p.url, p.posted_at, p.caption, p.duration_s
FROM selected_posts AS s JOIN posts_latest AS p ON p.post_id = s.post_id
WHERE s.project_id = $project
ORDER BY s.role, s.picked_at, s.post_id
