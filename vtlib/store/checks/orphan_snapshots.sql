-- severity: error
-- todo: Snapshots, heatmaps or subtitles of posts or accounts that do not exist: import the capture again.
SELECT s.post_id AS example FROM post_snapshots AS s ANTI JOIN posts AS p ON p.post_id = s.post_id
UNION ALL
SELECT s.account_id FROM account_snapshots AS s ANTI JOIN accounts AS a ON a.account_id = s.account_id
UNION ALL
SELECT DISTINCT h.post_id FROM replay_heatmaps AS h ANTI JOIN posts AS p ON p.post_id = h.post_id
UNION ALL
SELECT s.post_id FROM subtitles AS s ANTI JOIN posts AS p ON p.post_id = s.post_id
