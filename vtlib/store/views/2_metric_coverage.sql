CREATE OR REPLACE VIEW metric_coverage AS
SELECT project_id, platform, format, metric, state, count(*) AS n
FROM (
    SELECT
        pp.project_id, p.platform, p.format,
        unnest([{{metrics}}]) AS metric,
        unnest([{{each metric: <metric>_state}}]) AS state
    FROM posts_latest AS p
    JOIN project_posts AS pp ON pp.post_id = p.post_id
    WHERE p.captured_at IS NOT NULL
)
GROUP BY ALL;
