CREATE OR REPLACE VIEW posts_latest AS
SELECT
    p.post_id, p.platform, p.native_id, p.account_id, a.handle, a.display_name, p.url, p.format, p.posted_at,
    p.caption, p.title, p.duration_s, p.is_pinned, p.is_paid, p.is_coauthored, p.language, p.hashtags, p.mentions,
    p.audio_id, p.audio_title, p.audio_is_original, p.effects, p.stickers, p.is_duet, p.is_stitch, p.first_seen_at,
    s.captured_at, s.capture_id, epoch(s.captured_at - p.posted_at) / 3600 AS age_h,
    {{each metric: s.<metric>, s.<metric>_state}}
FROM posts AS p
LEFT JOIN accounts AS a ON a.account_id = p.account_id
LEFT JOIN (SELECT post_id, max(captured_at) AS captured_at FROM post_snapshots GROUP BY post_id) AS l
    ON l.post_id = p.post_id
LEFT JOIN post_snapshots AS s ON s.post_id = l.post_id AND s.captured_at = l.captured_at;
