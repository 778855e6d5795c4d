-- The latest scores of posts that are ours: of own accounts, or marked as own by a person.
SELECT o.*, p.handle, p.display_name, p.url, p.posted_at, p.caption, p.title, p.duration_s
FROM outlier_latest AS o
JOIN posts_latest AS p ON p.post_id = o.post_id
LEFT JOIN project_posts AS l ON l.post_id = o.post_id AND l.project_id = o.project_id
LEFT JOIN project_accounts AS f ON f.account_id = o.account_id AND f.project_id = o.project_id
WHERE o.project_id = $project AND coalesce(l.is_own, f.role = 'own', false)
ORDER BY o.multiplier_low DESC NULLS LAST, o.post_id
