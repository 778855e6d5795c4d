-- Posts to analyse with what a question needs: their files, what strangers wrote, why they were chosen.
SELECT
    s.post_id, s.role, p.platform, p.format, p.handle, p.caption, p.title, p.hashtags, p.audio_title, p.language,
    coalesce(d.duration_s, p.duration_s) AS duration_s, d.status AS media_status, d.reason AS media_reason,
    d.kind, d.path, d.proxy_path, d.sha256, d.container, d.n_files, o.tier, o.multiplier, o.multiplier_low,
    m.version AS measures_version, coalesce(c.creative_id, d.sha256, s.post_id) AS creative_id, i.images,
    EXISTS (
        SELECT 1 FROM analyses AS a
        WHERE a.post_id = s.post_id AND a.task IN ('analysis', 'pictures') AND a.answer IS NOT NULL
    ) AS has_answer
FROM selected_posts AS s
JOIN posts_latest AS p ON p.post_id = s.post_id
LEFT JOIN media AS d ON d.post_id = s.post_id
LEFT JOIN measures AS m ON m.post_id = s.post_id AND m.status = 'ok'
LEFT JOIN creatives AS c ON c.post_id = s.post_id
LEFT JOIN (
    SELECT post_id, list({'path': path, 'sha256': sha256} ORDER BY position) AS images FROM media_images GROUP BY post_id
) AS i ON i.post_id = s.post_id
LEFT JOIN outlier_latest AS o ON o.post_id = s.post_id AND o.project_id = s.project_id
WHERE s.project_id = $project
ORDER BY s.role = 'control', o.multiplier_low DESC NULLS LAST, s.post_id
