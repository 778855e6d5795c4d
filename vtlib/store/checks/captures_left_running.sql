-- severity: warning
-- todo: A capture was interrupted: import the same file again and it is taken up.
SELECT capture_id || ' ' || coalesce(source, '') AS example FROM captures WHERE status = 'running'
