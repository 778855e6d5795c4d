-- Did it work: predictions frozen before publication, verdicts, patterns, own analytics, costs of production.
-- No keys, sequences or constraints, as in 0001. A prediction is never changed: `content` holds it as text, its
-- digest covers that text and the digest before it in the project's row, and a check holds columns, text and digests
-- together.

CREATE TABLE predictions (
    prediction_id VARCHAR, project_id VARCHAR, seq BIGINT, script_id VARCHAR, version BIGINT, target VARCHAR,
    made_at TIMESTAMP, platform VARCHAR, format VARCHAR, metric VARCHAR, account_id VARCHAR,
    predicted_ln DOUBLE, low_ln DOUBLE, high_ln DOUBLE, p_beats_median DOUBLE, p_breakout DOUBLE,
    naive_ln DOUBLE, naive_low_ln DOUBLE, naive_high_ln DOUBLE, n_baseline BIGINT, effect_ln DOUBLE,
    effects JSON, patterns JSON, model_opinion DOUBLE, interval_basis VARCHAR, method VARCHAR, reason VARCHAR,
    known_until TIMESTAMP, content VARCHAR, content_sha256 VARCHAR, previous_sha256 VARCHAR
);

CREATE TABLE verdicts (
    prediction VARCHAR, project_id VARCHAR, script_id VARCHAR, version BIGINT, post_id VARCHAR, target VARCHAR,
    status VARCHAR, actual DOUBLE, actual_ln DOUBLE, predicted_ln DOUBLE, low_ln DOUBLE, high_ln DOUBLE,
    naive_ln DOUBLE, p_beats_median DOUBLE, difference_pct DOUBLE, is_inside BOOLEAN, beats_median BOOLEAN,
    percentile DOUBLE, source_percentile DOUBLE, projected_low_ln DOUBLE, projected_high_ln DOUBLE, age_h DOUBLE,
    captured_at TIMESTAMP, account_id VARCHAR, is_plain BOOLEAN, reason VARCHAR, judged_at TIMESTAMP
);

CREATE TABLE pattern_runs (
    pattern_run_id VARCHAR, project_id VARCHAR, run_id VARCHAR, outlier_run_id VARCHAR, rules JSON, n_posts BIGINT,
    n_accounts BIGINT, n_tested BIGINT, n_claimed BIGINT, left_out JSON, dropped JSON, variance DOUBLE,
    forecaster JSON, created_at TIMESTAMP
);

CREATE TABLE patterns (
    pattern_run_id VARCHAR, pattern_id VARCHAR, pattern VARCHAR, definition VARCHAR, kind VARCHAR, source VARCHAR,
    parts VARCHAR[], threshold DOUBLE, shift_ln DOUBLE, shift_low_ln DOUBLE, shift_high_ln DOUBLE, shift_se_ln DOUBLE,
    effect_ln DOUBLE, effect_se_ln DOUBLE, ratio DOUBLE, ratio_low DOUBLE, ratio_high DOUBLE, p_value DOUBLE,
    p_ranks DOUBLE, p_accounts DOUBLE, q_value DOUBLE, claim VARCHAR, n_with BIGINT, n_without BIGINT,
    accounts_with BIGINT, accounts_without BIGINT, share_ordinary DOUBLE, share_breakout DOUBLE, n_ordinary BIGINT,
    n_breakout BIGINT, accounts_agree BIGINT, accounts_asked BIGINT, weeks_agree BIGINT, weeks_asked BIGINT,
    least_ln DOUBLE, most_ln DOUBLE, replicates VARCHAR, trend VARCHAR, per_week_ln DOUBLE, half_life_days DOUBLE,
    half_life_low DOUBLE, half_life_high DOUBLE, posts_needed BIGINT, least_visible_ln DOUBLE, examples VARCHAR[],
    note VARCHAR
);

CREATE TABLE native_analytics (
    project_id VARCHAR, post_id VARCHAR, platform VARCHAR, metric VARCHAR, at_ratio DOUBLE, value DOUBLE, unit VARCHAR,
    exported_at TIMESTAMP, source VARCHAR, source_sha256 VARCHAR, source_column VARCHAR, row_no BIGINT,
    imported_at TIMESTAMP
);

CREATE TABLE production_costs (
    cost_id VARCHAR, project_id VARCHAR, product_id VARCHAR, script_id VARCHAR, what VARCHAR, hours DOUBLE,
    amount DOUBLE, noted_by VARCHAR, spent_at TIMESTAMP, noted_at TIMESTAMP
);

ALTER TABLE publications ADD COLUMN variant VARCHAR;
