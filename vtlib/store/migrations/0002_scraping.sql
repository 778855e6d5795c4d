-- What was asked of a provider, and what each account, tag, word or post got. As in 0001: no keys, no constraints.

CREATE TABLE capture_orders (
    capture_id VARCHAR, project_id VARCHAR, run_id VARCHAR, platform VARCHAR, actor VARCHAR, ask VARCHAR,
    targets VARCHAR[], post_limit BIGINT, days_back BIGINT, formats VARCHAR[], run_input JSON,
    max_items BIGINT, max_usd DOUBLE, status VARCHAR, provider_run_id VARCHAR, dataset_id VARCHAR,
    provider_status VARCHAR, provider_message VARCHAR, charged_usd DOUBLE, found BIGINT, reason VARCHAR,
    asked_at TIMESTAMP, run_started_at TIMESTAMP, run_ended_at TIMESTAMP, closed_at TIMESTAMP
);

CREATE TABLE capture_targets (
    capture_id VARCHAR, project_id VARCHAR, platform VARCHAR, ask VARCHAR, target VARCHAR,
    requested BIGINT, found BIGINT, mapped BIGINT, "new" BIGINT, updated BIGINT, skipped BIGINT, problems BIGINT,
    reason VARCHAR
);
