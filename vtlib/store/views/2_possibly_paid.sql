-- What may have been paid and is not in spend. An estimate is what earlier items cost, at most the cap.
CREATE OR REPLACE VIEW possibly_paid AS
WITH prices AS (
    SELECT actor, sum(charged_usd) / sum(found) AS usd FROM capture_orders
    WHERE charged_usd IS NOT NULL AND found > 0 GROUP BY actor
)
SELECT
    o.asked_at AS "at", 'apify' AS provider, o.actor AS what,
    o.runs * least(o.max_usd, coalesce(o.max_items * p.usd, o.max_usd)) AS estimate_usd,
    o.project_id, 'order ' || o.capture_id || ': ' || o.reason AS reason
FROM unsettled_orders AS o LEFT JOIN prices AS p ON p.actor = o.actor
UNION ALL BY NAME
SELECT * FROM possibly_paid_calls;
