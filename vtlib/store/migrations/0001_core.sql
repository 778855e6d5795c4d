-- The nouns of issue A. No keys, sequences or constraints: the same statements run on DuckLake.
-- Keys are deterministic; writers delete-and-insert or MERGE in one transaction.
-- Machine columns and human columns never share a writer: comments say which is which.

CREATE TABLE brands (brand_id VARCHAR, slug VARCHAR, name VARCHAR, created_at TIMESTAMP, updated_at TIMESTAMP);

CREATE TABLE products (
    product_id VARCHAR, brand_id VARCHAR, slug VARCHAR, name VARCHAR, description VARCHAR, audience VARCHAR,
    price VARCHAR, problems JSON, benefits JSON, features JSON, context_prompt VARCHAR,
    created_at TIMESTAMP, updated_at TIMESTAMP
);

CREATE TABLE projects (
    project_id VARCHAR, slug VARCHAR, name VARCHAR, brand_id VARCHAR, notes VARCHAR,
    created_at TIMESTAMP, updated_at TIMESTAMP
);

CREATE TABLE project_products (project_id VARCHAR, product_id VARCHAR, added_at TIMESTAMP);

CREATE TABLE project_accounts (
    project_id VARCHAR, account_id VARCHAR, role VARCHAR, notes VARCHAR, added_at TIMESTAMP
);

CREATE TABLE accounts (
    account_id VARCHAR, platform VARCHAR, native_id VARCHAR, handle VARCHAR, display_name VARCHAR, url VARCHAR,
    first_seen_at TIMESTAMP, last_captured_at TIMESTAMP
);

CREATE TABLE account_handles (
    platform VARCHAR, handle VARCHAR, account_id VARCHAR, first_seen_at TIMESTAMP, last_seen_at TIMESTAMP
);

CREATE TABLE account_snapshots (
    account_id VARCHAR, captured_at TIMESTAMP, capture_id VARCHAR, followers BIGINT, following BIGINT, posts BIGINT,
    is_verified BOOLEAN, bio VARCHAR
);

CREATE TABLE posts (
    post_id VARCHAR, platform VARCHAR, native_id VARCHAR, account_id VARCHAR, url VARCHAR, format VARCHAR,
    posted_at TIMESTAMP, caption VARCHAR, title VARCHAR, duration_s DOUBLE,
    is_pinned BOOLEAN, is_paid BOOLEAN, is_coauthored BOOLEAN, language VARCHAR,
    hashtags VARCHAR[], mentions VARCHAR[], audio_id VARCHAR, audio_title VARCHAR,
    first_seen_at TIMESTAMP, last_captured_at TIMESTAMP
);

CREATE TABLE post_snapshots (
    post_id VARCHAR, captured_at TIMESTAMP, capture_id VARCHAR,
    views BIGINT, views_state VARCHAR, plays BIGINT, plays_state VARCHAR,
    impressions BIGINT, impressions_state VARCHAR, likes BIGINT, likes_state VARCHAR,
    comments BIGINT, comments_state VARCHAR, shares BIGINT, shares_state VARCHAR,
    saves BIGINT, saves_state VARCHAR
);

CREATE TABLE project_posts (
    project_id VARCHAR, post_id VARCHAR, is_own BOOLEAN, notes VARCHAR,
    came_from VARCHAR, first_capture_id VARCHAR, added_at TIMESTAMP
);

CREATE TABLE raw_items (
    capture_id VARCHAR, item_no BIGINT, platform VARCHAR, native_id VARCHAR, captured_at TIMESTAMP, payload JSON
);

CREATE TABLE captures (
    capture_id VARCHAR, project_id VARCHAR, provider VARCHAR, actor VARCHAR, platform VARCHAR,
    source VARCHAR, source_sha256 VARCHAR, captured_at TIMESTAMP, captured_at_basis VARCHAR,
    requested BIGINT, found BIGINT, mapped BIGINT, "new" BIGINT, updated BIGINT, skipped BIGINT, problems BIGINT,
    new_keys VARCHAR[], charged_usd DOUBLE, status VARCHAR, reason VARCHAR,
    started_at TIMESTAMP, ended_at TIMESTAMP
);

CREATE TABLE problems (
    problem_id VARCHAR, project_id VARCHAR, run_id VARCHAR, stage VARCHAR, capture_id VARCHAR, kind VARCHAR,
    reason VARCHAR, source VARCHAR, item_no BIGINT, field VARCHAR, payload JSON, seen_at TIMESTAMP
);

CREATE TABLE outlier_runs (
    outlier_run_id VARCHAR, project_id VARCHAR, run_id VARCHAR, method VARCHAR, params JSON,
    n_scored BIGINT, n_not_scored BIGINT, expected_false_alarms DOUBLE,
    n_watch BIGINT, n_breakout BIGINT, n_extreme BIGINT,
    strata JSON, created_at TIMESTAMP
);

CREATE TABLE outlier_scores (
    outlier_run_id VARCHAR, post_id VARCHAR, account_id VARCHAR, platform VARCHAR, format VARCHAR,
    basis VARCHAR, metric VARCHAR, value BIGINT, captured_at TIMESTAMP, age_h DOUBLE, is_provisional BOOLEAN,
    n_baseline BIGINT, left_out JSON, x7_ln DOUBLE, expected_ln DOUBLE, scale_ln DOUBLE, t DOUBLE, df DOUBLE,
    multiplier DOUBLE, multiplier_low DOUBLE, multiplier_high DOUBLE, percentile DOUBLE,
    p_value DOUBLE, q_value DOUBLE, tier VARCHAR, reason VARCHAR
);

CREATE TABLE selections (
    project_id VARCHAR, post_id VARCHAR, role VARCHAR, rule VARCHAR, outlier_run_id VARCHAR, picked_at TIMESTAMP
);

CREATE TABLE reviews (
    project_id VARCHAR, post_id VARCHAR, decision VARCHAR, reason VARCHAR, notes VARCHAR, hook_ideas VARCHAR,
    reviewer VARCHAR, decided_at TIMESTAMP
);

CREATE TABLE spend (
    spend_id VARCHAR, "at" TIMESTAMP, provider VARCHAR, what VARCHAR, units DOUBLE, tokens_in BIGINT, tokens_out BIGINT,
    tokens_thinking BIGINT, usd DOUBLE, project_id VARCHAR, run_id VARCHAR, capture_id VARCHAR
);

CREATE TABLE runs (
    run_id VARCHAR, project_id VARCHAR, params JSON, code_version VARCHAR, profile VARCHAR, folder VARCHAR,
    started_at TIMESTAMP, ended_at TIMESTAMP, status VARCHAR
);

CREATE TABLE stage_runs (
    run_id VARCHAR, stage VARCHAR, status VARCHAR, reason VARCHAR, seconds DOUBLE,
    started_at TIMESTAMP, ended_at TIMESTAMP
);
