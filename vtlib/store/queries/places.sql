-- Where the data of a project comes from, a row a platform: accounts, posts, and the spans they cover.
SELECT
    p.platform, count(DISTINCT p.account_id) AS accounts, count(*) AS posts,
    min(p.posted_at) AS first_posted_at, max(p.posted_at) AS last_posted_at,
    any_value(c.captures) AS captures, any_value(c.first_captured_at) AS first_captured_at,
    any_value(c.last_captured_at) AS last_captured_at
FROM posts AS p
JOIN project_posts AS l ON l.post_id = p.post_id AND l.project_id = $project
LEFT JOIN (
    SELECT
        platform, count(*) AS captures, min(captured_at) AS first_captured_at, max(captured_at) AS last_captured_at
    FROM captures WHERE project_id = $project GROUP BY platform
) AS c ON c.platform = p.platform
GROUP BY p.platform ORDER BY posts DESC, p.platform
