-- The snapshots of one post of a project, oldest first; $post empty: the post with the most of them.
WITH mine AS (SELECT post_id FROM project_posts WHERE project_id = $project),
chosen AS (
    SELECT s.post_id
    FROM post_snapshots AS s SEMI JOIN mine USING (post_id)
    WHERE $post = '' OR s.post_id = $post
    GROUP BY s.post_id
    ORDER BY count(*) DESC, max(s.likes) DESC NULLS LAST, s.post_id
    LIMIT 1
)
SELECT p.post_id, p.account_id, p.platform, p.handle, s.captured_at, {{each metric: s.<metric>, s.<metric>_state}}
FROM post_snapshots AS s
SEMI JOIN chosen USING (post_id)
JOIN posts_latest AS p ON p.post_id = s.post_id
ORDER BY s.captured_at
