-- Own analytics by day, as the platforms export them: which day a number is of.
-- No keys, sequences or constraints, as in 0001.

ALTER TABLE native_analytics ADD COLUMN day DATE;
