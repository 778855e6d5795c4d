-- The latest scores of a project with their posts, sure and large first.
SELECT
    o.post_id, o.platform, p.native_id, p.url, o.account_id, p.handle, p.display_name, o.format, p.posted_at, p.caption,
    p.title, p.duration_s, o.tier, o.multiplier, o.multiplier_low, o.multiplier_high, o.percentile, o.p_value,
    o.q_value, o.metric, o.value, o.captured_at, o.age_h, o.is_provisional, o.basis, o.n_baseline, o.reason, o.method,
    o.outlier_run_id, o.created_at
FROM outlier_latest AS o JOIN posts_latest AS p ON p.post_id = o.post_id
WHERE o.project_id = $project
ORDER BY o.multiplier_low DESC NULLS LAST, o.post_id
