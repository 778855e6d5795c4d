-- Snapshots of a project's posts, by post and time: post (its place among those of outlier_posts), captured_at, each
-- reach metric and engagement. Comments count where they are known (Pinterest has likes alone).
WITH mine AS (
    SELECT p.post_id, row_number() OVER (ORDER BY p.post_id) - 1 AS post
    FROM posts AS p
    SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = p.post_id
)
SELECT
    m.post, s.captured_at, {{each reach metric: s.<metric>::DOUBLE AS <metric>}},
    (s.likes + coalesce(s.comments, 0))::DOUBLE AS engagement
FROM post_snapshots AS s
JOIN mine AS m ON m.post_id = s.post_id
ORDER BY m.post, s.captured_at
