-- Views of the desk that people saved, and the still picture that a capture names of a post. No keys or constraints, as in 0001.

CREATE TABLE desk_views (project_id VARCHAR, name VARCHAR, person VARCHAR, wish JSON, saved_at TIMESTAMP);

CREATE TABLE covers (
    post_id VARCHAR, status VARCHAR, reason VARCHAR, sha256 VARCHAR, path VARCHAR, bytes BIGINT, width BIGINT, height BIGINT,
    tries BIGINT, tried_at TIMESTAMP, next_try_at TIMESTAMP, fetched_at TIMESTAMP
);
