-- What agencies plan by: dates of scripts, crew and calls of shoots, contacts and pictures of assets, and what is put away.
-- No keys, sequences or constraints, as in 0001.

ALTER TABLE brands ADD COLUMN archived_at TIMESTAMP;

ALTER TABLE products ADD COLUMN archived_at TIMESTAMP;

ALTER TABLE projects ADD COLUMN archived_at TIMESTAMP;

ALTER TABLE scripts ADD COLUMN due_on DATE;

ALTER TABLE scripts ADD COLUMN publish_on DATE;

ALTER TABLE shoots ADD COLUMN call_at TIMESTAMP;

ALTER TABLE shoots ADD COLUMN crew JSON;

ALTER TABLE assets ADD COLUMN contact VARCHAR;

ALTER TABLE assets ADD COLUMN picture_path VARCHAR;
