-- Every answer of a model about a project's posts, the newest first; `answer` is its data as JSON.
SELECT
    a.analysis_id, a.post_id, p.platform, p.native_id, p.url, p.account_id, p.handle, p.format, a.task,
    a.prompt_version, a.model, a.role, a.status, a.reason, c.grounding_share, c.n_supported, c.n_drifted,
    c.n_unsupported, c.n_not_checked, r.start_s AS most_replayed_start_s, r.end_s AS most_replayed_end_s, a.answer,
    a.usd, a.answered_at
FROM analyses AS a
JOIN project_posts AS o ON o.post_id = a.post_id AND o.project_id = $project
JOIN posts_latest AS p ON p.post_id = a.post_id
LEFT JOIN analysis_checks AS c ON c.analysis_id = a.analysis_id
LEFT JOIN most_replayed AS r ON r.post_id = a.post_id
ORDER BY a.answered_at DESC, a.analysis_id
