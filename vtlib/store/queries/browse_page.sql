-- The facts of a few posts of a project: account, texts, latest numbers, score, pick, latest decision, tags, picture and video.
WITH scores AS (
    SELECT * FROM outlier_latest WHERE project_id = $project AND post_id IN ($ids)
),
decided AS (
    SELECT post_id, decision, reason, notes, hook_ideas, reviewer, decided_at
    FROM reviews WHERE project_id = $project AND post_id IN ($ids)
    QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY decided_at DESC, reviewer DESC) = 1
),
numbers AS (
    SELECT * FROM post_snapshots WHERE post_id IN ($ids)
    QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY captured_at DESC) = 1
),
pictures AS (
    SELECT post_id, arg_min(path, position) AS path FROM media_images WHERE post_id IN ($ids) GROUP BY post_id
)
SELECT
    p.post_id, p.platform, a.handle, p.url, p.format, p.posted_at, p.caption, p.title, p.duration_s, p.is_paid,
    {{each metric: n.<metric>, n.<metric>_state}},
    o.tier, o.multiplier, o.multiplier_low, o.multiplier_high, o.q_value, o.n_baseline, o.metric, o.value,
    o.is_provisional, o.reason AS score_reason, s.role,
    r.decision, r.reason, r.notes, r.hook_ideas, r.reviewer, r.decided_at,
    CASE WHEN m.kind = 'video' AND m.purged_at IS NULL THEN m.path END AS video, m.proxy_path AS small_video,
    coalesce(i.path, v.path) AS picture,
    (SELECT list(tag ORDER BY tag) FROM post_tags AS g WHERE g.project_id = $project AND g.post_id = p.post_id) AS tags
FROM posts AS p
LEFT JOIN accounts AS a ON a.account_id = p.account_id
LEFT JOIN numbers AS n ON n.post_id = p.post_id
LEFT JOIN scores AS o ON o.post_id = p.post_id
LEFT JOIN selections AS s ON s.project_id = $project AND s.post_id = p.post_id
LEFT JOIN decided AS r ON r.post_id = p.post_id
LEFT JOIN media AS m ON m.post_id = p.post_id
LEFT JOIN pictures AS i ON i.post_id = p.post_id
LEFT JOIN covers AS v ON v.post_id = p.post_id
WHERE p.post_id IN ($ids)
