-- What was noted as cost of a script: what, hours, amount, currency, who, when.
SELECT cost_id, what, hours, amount, currency, noted_by, spent_at, noted_at
FROM production_costs WHERE script_id = $script
ORDER BY spent_at, noted_at, cost_id
