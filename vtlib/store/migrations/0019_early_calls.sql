-- Early calls: posts on their way to a breakout, sounds and hashtags that gather pace; each with what was known.
-- No keys, sequences or constraints, as in 0001.

ALTER TABLE outlier_runs ADD COLUMN early JSON;

CREATE TABLE early_calls (
    outlier_run_id VARCHAR, post_id VARCHAR, account_id VARCHAR, platform VARCHAR, format VARCHAR, metric VARCHAR,
    captured_at TIMESTAMP, age_h DOUBLE, value DOUBLE, needed DOUBLE, probability DOUBLE, base_ratio DOUBLE,
    n_learnt BIGINT, learnt_from VARCHAR, is_rising BOOLEAN
);

CREATE TABLE early_tags (
    outlier_run_id VARCHAR, kind VARCHAR, platform VARCHAR, tag VARCHAR, title VARCHAR,
    n_creators BIGINT, n_creators_before BIGINT, active BIGINT, active_before BIGINT,
    ratio DOUBLE, p_value DOUBLE, q_value DOUBLE, is_gathering BOOLEAN
);
