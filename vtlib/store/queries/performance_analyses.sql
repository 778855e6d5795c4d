-- What models said of a project's posts (newest answer): post_id, prompt_version, answer, unsupported (paths).
SELECT a.analysis_id, a.post_id, a.prompt_version, a.answer, coalesce(c.paths, []) AS unsupported
FROM analyses_latest AS a
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = a.post_id
LEFT JOIN (
    SELECT analysis_id, list(path) AS paths FROM analysis_claims WHERE held = 'unsupported' GROUP BY analysis_id
) AS c ON c.analysis_id = a.analysis_id
WHERE a.task = 'analysis' AND json_exists(a.answer, '$.hook')
ORDER BY a.post_id
