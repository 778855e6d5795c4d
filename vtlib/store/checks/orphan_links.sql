-- severity: error
-- todo: A project, product, post or account that is named here does not exist: add it (vt project, vt product, vt import) or remove the row.
SELECT 'project_posts ' || l.project_id || ' ' || l.post_id AS example
FROM project_posts AS l ANTI JOIN posts AS p ON p.post_id = l.post_id
UNION ALL
SELECT 'project_accounts ' || l.project_id || ' ' || l.account_id
FROM project_accounts AS l ANTI JOIN accounts AS a ON a.account_id = l.account_id
UNION ALL
SELECT 'project_products ' || l.project_id || ' ' || l.product_id
FROM project_products AS l ANTI JOIN products AS p ON p.product_id = l.product_id
UNION ALL
SELECT 'account_handles ' || h.handle || ' ' || h.account_id
FROM account_handles AS h ANTI JOIN accounts AS a ON a.account_id = h.account_id
UNION ALL
SELECT 'selections ' || s.project_id || ' ' || s.post_id
FROM selections AS s ANTI JOIN project_posts AS p ON p.project_id = s.project_id AND p.post_id = s.post_id
UNION ALL
SELECT 'reviews ' || r.project_id || ' ' || r.post_id
FROM reviews AS r ANTI JOIN project_posts AS p ON p.project_id = r.project_id AND p.post_id = r.post_id
UNION ALL
SELECT 'products ' || p.product_id
FROM products AS p ANTI JOIN brands AS b ON b.brand_id = p.brand_id
UNION ALL
SELECT t.name || ' of project ' || t.project_id
FROM (
    SELECT 'project_posts' AS name, project_id FROM project_posts
    UNION SELECT 'project_accounts', project_id FROM project_accounts
    UNION SELECT 'project_products', project_id FROM project_products
    UNION SELECT 'captures', project_id FROM captures
    UNION SELECT 'outlier_runs', project_id FROM outlier_runs
    UNION SELECT 'runs', project_id FROM runs
) AS t ANTI JOIN projects AS p ON p.project_id = t.project_id
WHERE t.project_id IS NOT NULL
