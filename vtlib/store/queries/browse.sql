-- One page of a project's posts with score, pick and latest decision: filtered, sorted and cut here, so that only a
-- screenful leaves the database. n_found counts all that match. `decision` open = nobody has decided. Which posts are on the
-- page is settled from ids and sort keys alone; numbers, texts and accounts are read for those few.
WITH decided AS (
    SELECT post_id, decision, reason, notes, hook_ideas, reviewer, decided_at
    FROM reviews WHERE project_id = $project
    QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY decided_at DESC, reviewer DESC) = 1
),
found AS MATERIALIZED (
    SELECT
        l.post_id,
        CASE $sort
            WHEN 'sure' THEN o.multiplier_low WHEN 'multiplier' THEN o.multiplier WHEN 'value' THEN o.value
            WHEN 'posted' THEN epoch(p.posted_at)
        END * CASE WHEN $is_ascending THEN 1 ELSE -1 END AS sort_key
    FROM project_posts AS l
    JOIN posts AS p ON p.post_id = l.post_id
    LEFT JOIN accounts AS a ON a.account_id = p.account_id
    LEFT JOIN outlier_latest AS o ON o.project_id = l.project_id AND o.post_id = l.post_id
    LEFT JOIN selections AS s ON s.project_id = l.project_id AND s.post_id = l.post_id
    LEFT JOIN decided AS r ON r.post_id = l.post_id
    WHERE l.project_id = $project
        AND ($post = '' OR l.post_id = $post)
        AND ($platform = '' OR p.platform = $platform)
        AND ($tier = '' OR o.tier = $tier OR ($tier = 'broke_out' AND o.tier IN ({{breakout tiers}})))
        AND ($decision = '' OR coalesce(r.decision, 'open') = $decision OR ($decision = 'picked' AND s.post_id IS NOT NULL))
        AND ($search = '' OR contains(lower(concat_ws(' ', a.handle, p.caption, p.title, p.url)), lower($search)))
),
shown AS MATERIALIZED (
    SELECT post_id, sort_key FROM found ORDER BY sort_key NULLS LAST, post_id LIMIT $size OFFSET $start
),
numbers AS (
    SELECT * FROM post_snapshots WHERE post_id IN (SELECT post_id FROM shown)
    QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY captured_at DESC) = 1
)
SELECT
    p.post_id, p.platform, a.handle, p.url, p.format, p.posted_at, p.caption, p.title, p.duration_s, p.is_paid,
    {{each metric: n.<metric>, n.<metric>_state}},
    o.tier, o.multiplier, o.multiplier_low, o.multiplier_high, o.q_value, o.n_baseline, o.metric, o.value,
    o.is_provisional, o.reason AS score_reason, s.role,
    r.decision, r.reason, r.notes, r.hook_ideas, r.reviewer, r.decided_at,
    (SELECT count(*) FROM found) AS n_found
FROM shown
JOIN posts AS p ON p.post_id = shown.post_id
LEFT JOIN accounts AS a ON a.account_id = p.account_id
LEFT JOIN numbers AS n ON n.post_id = shown.post_id
LEFT JOIN outlier_latest AS o ON o.project_id = $project AND o.post_id = shown.post_id
LEFT JOIN selections AS s ON s.project_id = $project AND s.post_id = shown.post_id
LEFT JOIN decided AS r ON r.post_id = shown.post_id
ORDER BY shown.sort_key NULLS LAST, shown.post_id
