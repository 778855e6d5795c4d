-- severity: warning
-- todo: A capture was interrupted: import the same file again, or run vt scrape again, and it is taken up (vt scrape --abandon ORDER gives an order up).
SELECT capture_id || ' ' || coalesce(source, '') AS example FROM captures WHERE status = 'running'
UNION ALL
SELECT capture_id || ' ' || actor || ' (' || status || ')' FROM capture_orders WHERE closed_at IS NULL
