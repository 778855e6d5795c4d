-- severity: error
-- todo: Posts published after they were captured, or captures in the future: look at --captured-at of the import and at the source's time zone.
SELECT 'posted ' || p.post_id || ' ' || p.posted_at AS example
FROM posts AS p JOIN post_snapshots AS s ON s.post_id = p.post_id
WHERE p.posted_at > s.captured_at + INTERVAL 1 DAY
UNION ALL
SELECT 'capture ' || capture_id || ' ' || captured_at FROM captures
WHERE captured_at > started_at + INTERVAL 1 DAY
