-- severity: error
-- todo: Run vt process videos again; a file that was removed by hand is noted by vt purge.
SELECT 'media of no post ' || m.post_id AS example FROM media AS m ANTI JOIN posts AS p ON p.post_id = m.post_id
UNION ALL
SELECT 'measures of no media ' || x.post_id FROM measures AS x ANTI JOIN media AS m ON m.post_id = x.post_id
UNION ALL
SELECT 'status ' || status FROM media
WHERE status NOT IN (
    'ok', 'photo', 'private', 'removed', 'expired', 'login', 'age', 'geo', 'rate_limited', 'not_video', 'too_large', 'broken'
)
UNION ALL
SELECT 'kept without a file ' || post_id FROM media
WHERE status IN ('ok', 'photo') AND (sha256 IS NULL OR (path IS NULL) <> (purged_at IS NOT NULL))
UNION ALL
SELECT 'failed with a file ' || post_id FROM media WHERE status NOT IN ('ok', 'photo') AND path IS NOT NULL
UNION ALL
SELECT 'a photo post without pictures ' || m.post_id FROM media AS m
ANTI JOIN media_images AS i ON i.post_id = m.post_id WHERE m.status = 'photo'
UNION ALL
SELECT 'cover of no post ' || c.post_id FROM covers AS c ANTI JOIN posts AS p ON p.post_id = c.post_id
UNION ALL
SELECT 'a cover that failed with a file ' || post_id FROM covers WHERE status <> 'photo' AND path IS NOT NULL
