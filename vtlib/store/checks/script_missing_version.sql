-- severity: error
-- todo: A version that is missing in the row of versions, is there twice, or has no script: please report it, with the script named here.
SELECT script_id || ': ' || count(*) || ' versions up to ' || max(version) AS example
FROM script_versions
GROUP BY script_id
HAVING count(*) <> max(version) OR count(DISTINCT version) <> count(*) OR min(version) <> 1
UNION ALL
SELECT v.script_id || ' version ' || v.version || ' without its script'
FROM script_versions AS v ANTI JOIN scripts AS s ON s.script_id = v.script_id
UNION ALL
SELECT v.script_id || ' version ' || v.version || ' from ' || v.parent_version
FROM script_versions AS v
ANTI JOIN script_versions AS p ON p.script_id = v.script_id AND p.version = v.parent_version
WHERE v.parent_version IS NOT NULL
