CREATE OR REPLACE VIEW asset_uses AS
WITH beats AS (
    SELECT script_id, version, title, status, unnest(from_json(structure -> '$.beats', '["JSON"]')) AS beat
    FROM scripts_current
),
named AS (
    SELECT script_id, version, title, status, beat ->> '$.beat_id' AS beat_id, 'location' AS kind, beat ->> '$.location' AS name
    FROM beats
    UNION ALL
    SELECT script_id, version, title, status, beat ->> '$.beat_id', 'prop', unnest(from_json(beat -> '$.props', '["VARCHAR"]'))
    FROM beats
    UNION ALL
    SELECT script_id, version, title, status, beat ->> '$.beat_id', 'talent', unnest(from_json(beat -> '$.talent', '["VARCHAR"]'))
    FROM beats
    UNION ALL
    SELECT script_id, version, title, status, NULL, 'location', unnest(from_json(structure -> '$.locations', '["VARCHAR"]'))
    FROM scripts_current
    UNION ALL
    SELECT script_id, version, title, status, NULL, 'prop', unnest(from_json(structure -> '$.props', '["VARCHAR"]'))
    FROM scripts_current
    UNION ALL
    SELECT script_id, version, title, status, NULL, 'talent', unnest(from_json(structure -> '$.talent', '["VARCHAR"]'))
    FROM scripts_current
)
SELECT
    n.kind, n.name, n.script_id, n.version, n.title, n.status, list(n.beat_id ORDER BY n.beat_id) AS beat_ids,
    a.asset_id, a.release_status
FROM named AS n
LEFT JOIN assets AS a ON a.kind = n.kind AND lower(a.name) = lower(n.name)
WHERE n.name <> ''
GROUP BY ALL;
