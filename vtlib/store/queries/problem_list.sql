-- Problems one by one, newest first: the columns of problems.
SELECT *
FROM problems
WHERE ($project IS NULL OR project_id = $project) AND ($since IS NULL OR seen_at >= $since)
    AND ($stage IS NULL OR stage = $stage) AND ($kind IS NULL OR kind = $kind)
ORDER BY seen_at DESC, problem_id LIMIT $limit
