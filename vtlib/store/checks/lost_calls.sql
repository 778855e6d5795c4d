-- severity: warning
-- todo: Requests to models that may have been paid although nobody said how much: vt costs lists them with estimates.
SELECT strftime("at", '%Y-%m-%d %H:%M') || ' ' || what || ': ' || reason AS example FROM possibly_paid_calls
