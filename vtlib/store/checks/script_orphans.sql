-- severity: error
-- todo: A comment, change of status, shoot, publication or person belongs to a script or version that is not there.
SELECT t.what || ' of ' || t.script_id || ' version ' || coalesce(t.version, 0) AS example
FROM (
    SELECT 'comment' AS what, script_id, version FROM script_comments
    UNION ALL SELECT 'change of status', script_id, version FROM script_status_changes
    UNION ALL SELECT 'shoot', script_id, version FROM shoots
    UNION ALL SELECT 'publication', script_id, version FROM publications
) AS t
ANTI JOIN script_versions AS v ON v.script_id = t.script_id AND v.version = t.version
UNION ALL
SELECT 'person ' || p.person || ' of ' || p.script_id
FROM script_people AS p ANTI JOIN scripts AS s ON s.script_id = p.script_id
