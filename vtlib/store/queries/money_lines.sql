-- Everything that costs money, as it was booked or noted, dearest first: kind (data, model, people, storage), provider, what, product_id
-- (NULL = shared by all), n, units, tokens, usd, unpriced (bookings without a price), hours, amount, currency, gb_months. Prices of hours,
-- amounts and storage are the reader's (llm/bill.py). A file that two projects keep counts in each, and once where no project is named.
WITH kept AS (
    SELECT
        CASE WHEN $project IS NULL THEN min(p.project_id) ELSE $project END AS project_id,
        any_value(coalesce(m.bytes, 0) + coalesce(m.proxy_bytes, 0)) / 1e9
        * greatest(date_diff('second', greatest(any_value(m.fetched_at), coalesce($since::TIMESTAMP, any_value(m.fetched_at))),
            least(coalesce(any_value(m.purged_at), $now::TIMESTAMP), $now::TIMESTAMP)), 0) / (86400 * 30.4375) AS gb_months
    FROM media AS m JOIN project_posts AS p ON p.post_id = m.post_id
    WHERE m.fetched_at IS NOT NULL AND m.bytes > 0 AND ($project IS NULL OR p.project_id = $project)
    GROUP BY m.post_id
),
lines AS (
    SELECT
        project_id, CASE WHEN provider = 'gemini' THEN 'model' ELSE 'data' END AS kind, provider, what,
        NULL::VARCHAR AS product_id, count(*) AS n, sum(units) AS units, sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out,
        sum(tokens_thinking) AS tokens_thinking, sum(usd) AS usd, count(*) FILTER (usd IS NULL) AS unpriced,
        NULL::DOUBLE AS hours, NULL::DOUBLE AS amount, NULL::VARCHAR AS currency, NULL::DOUBLE AS gb_months
    FROM spend
    WHERE ($project IS NULL OR project_id = $project) AND ($since IS NULL OR "at" >= $since)
    GROUP BY project_id, provider, what
    UNION ALL BY NAME
    SELECT
        c.project_id, 'people' AS kind, 'people' AS provider, c.what, coalesce(c.product_id, s.product_id) AS product_id,
        count(*) AS n, sum(c.hours) AS hours, sum(c.amount) AS amount, c.currency
    FROM production_costs AS c LEFT JOIN scripts AS s ON s.script_id = c.script_id
    WHERE ($project IS NULL OR c.project_id = $project) AND ($since IS NULL OR coalesce(c.spent_at, c.noted_at) >= $since)
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT project_id, 'storage' AS kind, 'media' AS provider, 'files kept' AS what, count(*) AS n, sum(gb_months) AS gb_months
    FROM kept WHERE gb_months > 0 GROUP BY project_id
)
SELECT * FROM lines ORDER BY usd DESC NULLS LAST, project_id, kind, provider, what, product_id
