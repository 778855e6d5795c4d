-- What may have been paid and is not booked, newest first: at, provider, what, estimate_usd, project_id, reason.
SELECT * FROM possibly_paid
WHERE ($project IS NULL OR project_id = $project) AND ($since IS NULL OR "at" >= $since)
ORDER BY "at" DESC, reason
