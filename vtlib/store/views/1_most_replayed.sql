CREATE OR REPLACE VIEW most_replayed AS
WITH latest AS (
    SELECT *
    FROM replay_heatmaps
    QUALIFY captured_at = max(captured_at) OVER (PARTITION BY post_id)
),
beside AS (
    SELECT
        *,
        lag(intensity_ratio) OVER (PARTITION BY post_id ORDER BY start_s) AS before,
        lead(intensity_ratio, 1, 0) OVER (PARTITION BY post_id ORDER BY start_s) AS after
    FROM latest
)
SELECT post_id, captured_at, start_s, end_s, intensity_ratio
FROM beside
WHERE intensity_ratio > before AND intensity_ratio >= after
QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY intensity_ratio DESC, start_s) = 1;
