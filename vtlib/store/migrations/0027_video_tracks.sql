-- What a platform says of a video along its time: how often each stretch is replayed (YouTube), and its subtitles.
-- Filled by imports of yt-dlp's .info.json; of files imported before by `vt import again`.

CREATE TABLE replay_heatmaps (
    post_id VARCHAR, captured_at TIMESTAMP, start_s DOUBLE, end_s DOUBLE, intensity_ratio DOUBLE,
    source VARCHAR, capture_id VARCHAR
);

CREATE TABLE subtitles (
    post_id VARCHAR, language VARCHAR, source VARCHAR, captured_at TIMESTAMP, file VARCHAR, text VARCHAR, cues JSON,
    capture_id VARCHAR
);
