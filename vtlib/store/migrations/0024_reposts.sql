-- Reposts: a count of their own, beside shares. Older snapshots are not exposed until their raw items are mapped
-- again, which fills them in.
ALTER TABLE post_snapshots ADD COLUMN reposts BIGINT;
ALTER TABLE post_snapshots ADD COLUMN reposts_state VARCHAR;
UPDATE post_snapshots SET reposts_state = 'not_exposed';
