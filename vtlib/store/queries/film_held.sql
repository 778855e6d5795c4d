-- Posts of a project that count towards a sample of films: drawn before, measured, or lost for good.
SELECT l.post_id,
    d.post_id IS NOT NULL AS is_drawn,
    coalesce(x.status = 'ok', false) AS is_measured,
    coalesce(m.status IN ('private', 'removed', 'login', 'age', 'geo', 'not_video', 'too_large'), false) AS is_lost
FROM project_posts AS l
LEFT JOIN film_samples AS d ON d.post_id = l.post_id AND d.project_id = l.project_id AND d.stratum <> 'example'
LEFT JOIN media AS m ON m.post_id = l.post_id
LEFT JOIN measures AS x ON x.post_id = l.post_id
WHERE l.project_id = $project AND (d.post_id IS NOT NULL OR m.status IS NOT NULL OR x.status IS NOT NULL)
QUALIFY row_number() OVER (PARTITION BY l.post_id ORDER BY x.measured_at DESC NULLS LAST) = 1
