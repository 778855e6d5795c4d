-- Every file of the media folder that a row names, once, and whether any project picks a post that shows it, or has it from a script.
SELECT
    sha256, any_value(path) AS path, max(bytes) AS bytes, max(fetched_at) AS fetched_at,
    bool_or(
        post_id IN (SELECT post_id FROM selected_posts) OR post_id IN (SELECT post_id FROM publications)
    ) AS is_picked
FROM (
    SELECT m.post_id, m.sha256, m.path, m.bytes + coalesce(CASE WHEN m.proxy_path <> m.path THEN m.proxy_bytes END, 0) AS bytes,
        m.fetched_at
    FROM media AS m WHERE m.path IS NOT NULL
    UNION ALL
    SELECT i.post_id, i.sha256, i.path, i.bytes, m.fetched_at
    FROM media_images AS i JOIN media AS m ON m.post_id = i.post_id WHERE i.path IS NOT NULL
    UNION ALL
    SELECT c.post_id, c.sha256, c.path, c.bytes, c.fetched_at FROM covers AS c WHERE c.path IS NOT NULL
)
GROUP BY sha256 ORDER BY sha256
