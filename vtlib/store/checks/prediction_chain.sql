-- severity: error
-- todo: A prediction was removed, or put in later: the row of digests is broken here. Restore a backup (vt restore).
SELECT project_id || ' #' || seq || ' ' || prediction_id AS example
FROM (
    SELECT
        project_id, seq, prediction_id, previous_sha256,
        lag(content_sha256, 1, '') OVER (PARTITION BY project_id ORDER BY seq) AS expected,
        row_number() OVER (PARTITION BY project_id ORDER BY seq) AS place
    FROM predictions
)
WHERE previous_sha256 IS DISTINCT FROM expected OR seq <> place
