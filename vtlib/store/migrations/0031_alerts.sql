-- Alerts: what broke out and what went wrong, what was sent to whom, and who looked. No keys or constraints, as in 0001.

CREATE TABLE alerts (
    event_id VARCHAR, project_id VARCHAR, kind VARCHAR, subject VARCHAR, tier VARCHAR, title VARCHAR, "text" VARCHAR,
    chance VARCHAR, origin VARCHAR, url VARCHAR, facts JSON, happened_at TIMESTAMP, raised_at TIMESTAMP
);

CREATE TABLE alert_messages (
    event_id VARCHAR, project_id VARCHAR, channel VARCHAR, message_id VARCHAR, state VARCHAR, tries BIGINT,
    tried_at TIMESTAMP, ended_at TIMESTAMP, reason VARCHAR
);

CREATE TABLE alert_looks (project_id VARCHAR, post_id VARCHAR, step BIGINT, looked_at TIMESTAMP);

CREATE TABLE alert_nights (
    project_id VARCHAR, looked_at TIMESTAMP, n_looks BIGINT, n_first_looks BIGINT, n_breakouts BIGINT,
    expected_low DOUBLE, expected DOUBLE, expected_high DOUBLE
);

CREATE TABLE alert_readers (project_id VARCHAR, person VARCHAR, read_at TIMESTAMP);
