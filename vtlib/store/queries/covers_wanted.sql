-- Posts of a project without any picture (no frames, no photos, no cover), those that stand out first, with the last try.
SELECT
    p.post_id, p.platform, p.native_id, c.status, c.tries, c.tried_at, c.next_try_at, raw.captured_at AS address_at
FROM project_posts AS l
JOIN posts AS p ON p.post_id = l.post_id
LEFT JOIN covers AS c ON c.post_id = p.post_id
LEFT JOIN outlier_latest AS o ON o.project_id = l.project_id AND o.post_id = p.post_id
LEFT JOIN (
    SELECT platform, native_id, max(captured_at) AS captured_at FROM raw_items GROUP BY platform, native_id
) AS raw ON raw.platform = p.platform AND raw.native_id = p.native_id
WHERE l.project_id = $project AND p.format <> 'text' AND c.path IS NULL
AND NOT EXISTS (SELECT 1 FROM measures AS m WHERE m.post_id = p.post_id AND m.thumbs_path IS NOT NULL)
AND NOT EXISTS (SELECT 1 FROM media_images AS i WHERE i.post_id = p.post_id AND i.path IS NOT NULL)
AND raw.captured_at IS NOT NULL
AND (c.post_id IS NULL OR c.next_try_at <= $now OR raw.captured_at > c.tried_at)
ORDER BY o.multiplier_low DESC NULLS LAST, p.posted_at DESC NULLS LAST, p.post_id
LIMIT $most
