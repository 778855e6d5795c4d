-- Posts of a project with what they used: account_id, platform, posted_at, first_seen_at, captured_at, hashtags,
-- audio_id, audio_title.
SELECT
    p.post_id, p.account_id, p.platform, p.posted_at, p.first_seen_at, p.last_captured_at AS captured_at, p.hashtags,
    p.audio_id, p.audio_title
FROM posts AS p
SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = p.post_id
ORDER BY p.post_id
