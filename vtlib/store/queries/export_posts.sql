-- The posts of a project with every snapshot, a row each; posts without one have a row of their own. The account's
-- counts are those captured at the same time.
SELECT
    p.post_id, p.platform, p.native_id, p.url, p.account_id, a.handle, a.display_name, a.url AS account_url, p.format,
    p.posted_at, p.caption, p.title, p.duration_s, p.is_pinned, p.is_paid, p.is_coauthored, p.language, p.hashtags,
    p.mentions, p.audio_id, p.audio_title, p.audio_is_original, p.effects, p.stickers, p.is_duet, p.is_stitch, l.is_own,
    l.notes, s.captured_at, {{each metric: s.<metric>, s.<metric>_state}}, c.followers, c.following,
    c.posts AS account_posts, c.is_verified
FROM project_posts AS l
JOIN posts AS p ON p.post_id = l.post_id
LEFT JOIN accounts AS a ON a.account_id = p.account_id
LEFT JOIN post_snapshots AS s ON s.post_id = p.post_id
LEFT JOIN account_snapshots AS c ON c.account_id = p.account_id AND c.captured_at = s.captured_at
WHERE l.project_id = $project
ORDER BY p.post_id, s.captured_at
