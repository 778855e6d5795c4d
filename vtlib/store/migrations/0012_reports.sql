-- What a run's report stood on and what it said, so that the next one can say what changed and why.
-- No keys, sequences or constraints, as in 0001.

ALTER TABLE runs ADD COLUMN inputs JSON;

CREATE TABLE run_figures (
    run_id VARCHAR, project_id VARCHAR, figure VARCHAR, value DOUBLE, low DOUBLE, high DOUBLE, n BIGINT,
    recorded_at TIMESTAMP
);
