-- Posts whose tier differs between two runs of the outlier rule, at breakout or above in either: what each said of them.
SELECT
    coalesce(n.post_id, o.post_id) AS post_id, p.account_id, p.platform, p.handle, p.caption, p.url,
    o.tier AS tier_before, n.tier, o.multiplier AS multiplier_before, n.multiplier, o.value AS value_before, n.value,
    o.captured_at AS captured_before_at, n.captured_at
FROM (SELECT * FROM outlier_scores WHERE outlier_run_id = $old) AS o
FULL JOIN (SELECT * FROM outlier_scores WHERE outlier_run_id = $new) AS n ON n.post_id = o.post_id
JOIN posts_latest AS p ON p.post_id = coalesce(n.post_id, o.post_id)
WHERE coalesce(o.tier, '') <> coalesce(n.tier, '')
    AND (o.tier IN ({{breakout tiers}}) OR n.tier IN ({{breakout tiers}}))
ORDER BY n.multiplier_low DESC NULLS LAST, post_id
