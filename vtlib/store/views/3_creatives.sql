CREATE OR REPLACE VIEW creatives AS
WITH RECURSIVE pairs AS (
    SELECT post_id, twin_post_id FROM twins UNION SELECT twin_post_id, post_id FROM twins
),
shown AS (
    SELECT post_id, post_id AS other_id FROM measures WHERE status = 'ok'
    UNION
    SELECT s.post_id, p.twin_post_id FROM shown AS s JOIN pairs AS p ON p.post_id = s.other_id
)
SELECT
    s.post_id,
    first(s.other_id ORDER BY p.posted_at NULLS LAST, s.other_id) AS creative_id,
    count(*) AS n_posts
FROM shown AS s LEFT JOIN posts AS p ON p.post_id = s.other_id
GROUP BY s.post_id;
