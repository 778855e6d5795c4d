-- severity: error
-- todo: A frozen prediction was changed: restore the database from a backup (vt restore), or tell the reader of it.
SELECT project_id || ' #' || seq || ' ' || prediction_id AS example
FROM predictions
WHERE sha256(content) IS DISTINCT FROM content_sha256
    OR (content ->> '$.prediction_id') IS DISTINCT FROM prediction_id
    OR (content ->> '$.project_id') IS DISTINCT FROM project_id
    OR (content ->> '$.script_id') IS DISTINCT FROM script_id
    OR (content ->> '$.version')::BIGINT IS DISTINCT FROM version
    OR (content ->> '$.seq')::BIGINT IS DISTINCT FROM seq
    OR (content ->> '$.target') IS DISTINCT FROM target
    OR (content ->> '$.account_id') IS DISTINCT FROM account_id
    OR (content ->> '$.platform') IS DISTINCT FROM platform
    OR (content ->> '$.format') IS DISTINCT FROM format
    OR (content ->> '$.metric') IS DISTINCT FROM metric
    OR (content ->> '$.made_at')[:19]::TIMESTAMP IS DISTINCT FROM date_trunc('second', made_at)
    OR (content ->> '$.predicted_ln')::DOUBLE IS DISTINCT FROM predicted_ln
    OR (content ->> '$.low_ln')::DOUBLE IS DISTINCT FROM low_ln
    OR (content ->> '$.high_ln')::DOUBLE IS DISTINCT FROM high_ln
    OR (content ->> '$.naive_ln')::DOUBLE IS DISTINCT FROM naive_ln
    OR (content ->> '$.naive_low_ln')::DOUBLE IS DISTINCT FROM naive_low_ln
    OR (content ->> '$.naive_high_ln')::DOUBLE IS DISTINCT FROM naive_high_ln
    OR (content ->> '$.p_beats_median')::DOUBLE IS DISTINCT FROM p_beats_median
    OR (content ->> '$.p_breakout')::DOUBLE IS DISTINCT FROM p_breakout
    OR (content ->> '$.effect_ln')::DOUBLE IS DISTINCT FROM effect_ln
    OR (content ->> '$.n_baseline')::BIGINT IS DISTINCT FROM n_baseline
    OR (content ->> '$.model_opinion')::DOUBLE IS DISTINCT FROM model_opinion
    OR (content ->> '$.method') IS DISTINCT FROM method
    OR (content ->> '$.reason') IS DISTINCT FROM reason
    OR (content ->> '$.known_until')[:19]::TIMESTAMP IS DISTINCT FROM date_trunc('second', known_until)
    OR (content ->> '$.interval_basis') IS DISTINCT FROM interval_basis
    OR (content ->> '$.previous_sha256') IS DISTINCT FROM previous_sha256
    OR nullif((content -> '$.effects')::VARCHAR, 'null') IS DISTINCT FROM (effects -> '$')::VARCHAR
    OR nullif((content -> '$.patterns')::VARCHAR, 'null') IS DISTINCT FROM (patterns -> '$')::VARCHAR
