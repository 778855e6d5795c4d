-- What was downloaded and measured of posts. No keys, sequences or constraints, as in 0001.

CREATE TABLE media (
    post_id VARCHAR, status VARCHAR, reason VARCHAR, kind VARCHAR, came_by VARCHAR,
    sha256 VARCHAR, path VARCHAR, bytes BIGINT, n_files BIGINT,
    container VARCHAR, codec VARCHAR, duration_s DOUBLE, width BIGINT, height BIGINT, has_audio BOOLEAN,
    tries BIGINT, tried_at TIMESTAMP, next_try_at TIMESTAMP, fetched_at TIMESTAMP,
    had_cookies BOOLEAN, max_mb DOUBLE, proxy_path VARCHAR, proxy_bytes BIGINT, purged_at TIMESTAMP
);

CREATE TABLE media_images (
    post_id VARCHAR, position BIGINT, sha256 VARCHAR, path VARCHAR, bytes BIGINT, width BIGINT, height BIGINT
);

CREATE TABLE measures (
    post_id VARCHAR, sha256 VARCHAR, version VARCHAR, status VARCHAR, reason VARCHAR,
    duration_s DOUBLE, width BIGINT, height BIGINT, fps DOUBLE, frames BIGINT, corrupt_frames BIGINT,
    cuts_s DOUBLE[], shots JSON, windows JSON, motion DOUBLE, brightness DOUBLE, colorfulness DOUBLE,
    first_frame_brightness DOUBLE, first_frame_colorfulness DOUBLE,
    sound JSON, tempo JSON, speech JSON, text JSON, faces JSON,
    thumbs JSON, thumbs_path VARCHAR, hashes VARCHAR[], curves JSON, methods JSON, parts VARCHAR[],
    measured_at TIMESTAMP, compared_at TIMESTAMP
);

CREATE TABLE twins (post_id VARCHAR, twin_post_id VARCHAR, share DOUBLE, method VARCHAR, found_at TIMESTAMP);
