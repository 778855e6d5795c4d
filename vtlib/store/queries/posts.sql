-- The posts of a project: posts_latest with is_own, notes, came_from.
SELECT p.*, l.is_own, l.notes, l.came_from, l.first_capture_id, l.added_at
FROM posts_latest AS p JOIN project_posts AS l ON l.post_id = p.post_id
WHERE l.project_id = $project
ORDER BY p.post_id
