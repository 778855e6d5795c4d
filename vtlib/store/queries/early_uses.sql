-- Posts of a project with what they used, as far back as a rising tag is looked for (outliers/rising_tags.REACH_DAYS
-- before the newest capture), and the post captured last: account_id, platform, posted_at, first_seen_at, captured_at,
-- hashtags, audio_id, audio_title.
WITH mine AS (
    SELECT
        p.post_id, p.account_id, p.platform, p.posted_at, p.first_seen_at, p.last_captured_at AS captured_at,
        p.hashtags, p.audio_id, p.audio_title
    FROM posts AS p
    SEMI JOIN (SELECT post_id FROM project_posts WHERE project_id = $project) AS l ON l.post_id = p.post_id
    WHERE p.account_id IS NOT NULL AND p.posted_at IS NOT NULL AND p.first_seen_at IS NOT NULL
),
newest AS (SELECT max(captured_at) AS captured_at, arg_max(post_id, captured_at) AS post_id FROM mine)
SELECT m.*
FROM mine AS m, newest AS n
WHERE m.posted_at >= n.captured_at - to_days($reach_days::INTEGER) OR m.post_id = n.post_id
ORDER BY m.post_id
