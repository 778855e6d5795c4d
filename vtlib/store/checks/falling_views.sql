-- severity: warning
-- todo: Views fell by more than half between two captures: another actor may count otherwise, or the platform changed its definition; such a step is no loss.
SELECT post_id || ' ' || before || ' -> ' || views || ' at ' || captured_at AS example
FROM (
    SELECT post_id, captured_at, views, lag(views) OVER (PARTITION BY post_id ORDER BY captured_at) AS before
    FROM post_snapshots WHERE views IS NOT NULL
)
WHERE views < before / 2
