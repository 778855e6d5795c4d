-- Matches of a project with their last decision: proposed (none yet, or reopened), link, refuse or unlink.
WITH decided AS (
    SELECT d.* FROM match_decisions AS d JOIN scripts AS s ON s.script_id = d.script_id
    WHERE s.project_id = $project
    QUALIFY row_number() OVER (PARTITION BY d.script_id, d.post_id ORDER BY d.decided_at DESC, d.decision DESC) = 1
)
SELECT
    coalesce(m.script_id, d.script_id) AS script_id, c.title AS script, coalesce(m.version, d.version) AS version,
    coalesce(m.post_id, d.post_id) AS post_id, p.platform, p.handle, p.posted_at, p.caption, coalesce(p.url, '') AS url,
    coalesce(m.probability, d.probability) AS probability, m.reasons,
    CASE WHEN d.decision IS NULL OR d.decision = 'reopen' THEN 'proposed' ELSE d.decision END AS state,
    d.reason, d.is_automatic, d.decided_by, d.decided_at, u.linked_by, u.script_id AS linked_script
FROM (SELECT * FROM script_matches WHERE project_id = $project) AS m
FULL JOIN decided AS d ON d.script_id = m.script_id AND d.post_id = m.post_id
JOIN scripts AS c ON c.script_id = coalesce(m.script_id, d.script_id)
LEFT JOIN posts_latest AS p ON p.post_id = coalesce(m.post_id, d.post_id)
LEFT JOIN publications AS u ON u.post_id = coalesce(m.post_id, d.post_id)
ORDER BY state = 'proposed' DESC, probability DESC NULLS LAST, post_id, script_id
