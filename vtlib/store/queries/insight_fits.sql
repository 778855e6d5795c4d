-- The newest judgement of each video and product of a project, best first, with what the video is.
SELECT
    f.post_id, f.product_id, coalesce(d.name, f.product_id) AS product, f.score, f.score_low, f.score_high, f.n_judged,
    f.is_recommended, f.confidence, f.reason, f.best_use, f.model, f.prompt_version,
    p.account_id, p.handle, p.platform, p.posted_at, p.caption, p.url
FROM fits_latest AS f
JOIN project_posts AS l ON l.post_id = f.post_id AND l.project_id = $project
JOIN project_products AS o ON o.product_id = f.product_id AND o.project_id = $project
JOIN posts_latest AS p ON p.post_id = f.post_id
LEFT JOIN products AS d ON d.product_id = f.product_id
ORDER BY f.score DESC, f.post_id, f.product_id
