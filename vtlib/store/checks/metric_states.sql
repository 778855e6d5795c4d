-- severity: error
-- todo: A count and its state disagree (a value that is hidden, or none that is observed): the source file must set both; then map the items again.
-- for each metric
SELECT post_id || ' {metric} ' || captured_at AS example FROM post_snapshots
WHERE {metric}_state IS NULL OR {metric}_state NOT IN ({states})
    OR ({metric} IS NOT NULL) <> ({metric}_state IN ('observed', 'estimated'))
