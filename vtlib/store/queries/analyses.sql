-- Every analysis of a project's posts and what came of it, the newest first; of one post if named.
SELECT
    a.analysis_id, a.post_id, p.platform, p.format, p.handle, p.caption, p.url, a.task, a.prompt_version, a.model,
    a.role, a.status, a.reason, a.repairs, a.missing, c.grounding_share, c.n_supported, c.n_drifted,
    c.n_unsupported, c.n_not_checked, c.cuts, c.flags, a.tokens_in, a.tokens_out, a.tokens_thinking, a.usd,
    a.n_calls, a.seconds, a.answered_at, a.answer
FROM analyses AS a
JOIN project_posts AS o ON o.post_id = a.post_id AND o.project_id = $project
JOIN posts_latest AS p ON p.post_id = a.post_id
LEFT JOIN analysis_checks AS c ON c.analysis_id = a.analysis_id
WHERE a.task NOT IN ('fits', 'adaptation', 'original') AND ($post IS NULL OR a.post_id = $post)
ORDER BY a.answered_at DESC, a.analysis_id
