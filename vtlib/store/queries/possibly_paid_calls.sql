-- Requests to models that may have been paid although nobody said how much, by project, model and reason.
SELECT
    project_id, provider, what, reason, count(*) AS n, sum(estimate_usd) AS estimate_usd,
    count(*) FILTER (estimate_usd IS NULL) AS unpriced, min("at") AS first_at, max("at") AS latest_at
FROM possibly_paid_calls
WHERE ($project IS NULL OR project_id = $project) AND ($since IS NULL OR "at" >= $since)
GROUP BY project_id, provider, what, reason ORDER BY estimate_usd DESC, project_id, what, reason
