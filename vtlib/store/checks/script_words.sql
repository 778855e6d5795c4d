-- severity: error
-- todo: A word of a script that is not in its list: the writer in store/ must use the list.
SELECT 'status ' || status || ' of ' || script_id AS example FROM script_versions
WHERE status NOT IN ('draft', 'review', 'approved', 'in_production', 'produced', 'published', 'archived')
UNION ALL
SELECT 'kind ' || kind || ' of ' || script_id FROM scripts
WHERE kind NOT IN ('adaptation', 'original', 'revision', 'iteration')
UNION ALL
SELECT 'asset kind ' || kind FROM assets WHERE kind NOT IN ('prop', 'location', 'talent')
UNION ALL
SELECT 'release ' || release_status FROM assets WHERE release_status NOT IN ('none', 'needed', 'sent', 'signed')
UNION ALL
SELECT 'structure of ' || script_id || ' is text' FROM script_versions WHERE json_type(structure) <> 'OBJECT'
