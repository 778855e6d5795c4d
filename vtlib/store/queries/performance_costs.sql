-- What a project cost: by product (NULL = shared by all) and what; money of providers in US dollars, hours, amounts.
SELECT NULL AS product_id, provider || ' ' || coalesce(what, '') AS what, sum(usd) AS amount, NULL AS hours
FROM spend WHERE project_id = $project GROUP BY ALL
UNION ALL
SELECT coalesce(c.product_id, s.product_id), c.what, sum(c.amount), sum(c.hours)
FROM production_costs AS c LEFT JOIN scripts AS s ON s.script_id = c.script_id
WHERE c.project_id = $project GROUP BY ALL
ORDER BY product_id NULLS FIRST, what
