-- What each account, tag and word of a project's captures brought, oldest first: platform, ask, target, captured_at, mapped, reason.
SELECT t.platform, t.ask, t.target, coalesce(c.captured_at, c.started_at) AS captured_at, t.mapped, t.reason
FROM capture_targets AS t
JOIN captures AS c ON c.capture_id = t.capture_id
WHERE t.project_id = $project AND t.ask IN ('accounts', 'hashtag', 'search') AND t.target <> '' AND c.ended_at IS NOT NULL
ORDER BY captured_at, t.capture_id
