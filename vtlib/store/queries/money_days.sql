-- What was booked or noted a day (UTC), oldest first: day, project_id, kind, provider, what, n, usd, unpriced, hours, amount, currency.
SELECT
    "at"::DATE AS day, project_id, CASE WHEN provider = 'gemini' THEN 'model' ELSE 'data' END AS kind, provider, what,
    count(*) AS n, sum(usd) AS usd, count(*) FILTER (usd IS NULL) AS unpriced,
    NULL::DOUBLE AS hours, NULL::DOUBLE AS amount, NULL::VARCHAR AS currency, NULL::DOUBLE AS gb_months
FROM spend
WHERE ($project IS NULL OR project_id = $project) AND ($since IS NULL OR "at" >= $since)
GROUP BY ALL
UNION ALL BY NAME
SELECT
    coalesce(spent_at, noted_at)::DATE AS day, project_id, 'people' AS kind, 'people' AS provider, what,
    count(*) AS n, sum(hours) AS hours, sum(amount) AS amount, currency
FROM production_costs
WHERE ($project IS NULL OR project_id = $project) AND ($since IS NULL OR coalesce(spent_at, noted_at) >= $since)
GROUP BY ALL
ORDER BY day, kind, provider, what, project_id
