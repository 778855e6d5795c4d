-- severity: error
-- todo: Two rows with one key: a writer went past its own rules; please report it, with the row named here.
SELECT 'posts ' || platform || ':' || native_id AS example FROM posts GROUP BY platform, native_id HAVING count(*) > 1
UNION ALL
SELECT 'accounts ' || account_id FROM accounts GROUP BY account_id HAVING count(*) > 1
UNION ALL
SELECT 'accounts ' || platform || ':' || native_id FROM accounts
WHERE native_id IS NOT NULL GROUP BY platform, native_id HAVING count(*) > 1
UNION ALL
SELECT 'post_snapshots ' || post_id || ' ' || captured_at FROM post_snapshots
GROUP BY post_id, captured_at HAVING count(*) > 1
UNION ALL
SELECT 'account_snapshots ' || account_id || ' ' || captured_at FROM account_snapshots
GROUP BY account_id, captured_at HAVING count(*) > 1
UNION ALL
SELECT 'project_posts ' || project_id || ' ' || post_id FROM project_posts
GROUP BY project_id, post_id HAVING count(*) > 1
UNION ALL
SELECT 'project_accounts ' || project_id || ' ' || account_id FROM project_accounts
GROUP BY project_id, account_id HAVING count(*) > 1
UNION ALL
SELECT 'raw_items ' || capture_id || ' ' || item_no FROM raw_items GROUP BY capture_id, item_no HAVING count(*) > 1
UNION ALL
SELECT 'captures ' || capture_id FROM captures GROUP BY capture_id HAVING count(*) > 1
UNION ALL
SELECT 'problems ' || problem_id FROM problems GROUP BY problem_id HAVING count(*) > 1
UNION ALL
SELECT 'outlier_runs ' || outlier_run_id FROM outlier_runs GROUP BY outlier_run_id HAVING count(*) > 1
UNION ALL
SELECT 'outlier_scores ' || outlier_run_id || ' ' || post_id FROM outlier_scores
GROUP BY outlier_run_id, post_id HAVING count(*) > 1
UNION ALL
SELECT 'selections ' || project_id || ' ' || post_id FROM selections GROUP BY project_id, post_id HAVING count(*) > 1
UNION ALL
SELECT 'reviews ' || project_id || ' ' || post_id FROM reviews
GROUP BY project_id, post_id, reviewer HAVING count(*) > 1
UNION ALL
SELECT 'spend ' || spend_id FROM spend GROUP BY spend_id HAVING count(*) > 1
UNION ALL
SELECT 'runs ' || run_id FROM runs GROUP BY run_id HAVING count(*) > 1
UNION ALL
SELECT 'stage_runs ' || run_id || ' ' || stage FROM stage_runs GROUP BY run_id, stage HAVING count(*) > 1
UNION ALL
SELECT 'brands ' || slug FROM brands GROUP BY slug HAVING count(*) > 1
UNION ALL
SELECT 'products ' || brand_id || '/' || slug FROM products GROUP BY brand_id, slug HAVING count(*) > 1
UNION ALL
SELECT 'projects ' || slug FROM projects GROUP BY slug HAVING count(*) > 1
