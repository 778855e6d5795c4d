-- Judged posts of a project with what patterns and forecasts look at; is_own = of an own account, or marked so.
SELECT
    o.* EXCLUDE (method, created_at, is_provisional, n_baseline, left_out, t, p_value, q_value, p_tail, look, notes),
    p.posted_at, p.caption, p.duration_s, p.hashtags, p.mentions, p.audio_id, p.audio_title,
    p.audio_is_original, p.effects, p.stickers, p.is_duet, p.is_stitch, p.title, p.language, p.is_pinned, p.is_paid, p.url, p.handle,
    a.followers, p.views, {{each rate metric: p.<metric>}},
    coalesce(l.is_own, f.role = 'own', false) AS is_own, coalesce(f.role, 'reference') AS role
FROM outlier_latest AS o
JOIN posts_latest AS p ON p.post_id = o.post_id
LEFT JOIN accounts_latest AS a ON a.account_id = o.account_id
LEFT JOIN project_posts AS l ON l.post_id = o.post_id AND l.project_id = o.project_id
LEFT JOIN project_accounts AS f ON f.account_id = o.account_id AND f.project_id = o.project_id
WHERE o.project_id = $project
ORDER BY o.post_id
