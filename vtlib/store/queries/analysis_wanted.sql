-- Posts to analyse with what a question needs: their files, what strangers wrote, why they were chosen.
SELECT
    s.post_id, s.role, p.platform, p.format, p.handle, p.caption, p.title, p.hashtags, p.audio_title, p.language,
    coalesce(d.duration_s, p.duration_s) AS duration_s, d.status AS media_status, d.reason AS media_reason,
    d.kind, d.path, d.proxy_path, d.sha256, d.container, d.n_files, o.tier, o.multiplier, o.multiplier_low,
    m.version AS measures_version
FROM selected_posts AS s
JOIN posts_latest AS p ON p.post_id = s.post_id
LEFT JOIN media AS d ON d.post_id = s.post_id
LEFT JOIN measures AS m ON m.post_id = s.post_id AND m.status = 'ok'
LEFT JOIN outlier_latest AS o ON o.post_id = s.post_id AND o.project_id = s.project_id
WHERE s.project_id = $project
ORDER BY s.role = 'control', o.multiplier_low DESC NULLS LAST, s.post_id
