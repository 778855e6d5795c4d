-- Money spent by project, provider and what; ever, or since a time; dearest first.
SELECT
    project_id, provider, what, count(*) AS n, sum(units) AS units, sum(tokens_in) AS tokens_in,
    sum(tokens_out) AS tokens_out, sum(tokens_thinking) AS tokens_thinking, sum(usd) AS usd,
    count(*) FILTER (usd IS NULL) AS unpriced
FROM spend
WHERE ($project IS NULL OR project_id = $project) AND ($since IS NULL OR "at" >= $since)
GROUP BY project_id, provider, what ORDER BY usd DESC, project_id, provider, what
