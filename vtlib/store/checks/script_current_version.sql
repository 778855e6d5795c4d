-- severity: error
-- todo: A script whose current or approved version is missing or twice, or whose status is not that of its version: please report it, with the script named here.
SELECT s.script_id || ' current ' || s.current_version AS example
FROM scripts AS s
LEFT JOIN script_versions AS v ON v.script_id = s.script_id AND v.version = s.current_version
GROUP BY s.script_id, s.current_version
HAVING count(v.version) <> 1
UNION ALL
SELECT s.script_id || ' approved ' || s.approved_version
FROM scripts AS s
ANTI JOIN script_versions AS v ON v.script_id = s.script_id AND v.version = s.approved_version
WHERE s.approved_version IS NOT NULL
UNION ALL
SELECT s.script_id || ' status ' || s.status
FROM scripts AS s
JOIN script_versions AS v ON v.script_id = s.script_id AND v.version = s.current_version
WHERE s.status IS DISTINCT FROM v.status
UNION ALL
SELECT s.script_id || ' version ' || max(v.version) || ' above the current'
FROM scripts AS s JOIN script_versions AS v ON v.script_id = s.script_id
GROUP BY s.script_id, s.current_version
HAVING max(v.version) <> s.current_version
UNION ALL
SELECT s.script_id || ' twice' FROM scripts AS s GROUP BY s.script_id HAVING count(*) > 1
