-- One page of a project's posts with score, pick and latest decision: filtered, sorted and cut here, so that only a
-- screenful leaves the database. n_found counts all that match. `decision` open = nobody has decided.
WITH decided AS (
    SELECT post_id, decision, reason, notes, hook_ideas, reviewer, decided_at
    FROM reviews WHERE project_id = $project
    QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY decided_at DESC, reviewer DESC) = 1
),
found AS (
    SELECT
        p.post_id, p.platform, p.handle, p.url, p.format, p.posted_at, p.caption, p.title, p.duration_s, p.is_paid,
        {{each metric: p.<metric>, p.<metric>_state}},
        o.tier, o.multiplier, o.multiplier_low, o.multiplier_high, o.q_value, o.n_baseline, o.metric, o.value,
        o.is_provisional, o.reason AS score_reason, s.role,
        r.decision, r.reason, r.notes, r.hook_ideas, r.reviewer, r.decided_at,
        CASE $sort
            WHEN 'sure' THEN o.multiplier_low WHEN 'multiplier' THEN o.multiplier WHEN 'value' THEN o.value
            WHEN 'posted' THEN epoch(p.posted_at)
        END AS sort_key
    FROM project_posts AS l
    JOIN posts_latest AS p ON p.post_id = l.post_id
    LEFT JOIN outlier_latest AS o ON o.project_id = l.project_id AND o.post_id = l.post_id
    LEFT JOIN selections AS s ON s.project_id = l.project_id AND s.post_id = l.post_id
    LEFT JOIN decided AS r ON r.post_id = l.post_id
    WHERE l.project_id = $project
        AND ($post = '' OR l.post_id = $post)
        AND ($platform = '' OR p.platform = $platform)
        AND ($tier = '' OR o.tier = $tier OR ($tier = 'broke_out' AND o.tier IN ({{breakout tiers}})))
        AND ($decision = '' OR coalesce(r.decision, 'open') = $decision OR ($decision = 'picked' AND s.post_id IS NOT NULL))
        AND ($search = '' OR contains(lower(concat_ws(' ', p.handle, p.caption, p.title, p.url)), lower($search)))
)
SELECT * EXCLUDE (sort_key), count(*) OVER () AS n_found
FROM found
ORDER BY CASE WHEN $is_ascending THEN sort_key ELSE -sort_key END NULLS LAST, post_id
LIMIT $size OFFSET $start
