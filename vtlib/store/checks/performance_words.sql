-- severity: error
-- todo: A word that is not in its list, or a number outside its range: the stage that wrote it must be mended.
SELECT 'verdict ' || status AS example FROM verdicts
WHERE status NOT IN ('matured', 'too early', 'not captured', 'no forecast')
UNION ALL
SELECT 'pattern kind ' || kind FROM patterns WHERE kind NOT IN ('measured', 'model', 'human')
UNION ALL
SELECT 'claim of ' || pattern || ' with q ' || q_value FROM patterns
WHERE claim NOT IN ('more views', 'fewer views', '') OR (claim <> '' AND q_value > 0.5)
UNION ALL
SELECT 'interval of prediction ' || prediction_id FROM predictions WHERE low_ln > high_ln
UNION ALL
SELECT 'own analytics ' || metric || ' of ' || post_id FROM native_analytics
WHERE unit NOT IN ('count', 's', 'ratio') OR value < 0 OR at_ratio NOT BETWEEN 0 AND 1
UNION ALL
SELECT 'verdict on a post younger than 7 days: ' || post_id FROM verdicts
WHERE status = 'matured' AND age_h < 168
