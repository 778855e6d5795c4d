-- Snapshots of posts captured more than once, long: post_id, metric, captured_at, value. For the growth curve.
WITH mine AS (
    SELECT s.*
    FROM post_snapshots AS s
    SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = s.post_id
),
long AS (
    SELECT
        post_id, unnest([{{reach metrics}}, 'engagement']) AS metric, captured_at,
        unnest([{{each reach metric: <metric>}}, likes + coalesce(comments, 0)]) AS value
    FROM mine
)
SELECT * FROM long
WHERE value IS NOT NULL
QUALIFY count(*) OVER (PARTITION BY post_id, metric) > 1
ORDER BY post_id, metric, captured_at
