-- Where a lost run is looked for (the provider's clock), and starts that may have been paid without a run known.

ALTER TABLE capture_orders ADD COLUMN provider_asked_at TIMESTAMP;
ALTER TABLE capture_orders ADD COLUMN lost_starts BIGINT;
