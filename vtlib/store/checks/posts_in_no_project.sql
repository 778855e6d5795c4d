-- severity: warning
-- todo: Posts that no project has; nothing depends on it.
SELECT p.post_id AS example FROM posts AS p ANTI JOIN project_posts AS l ON l.post_id = p.post_id
