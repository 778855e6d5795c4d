-- severity: error
-- todo: A JSON column that holds JSON as text: its writer must hand over the value itself.
SELECT name || ' ' || key AS example
FROM (
    SELECT 'raw_items' AS name, capture_id || ' ' || item_no AS key, payload AS value FROM raw_items
    UNION ALL SELECT 'problems', problem_id, payload FROM problems
    UNION ALL SELECT 'outlier_runs params', outlier_run_id, params FROM outlier_runs
    UNION ALL SELECT 'outlier_runs strata', outlier_run_id, strata FROM outlier_runs
    UNION ALL SELECT 'outlier_runs early', outlier_run_id, early FROM outlier_runs
    UNION ALL SELECT 'outlier_scores', post_id, left_out FROM outlier_scores
    UNION ALL SELECT 'runs', run_id, params FROM runs
    UNION ALL SELECT 'products problems', product_id, problems FROM products
    UNION ALL SELECT 'products benefits', product_id, benefits FROM products
    UNION ALL SELECT 'products features', product_id, features FROM products
)
WHERE json_type(value) = 'VARCHAR' AND json_valid(value ->> '$')
    AND json_type((value ->> '$')::JSON) IN ('OBJECT', 'ARRAY')
