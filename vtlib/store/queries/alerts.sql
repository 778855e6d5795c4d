-- Alerts of a project raised since a time (UTC; NULL = ever), newest first, with the channels that each is sent to and how that stands.
SELECT e.*, coalesce(m.sent_to, []::VARCHAR[]) AS sent_to, coalesce(m.unsent, []::VARCHAR[]) AS unsent
FROM alerts AS e
LEFT JOIN (
    SELECT
        event_id, list(channel ORDER BY channel) FILTER (state = 'sent') AS sent_to,
        list(channel || ': ' || state ORDER BY channel) FILTER (state <> 'sent') AS unsent
    FROM alert_messages GROUP BY event_id
) AS m ON m.event_id = e.event_id
WHERE e.project_id = $project AND ($since IS NULL OR e.raised_at > $since)
ORDER BY e.raised_at DESC, e.kind, e.event_id
