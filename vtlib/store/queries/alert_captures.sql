-- Captures of a project by the form of their items, oldest first: vanished metrics; is_unmapped = it failed, and most of its
-- items are neither posts nor accounts.
SELECT
    capture_id, coalesce(platform, '') AS platform, coalesce(actor, provider) AS actor,
    coalesce(captured_at, started_at) AS captured_at, coalesce(vanished, []::VARCHAR[]) AS vanished,
    status = 'failed' AND coalesce(found, 0) > 0 AND 2 * coalesce(mapped, 0) < found AS is_unmapped, reason
FROM captures
WHERE project_id = $project AND ended_at IS NOT NULL
ORDER BY coalesce(captured_at, started_at), capture_id
