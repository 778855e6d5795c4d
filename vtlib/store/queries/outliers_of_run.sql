-- Scores of one outlier run, a trial or not, with their posts, sure and large first.
SELECT r.project_id, r.method, r.created_at, s.*,
    p.handle, p.display_name, p.url, p.posted_at, p.caption, p.title, p.duration_s, p.is_pinned, p.is_paid
FROM outlier_runs AS r
JOIN outlier_scores AS s ON s.outlier_run_id = r.outlier_run_id
JOIN posts_latest AS p ON p.post_id = s.post_id
WHERE r.project_id = $project AND r.outlier_run_id = $outlier_run
ORDER BY s.multiplier_low DESC NULLS LAST, s.post_id
