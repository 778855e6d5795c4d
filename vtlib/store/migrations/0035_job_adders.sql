-- Who added a job. No keys or constraints, as in 0001.

ALTER TABLE jobs ADD COLUMN added_by VARCHAR;
