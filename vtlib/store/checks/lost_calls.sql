-- severity: warning
-- todo: Requests that a killed run had begun: each may have been charged without its tokens being known.
SELECT call_id || ' ' || model AS example FROM model_calls
WHERE status = 'lost' AND started_at < now() AT TIME ZONE 'UTC' - INTERVAL 1 HOUR
