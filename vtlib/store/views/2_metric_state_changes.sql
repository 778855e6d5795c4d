CREATE OR REPLACE VIEW metric_state_changes AS
WITH states AS (
    SELECT
        post_id, captured_at,
        unnest([{{metrics}}]) AS metric,
        unnest([{{each metric: <metric>_state}}]) AS to_state
    FROM post_snapshots
),
steps AS (
    SELECT *, lag(to_state) OVER (PARTITION BY post_id, metric ORDER BY captured_at) AS from_state
    FROM states
)
SELECT
    pp.project_id, p.platform, p.format, s.metric, date_trunc('day', s.captured_at)::TIMESTAMP AS captured_day,
    s.from_state, s.to_state, count(*) AS n
FROM steps AS s
JOIN posts AS p ON p.post_id = s.post_id
JOIN project_posts AS pp ON pp.post_id = s.post_id
WHERE s.from_state <> s.to_state
GROUP BY ALL;
