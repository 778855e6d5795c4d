-- severity: error
-- todo: A script is published but names no post: vt script track SCRIPT --post-url URL, or set it back with a reason.
SELECT v.script_id || ' version ' || v.version AS example
FROM script_versions AS v
ANTI JOIN publications AS p ON p.script_id = v.script_id AND p.version = v.version
WHERE v.status = 'published'
