-- Posts of a project as they are judged: for each reach metric, and for likes + comments, the latest value that
-- is known with its time of capture. Comments count where they are known (Pinterest has likes alone). A metric that vanished in a later capture keeps its last known value.
WITH mine AS (SELECT post_id FROM project_posts WHERE project_id = $project),
known AS (
    SELECT
        s.post_id,
        {{each reach metric:
            arg_max(s.<metric>, s.captured_at) AS <metric>,
            max(s.captured_at) FILTER (s.<metric> IS NOT NULL) AS <metric>_at
        }},
        arg_max(s.likes + coalesce(s.comments, 0), s.captured_at) AS engagement,
        max(s.captured_at) FILTER (s.likes IS NOT NULL) AS engagement_at
    FROM post_snapshots AS s SEMI JOIN mine USING (post_id)
    GROUP BY s.post_id
)
SELECT
    p.post_id, p.account_id, p.platform, p.format, p.posted_at, p.is_pinned, p.is_paid, p.is_coauthored,
    p.duration_s, a.followers,
    k.* EXCLUDE (post_id)
FROM posts AS p
SEMI JOIN mine ON mine.post_id = p.post_id
LEFT JOIN known AS k ON k.post_id = p.post_id
LEFT JOIN accounts_latest AS a ON a.account_id = p.account_id
ORDER BY p.post_id
