-- How a post was made, from every source that says so (NULL in rows captured before: their raw items can be mapped
-- again), and what each platform's posts say of a pattern.

ALTER TABLE posts ADD COLUMN audio_is_original BOOLEAN;
ALTER TABLE posts ADD COLUMN effects VARCHAR[];
ALTER TABLE posts ADD COLUMN stickers VARCHAR[];
ALTER TABLE posts ADD COLUMN is_duet BOOLEAN;
ALTER TABLE posts ADD COLUMN is_stitch BOOLEAN;

CREATE TABLE pattern_platforms (
    pattern_run_id VARCHAR, pattern VARCHAR, platform VARCHAR,
    shift_ln DOUBLE, shift_low_ln DOUBLE, shift_high_ln DOUBLE, shift_se_ln DOUBLE,
    effect_ln DOUBLE, effect_se_ln DOUBLE, ratio DOUBLE, ratio_low DOUBLE, ratio_high DOUBLE, common_ratio DOUBLE,
    p_value DOUBLE, q_value DOUBLE, claim VARCHAR, n_with BIGINT, n_without BIGINT,
    accounts_with BIGINT, accounts_without BIGINT, replicates VARCHAR, rest_ratio DOUBLE,
    difference_ln DOUBLE, difference_se_ln DOUBLE, difference_p DOUBLE, difference_q DOUBLE, differs VARCHAR
);

ALTER TABLE analyses ADD COLUMN patterns_version VARCHAR;

-- Films drawn to be measured for patterns, beside those that were picked; and what measuring took.
CREATE TABLE film_samples (
    project_id VARCHAR, post_id VARCHAR, stratum VARCHAR, drawn_share DOUBLE, rule VARCHAR, drawn_at TIMESTAMP
);
ALTER TABLE measures ADD COLUMN seconds DOUBLE;
