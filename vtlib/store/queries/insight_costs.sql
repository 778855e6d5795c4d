-- What was noted as the cost of making scripts, one row a note, with the script's title.
SELECT c.what, c.hours, c.amount, c.currency, c.product_id, c.script_id, s.title, c.noted_by, c.spent_at
FROM production_costs AS c LEFT JOIN scripts AS s ON s.script_id = c.script_id
WHERE c.project_id = $project
ORDER BY c.spent_at NULLS LAST, c.cost_id
