-- Posts of a project that show a film which it also has on another platform, with how far each went against its account's own level.
WITH mine AS (
    SELECT c.creative_id, c.post_id, p.platform
    FROM creatives AS c
    JOIN posts AS p ON p.post_id = c.post_id
    JOIN project_posts AS l ON l.post_id = c.post_id AND l.project_id = $project
)
SELECT
    m.creative_id, m.post_id, p.account_id, p.handle, m.platform, p.format, p.posted_at, o.metric, o.value,
    o.multiplier, o.multiplier_low, o.multiplier_high, o.percentile, o.x7_ln - o.expected_ln AS lift_ln, o.tier,
    o.age_h, o.reason, p.caption, p.url
FROM mine AS m
SEMI JOIN (SELECT creative_id FROM mine GROUP BY creative_id HAVING count(DISTINCT platform) > 1) AS several
    ON several.creative_id = m.creative_id
JOIN posts_latest AS p ON p.post_id = m.post_id
LEFT JOIN outlier_latest AS o ON o.post_id = m.post_id AND o.project_id = $project
ORDER BY m.creative_id, m.platform, p.posted_at, m.post_id
