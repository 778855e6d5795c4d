-- Early calls of one outlier run with their posts, the likeliest first.
SELECT e.*, p.handle, p.display_name, p.url, p.posted_at, p.caption, p.title, p.duration_s
FROM early_calls AS e JOIN posts_latest AS p ON p.post_id = e.post_id
JOIN outlier_runs AS r ON r.outlier_run_id = e.outlier_run_id
WHERE r.project_id = $project AND e.outlier_run_id = $outlier_run
ORDER BY e.probability DESC, e.post_id
