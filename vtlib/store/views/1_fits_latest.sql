-- Of each video and product the newest judgement; how often the pair was judged and how far apart.
CREATE OR REPLACE VIEW fits_latest AS
SELECT
    *, count(*) OVER pair AS n_judged, min(score) OVER pair AS score_low, max(score) OVER pair AS score_high
FROM fits
WINDOW pair AS (PARTITION BY post_id, product_id)
QUALIFY row_number() OVER (PARTITION BY post_id, product_id ORDER BY judged_at DESC, analysis_id DESC) = 1;
