-- Snapshots of posts captured more than once, long: post_id, metric, captured_at, value. For the growth curve.
WITH mine AS (
    SELECT s.*
    FROM post_snapshots AS s
    SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = s.post_id
),
long AS (
    SELECT post_id, 'views' AS metric, captured_at, views AS value FROM mine
    UNION ALL SELECT post_id, 'plays', captured_at, plays FROM mine
    UNION ALL SELECT post_id, 'impressions', captured_at, impressions FROM mine
    UNION ALL SELECT post_id, 'engagement', captured_at, likes + coalesce(comments, 0) FROM mine
)
SELECT * FROM long
WHERE value IS NOT NULL
QUALIFY count(*) OVER (PARTITION BY post_id, metric) > 1
ORDER BY post_id, metric, captured_at
