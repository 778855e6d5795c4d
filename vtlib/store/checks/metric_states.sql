-- severity: error
-- todo: A count and its state disagree (a value that is hidden, or none that is observed): the source file must set both; then map the items again.
SELECT post_id || ' ' || metric || ' ' || captured_at AS example
FROM (
    SELECT
        post_id, captured_at, unnest([{{metrics}}]) AS metric, unnest([{{each metric: <metric>}}]) AS value,
        unnest([{{each metric: <metric>_state}}]) AS state
    FROM post_snapshots
)
WHERE state IS NULL OR state NOT IN ({{states}})
    OR (value IS NOT NULL) <> (state IN ('observed', 'estimated'))
