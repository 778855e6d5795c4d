-- Where the scripts of a project were forecast for: account and format.
SELECT DISTINCT p.script_id, p.account_id, p.format
FROM predictions AS p JOIN scripts AS s ON s.script_id = p.script_id
WHERE s.project_id = $project AND p.account_id IS NOT NULL
ORDER BY p.script_id, p.account_id, p.format
