-- Which picked posts were asked about in full and why those; and what kind of word a person gave on an answer.

CREATE TABLE analysis_choices (
    project_id VARCHAR, post_id VARCHAR, role VARCHAR, state VARCHAR, place BIGINT, note VARCHAR,
    value DOUBLE, tokens BIGINT, worth DOUBLE, look_id VARCHAR, analysis_id VARCHAR, rule VARCHAR,
    run_id VARCHAR, chosen_at TIMESTAMP
);

ALTER TABLE analysis_corrections ADD COLUMN kind VARCHAR;
