-- Verdicts of a project with the titles of their scripts; predicted, low, high in the unit of actual (views, or a rate).
SELECT
    v.*, s.title, s.product_id, u.variant,
    CASE v.target WHEN 'ln_views_7d' THEN round(exp(v.predicted_ln) - 1) ELSE exp(v.predicted_ln) END AS predicted,
    CASE v.target WHEN 'ln_views_7d' THEN round(exp(v.low_ln) - 1) ELSE exp(v.low_ln) END AS low,
    CASE v.target WHEN 'ln_views_7d' THEN round(exp(v.high_ln) - 1) ELSE exp(v.high_ln) END AS high
FROM verdicts AS v
LEFT JOIN scripts AS s ON s.script_id = v.script_id
LEFT JOIN publications AS u ON u.script_id = v.script_id AND u.version = v.version AND u.post_id = v.post_id
WHERE v.project_id = $project
ORDER BY v.script_id, v.version, v.post_id, v.prediction
