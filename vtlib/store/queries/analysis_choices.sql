-- The latest choice of what is asked about in full, in its order.
SELECT
    c.post_id, c.state, c.place, p.handle, p.platform, p.format, c.role, o.multiplier_low, c.value, c.tokens, c.worth,
    c.note, p.caption, p.url,
    coalesce(l.tokens_in, 0) + coalesce(l.tokens_out, 0) + coalesce(l.tokens_thinking, 0) AS look_tokens
FROM analysis_choices AS c
LEFT JOIN posts_latest AS p ON p.post_id = c.post_id
LEFT JOIN analyses AS l ON l.analysis_id = c.look_id
LEFT JOIN outlier_latest AS o ON o.post_id = c.post_id AND o.project_id = c.project_id
WHERE c.project_id = $project
ORDER BY c.place NULLS LAST, list_position(['looked_at', 'twin', 'left_out', 'no_media'], c.state), c.post_id
