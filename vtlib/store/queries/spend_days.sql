-- Money spent a day (UTC) by provider and what: day, provider, what, n, usd; oldest first.
SELECT "at"::DATE AS day, provider, what, count(*) AS n, sum(usd) AS usd
FROM spend
WHERE "at" IS NOT NULL AND ($project IS NULL OR project_id = $project) AND ($since IS NULL OR "at" >= $since)
GROUP BY day, provider, what ORDER BY day, provider, what
