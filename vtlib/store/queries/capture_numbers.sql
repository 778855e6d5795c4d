-- Captures of a project with what was read of them and what not, and how many of their posts have each metric: the
-- latest first.
SELECT
    c.capture_id, c.source, c.actor, c.provider, c.platform, c.captured_at, c.found, c.mapped, c.status, c.read_facts, c.unread,
    coalesce(n.n_posts, 0) AS n_posts, {{each metric: coalesce(n.<metric>, 0) AS <metric>}},
    coalesce(a.followers, 0) AS followers
FROM captures AS c
LEFT JOIN (
    SELECT capture_id, count(*) AS n_posts, {{each metric: count(<metric>) AS <metric>}}
    FROM post_snapshots GROUP BY capture_id
) AS n ON n.capture_id = c.capture_id
LEFT JOIN (
    SELECT capture_id, count(followers) AS followers FROM account_snapshots GROUP BY capture_id
) AS a ON a.capture_id = c.capture_id
WHERE c.project_id = $project
ORDER BY c.captured_at DESC NULLS LAST, c.capture_id
