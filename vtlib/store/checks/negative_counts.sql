-- severity: error
-- todo: A count under 0 stands for hidden or missing: its source file must map it so; then map the items again.
SELECT post_id || ' ' || captured_at AS example FROM post_snapshots
WHERE least({{each metric: <metric>}}) < 0
UNION ALL
SELECT account_id || ' ' || captured_at FROM account_snapshots WHERE least(followers, following, posts) < 0
UNION ALL
SELECT post_id || ' duration' FROM posts WHERE duration_s < 0
UNION ALL
SELECT spend_id || ' usd' FROM spend WHERE usd < 0
