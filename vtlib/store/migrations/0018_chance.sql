-- Chance is a range; a score says how its post was judged and what a reader must know beside it.
-- No keys, sequences or constraints, as in 0001.

ALTER TABLE outlier_runs ADD COLUMN expected_false_alarms_low DOUBLE;

ALTER TABLE outlier_runs ADD COLUMN chance_words VARCHAR[];

ALTER TABLE outlier_scores ADD COLUMN p_tail DOUBLE;

ALTER TABLE outlier_scores ADD COLUMN look VARCHAR;

ALTER TABLE outlier_scores ADD COLUMN notes VARCHAR;
