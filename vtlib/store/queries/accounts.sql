-- Accounts a project follows or has posts of: accounts_latest with role (NULL = not followed) and n_posts.
SELECT a.*, f.role, f.notes, coalesce(n.n_posts, 0) AS n_posts
FROM accounts_latest AS a
LEFT JOIN (SELECT * FROM project_accounts WHERE project_id = $project) AS f ON f.account_id = a.account_id
LEFT JOIN (
    SELECT p.account_id, count(*) AS n_posts
    FROM posts AS p JOIN project_posts AS l ON l.post_id = p.post_id
    WHERE l.project_id = $project GROUP BY p.account_id
) AS n ON n.account_id = a.account_id
WHERE f.account_id IS NOT NULL OR n.account_id IS NOT NULL
ORDER BY a.platform, a.handle, a.account_id
