-- severity: error
-- todo: Rows of captures that do not exist: restore the captures table from a backup, or import the files again.
SELECT 'raw_items ' || r.capture_id AS example
FROM (SELECT DISTINCT capture_id FROM raw_items) AS r ANTI JOIN captures AS c ON c.capture_id = r.capture_id
UNION ALL
SELECT 'post_snapshots ' || r.capture_id
FROM (SELECT DISTINCT capture_id FROM post_snapshots) AS r ANTI JOIN captures AS c ON c.capture_id = r.capture_id
UNION ALL
SELECT 'account_snapshots ' || r.capture_id
FROM (SELECT DISTINCT capture_id FROM account_snapshots) AS r ANTI JOIN captures AS c ON c.capture_id = r.capture_id
UNION ALL
SELECT 'project_posts ' || r.first_capture_id
FROM (SELECT DISTINCT first_capture_id FROM project_posts WHERE first_capture_id IS NOT NULL) AS r
ANTI JOIN captures AS c ON c.capture_id = r.first_capture_id
UNION ALL
SELECT 'problems ' || r.capture_id
FROM (SELECT DISTINCT capture_id FROM problems WHERE capture_id IS NOT NULL) AS r
ANTI JOIN captures AS c ON c.capture_id = r.capture_id
