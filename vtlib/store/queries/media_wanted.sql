-- The picked posts of a project that have pictures, newest first, with what is known of their media and measures.
SELECT
    s.post_id, s.role, p.platform, p.native_id, p.format, p.handle, p.url, p.posted_at, p.caption,
    m.* EXCLUDE (post_id), raw.captured_at AS address_at,
    x.version AS measured_version, x.status AS measured_status, x.reason AS measured_reason, x.parts AS measured_parts,
    x.sha256 AS measured_sha256, len(x.cuts_s) AS cuts, CAST(x.windows -> '$[2].cuts' AS BIGINT) AS cuts_3s, x.motion, coalesce(c.creative_id, s.post_id) AS creative_id
FROM selected_posts AS s
JOIN posts_latest AS p ON p.post_id = s.post_id
LEFT JOIN media AS m ON m.post_id = s.post_id
LEFT JOIN measures AS x ON x.post_id = s.post_id
LEFT JOIN creatives AS c ON c.post_id = s.post_id
LEFT JOIN (
    SELECT platform, native_id, max(captured_at) AS captured_at FROM raw_items GROUP BY platform, native_id
) AS raw ON raw.platform = p.platform AND raw.native_id = p.native_id
WHERE s.project_id = $project AND p.format <> 'text'
ORDER BY p.posted_at DESC NULLS LAST, s.post_id
