-- Some posts of a project ($posts: their ids) as an alert shows them: account, words, link, what they used, the role
-- of the account, and what the capture that brought them asked for (targets: ask and target).
SELECT
    p.post_id, p.account_id, a.handle, p.platform, coalesce(p.title, p.caption) AS caption, p.url, p.hashtags, p.audio_id,
    f.role, t.targets
FROM posts AS p
JOIN project_posts AS l ON l.post_id = p.post_id AND l.project_id = $project
LEFT JOIN accounts AS a ON a.account_id = p.account_id
LEFT JOIN project_accounts AS f ON f.account_id = p.account_id AND f.project_id = $project
LEFT JOIN (
    SELECT capture_id, list(ask || ' ' || target ORDER BY target) AS targets
    FROM capture_targets WHERE target <> '' AND coalesce(mapped, 0) > 0 GROUP BY capture_id
) AS t ON t.capture_id = l.first_capture_id
WHERE list_contains($posts, p.post_id)
ORDER BY p.post_id
