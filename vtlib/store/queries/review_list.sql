-- What a reviewer gets: posts picked by rule with what was decided so far.
SELECT
    p.post_id, p.platform, p.handle, p.url, p.posted_at, p.caption, p.duration_s, p.views, p.likes,
    s.role, r.decision, r.reason, r.notes, r.hook_ideas, r.reviewer, r.decided_at
FROM project_posts AS l
JOIN posts_latest AS p ON p.post_id = l.post_id
LEFT JOIN selections AS s ON s.project_id = l.project_id AND s.post_id = l.post_id
LEFT JOIN (
    SELECT * FROM reviews
    QUALIFY row_number() OVER (PARTITION BY project_id, post_id ORDER BY decided_at DESC, reviewer DESC) = 1
) AS r ON r.project_id = l.project_id AND r.post_id = l.post_id
WHERE l.project_id = $project AND (s.post_id IS NOT NULL OR r.post_id IS NOT NULL)
ORDER BY s.role, p.views DESC NULLS LAST, p.post_id
