-- What is known of the posts of a project in our own words: post_id, format, duration_s, hooks (JSON: type, probability),
-- product (of the workspace, the one that fits best).
SELECT
    p.post_id, p.format, p.duration_s,
    json_extract(a.answer, '$.hook.types') AS hooks,
    f.name AS product
FROM posts AS p
JOIN project_posts AS l ON l.post_id = p.post_id AND l.project_id = $project
LEFT JOIN (
    SELECT post_id, answer FROM analyses_latest WHERE answer IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY answered_at DESC) = 1
) AS a ON a.post_id = p.post_id
LEFT JOIN (
    SELECT f.post_id, d.name
    FROM fits_latest AS f
    JOIN project_products AS o ON o.product_id = f.product_id AND o.project_id = $project
    JOIN products AS d ON d.product_id = f.product_id
    QUALIFY row_number() OVER (PARTITION BY f.post_id ORDER BY f.score DESC, f.product_id) = 1
) AS f ON f.post_id = p.post_id
ORDER BY p.post_id
