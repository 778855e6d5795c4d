-- What a capture that went in should still say: warnings, fields that nothing reads, values that were unreadable.
-- No keys, sequences or constraints, as in 0001.

ALTER TABLE captures ADD COLUMN bad_values BIGINT;
ALTER TABLE captures ADD COLUMN warnings VARCHAR[];
ALTER TABLE captures ADD COLUMN vanished VARCHAR[];
ALTER TABLE captures ADD COLUMN unread JSON;
