-- The newest full answer about each post of a project, as the model gave it.
SELECT
    a.analysis_id, a.post_id, a.task, a.model, a.prompt_version, a.answer, p.platform, p.handle, p.caption, p.url
FROM analyses_latest AS a
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS o ON o.post_id = a.post_id
JOIN posts_latest AS p ON p.post_id = a.post_id
WHERE a.task IN ('analysis', 'pictures')
QUALIFY row_number() OVER (PARTITION BY a.post_id ORDER BY a.answered_at DESC, a.analysis_id) = 1
ORDER BY a.post_id
