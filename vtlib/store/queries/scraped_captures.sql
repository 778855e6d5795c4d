-- The captures behind scraped_targets, oldest first: capture_history with ask.
SELECT h.*, o.ask
FROM capture_history AS h
JOIN capture_orders AS o ON o.capture_id = h.capture_id
WHERE h.project_id = $project AND h.capture_id IN (
    SELECT t.capture_id
    FROM capture_targets AS t JOIN captures AS c ON c.capture_id = t.capture_id
    WHERE t.project_id = $project
    QUALIFY row_number() OVER (
        PARTITION BY t.platform, t.ask, t.target ORDER BY c.captured_at DESC NULLS LAST, t.capture_id DESC
    ) = 1
)
ORDER BY h.captured_at NULLS FIRST, h.platform, h.capture_id
