-- severity: warning
-- todo: What may have been paid and is not booked: vt costs lists it; the next vt scrape looks orders up.
SELECT strftime("at", '%Y-%m-%d %H:%M') || ' ' || provider || ' ' || what || ': ' || reason AS example FROM possibly_paid
