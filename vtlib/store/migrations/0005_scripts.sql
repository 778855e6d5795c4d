-- Scripts as managed assets. No keys, sequences or constraints, as in 0001.
-- Versions are never changed but for their status; which one is current is one column of `scripts`, set in the
-- transaction that adds the version, so that there is exactly one at any moment.

CREATE TABLE scripts (
    script_id VARCHAR, project_id VARCHAR, product_id VARCHAR, post_id VARCHAR, origin VARCHAR, title VARCHAR,
    kind VARCHAR, status VARCHAR, current_version BIGINT, approved_version BIGINT, assignee VARCHAR,
    created_by VARCHAR, created_at TIMESTAMP, updated_at TIMESTAMP
);

CREATE TABLE script_versions (
    script_id VARCHAR, version BIGINT, parent_version BIGINT, status VARCHAR, content VARCHAR, structure JSON,
    fingerprint VARCHAR, duration_s DOUBLE, is_timed BOOLEAN, n_beats BIGINT, difficulty VARCHAR, notes VARCHAR,
    made_by VARCHAR, model VARCHAR, prompt_version VARCHAR, created_at TIMESTAMP
);

CREATE TABLE script_status_changes (
    script_id VARCHAR, version BIGINT, from_status VARCHAR, to_status VARCHAR, changed_by VARCHAR, reason VARCHAR,
    changed_at TIMESTAMP
);

CREATE TABLE script_comments (
    comment_id VARCHAR, script_id VARCHAR, version BIGINT, beat_id VARCHAR, line BIGINT, body VARCHAR, author VARCHAR,
    created_at TIMESTAMP, resolved_by VARCHAR, resolved_at TIMESTAMP
);

CREATE TABLE script_people (script_id VARCHAR, person VARCHAR, role VARCHAR, assigned_at TIMESTAMP);

CREATE TABLE assets (
    asset_id VARCHAR, kind VARCHAR, name VARCHAR, details VARCHAR, available JSON, release_status VARCHAR,
    release_path VARCHAR, created_at TIMESTAMP, updated_at TIMESTAMP
);

CREATE TABLE shoots (
    shoot_id VARCHAR, script_id VARCHAR, version BIGINT, starts_at TIMESTAMP, ends_at TIMESTAMP, time_zone VARCHAR,
    location VARCHAR, beat_ids VARCHAR[], talent VARCHAR[], props VARCHAR[], notes VARCHAR, created_by VARCHAR,
    created_at TIMESTAMP
);

CREATE TABLE publications (
    script_id VARCHAR, version BIGINT, post_id VARCHAR, url VARCHAR, linked_by VARCHAR, linked_at TIMESTAMP
);
