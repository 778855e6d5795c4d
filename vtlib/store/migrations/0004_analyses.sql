-- What models were asked about posts and said, and how it stands. No keys, sequences or constraints, as in 0001.

CREATE TABLE analyses (
    analysis_id VARCHAR, post_id VARCHAR, project_id VARCHAR, run_id VARCHAR, task VARCHAR,
    prompt_version VARCHAR, prompt_sha256 VARCHAR, schema_sha256 VARCHAR, model VARCHAR, model_version VARCHAR,
    input_hash VARCHAR, media_sha256 VARCHAR, options JSON, role VARCHAR,
    status VARCHAR, reason VARCHAR, repairs VARCHAR[], missing VARCHAR[],
    raw_answer VARCHAR, answer JSON, finish_reason VARCHAR,
    tokens_in BIGINT, tokens_out BIGINT, tokens_thinking BIGINT, tokens_cached BIGINT, usd DOUBLE,
    n_calls BIGINT, seconds DOUBLE, asked_at TIMESTAMP, answered_at TIMESTAMP
);

CREATE TABLE model_calls (
    call_id VARCHAR, analysis_id VARCHAR, project_id VARCHAR, run_id VARCHAR, kind VARCHAR, model VARCHAR,
    status VARCHAR, reason VARCHAR, http_status BIGINT, raw_answer VARCHAR, finish_reason VARCHAR,
    model_version VARCHAR, tokens_in BIGINT, tokens_out BIGINT, tokens_thinking BIGINT, tokens_cached BIGINT,
    usd DOUBLE, started_at TIMESTAMP, ended_at TIMESTAMP
);

CREATE TABLE analysis_checks (
    analysis_id VARCHAR, version VARCHAR, grounding_share DOUBLE,
    n_supported BIGINT, n_drifted BIGINT, n_unsupported BIGINT, n_not_checked BIGINT,
    cuts JSON, flags JSON, checked_at TIMESTAMP
);

CREATE TABLE analysis_claims (
    analysis_id VARCHAR, position BIGINT, path VARCHAR, kind VARCHAR, held VARCHAR, reason VARCHAR,
    start_s DOUBLE, end_s DOUBLE, drift_s DOUBLE
);

CREATE TABLE analysis_corrections (
    analysis_id VARCHAR, field VARCHAR, value JSON, notes VARCHAR, corrected_by VARCHAR, corrected_at TIMESTAMP
);
