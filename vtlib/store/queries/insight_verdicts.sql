-- Verdicts on forecasts of views with what they are about: script, product, variant, account and post.
SELECT
    v.*, s.title, s.product_id, u.variant, p.handle, p.platform, p.posted_at, p.url,
    exp(v.predicted_ln) - 1 AS predicted, exp(v.low_ln) - 1 AS predicted_low, exp(v.high_ln) - 1 AS predicted_high
FROM verdicts AS v
LEFT JOIN scripts AS s ON s.script_id = v.script_id
LEFT JOIN publications AS u ON u.script_id = v.script_id AND u.version = v.version AND u.post_id = v.post_id
LEFT JOIN posts_latest AS p ON p.post_id = v.post_id
WHERE v.project_id = $project AND v.target = 'ln_views_7d'
ORDER BY v.script_id, v.version, v.post_id, v.prediction
