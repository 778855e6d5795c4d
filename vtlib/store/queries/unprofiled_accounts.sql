-- Followed accounts without counters from the day before the latest capture of their platform:
-- platform, handle, native_id.
SELECT a.platform, a.handle, a.native_id
FROM accounts_latest AS a
JOIN project_accounts AS f ON f.account_id = a.account_id AND f.project_id = $project
JOIN (
    SELECT platform, max(captured_at) AS captured_at FROM captures
    WHERE project_id = $project AND provider = 'apify' GROUP BY platform
) AS c ON c.platform = a.platform
WHERE a.captured_at IS NULL OR a.captured_at < c.captured_at - INTERVAL 1 DAY
ORDER BY a.platform, a.handle, a.account_id
