-- severity: error
-- todo: A message, look or word of alerts that its table cannot have: remove the row; vt watch raises what is new anew.
SELECT 'message of no alert ' || m.event_id AS example FROM alert_messages AS m ANTI JOIN alerts AS a ON a.event_id = m.event_id
UNION ALL
SELECT 'kind ' || kind FROM alerts WHERE kind NOT IN ({{alert kinds}})
UNION ALL
SELECT 'state ' || state FROM alert_messages WHERE state NOT IN ({{message states}})
UNION ALL
SELECT 'look at no post ' || l.post_id FROM alert_looks AS l ANTI JOIN posts AS p ON p.post_id = l.post_id
UNION ALL
SELECT 'twice ' || event_id FROM alerts GROUP BY event_id HAVING count(*) > 1
