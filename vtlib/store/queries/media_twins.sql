-- Measured posts of a project, whoever posted them, that show a film which another post shows too, anywhere in the database.
SELECT c.creative_id, c.post_id, c.n_posts, p.platform, a.handle, p.posted_at, p.url, p.caption
FROM creatives AS c
JOIN posts AS p ON p.post_id = c.post_id
LEFT JOIN accounts AS a ON a.account_id = p.account_id
WHERE c.n_posts > 1 AND c.creative_id IN (
    SELECT x.creative_id FROM creatives AS x JOIN project_posts AS l ON l.post_id = x.post_id WHERE l.project_id = $project
    UNION
    SELECT x.creative_id FROM creatives AS x JOIN selected_posts AS s ON s.post_id = x.post_id WHERE s.project_id = $project
    UNION
    SELECT x.creative_id
    FROM creatives AS x
    JOIN publications AS u ON u.post_id = x.post_id
    JOIN scripts AS c ON c.script_id = u.script_id AND c.project_id = $project
)
ORDER BY c.creative_id, p.posted_at, c.post_id
