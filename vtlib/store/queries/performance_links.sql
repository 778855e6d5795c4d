-- Posts that came of a project's scripts, with the account's and the post's facts.
SELECT
    u.script_id, u.version, u.post_id, u.url, u.variant, u.linked_at, s.title, s.product_id, p.brand_id AS brand,
    s.kind, v.learned_version, s.post_id AS source_post_id, o.percentile AS source_percentile,
    o.multiplier AS source_multiplier
FROM publications AS u
JOIN scripts AS s ON s.script_id = u.script_id
LEFT JOIN script_versions AS v ON v.script_id = u.script_id AND v.version = u.version
LEFT JOIN products AS p ON p.product_id = s.product_id
LEFT JOIN outlier_latest AS o ON o.post_id = s.post_id AND o.project_id = s.project_id
WHERE s.project_id = $project
ORDER BY u.script_id, u.version, u.post_id
