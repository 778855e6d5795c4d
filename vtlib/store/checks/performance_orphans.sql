-- severity: error
-- todo: A verdict, pattern or cost that belongs to nothing: run the performance stage again (vt analyze performance).
SELECT 'verdict of ' || prediction AS example FROM verdicts AS v
ANTI JOIN predictions AS p ON p.prediction_id = v.prediction
UNION ALL
SELECT 'pattern of run ' || pattern_run_id FROM patterns AS p
ANTI JOIN pattern_runs AS r ON r.pattern_run_id = p.pattern_run_id
UNION ALL
SELECT 'prediction for ' || script_id || ' version ' || version FROM predictions AS p
ANTI JOIN script_versions AS v ON v.script_id = p.script_id AND v.version = p.version
UNION ALL
SELECT 'cost of script ' || script_id FROM production_costs AS c
ANTI JOIN scripts AS s ON s.script_id = c.script_id
WHERE c.script_id IS NOT NULL
