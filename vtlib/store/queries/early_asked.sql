-- Hashtags and words that a project's posts were searched by: target.
SELECT DISTINCT lower(ltrim(target, '#')) AS target
FROM capture_targets
WHERE project_id = $project AND ask IN ('hashtag', 'search')
ORDER BY target
