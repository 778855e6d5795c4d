-- A run of the outlier rule by other parameters than the project's YAML is a trial until it is adopted.
-- No keys, sequences or constraints, as in 0001.

ALTER TABLE outlier_runs ADD COLUMN is_trial BOOLEAN;

ALTER TABLE outlier_runs ADD COLUMN name VARCHAR;

UPDATE outlier_runs SET is_trial = false;
