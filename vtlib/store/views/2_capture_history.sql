CREATE OR REPLACE VIEW capture_history AS
SELECT
    project_id, capture_id, captured_at, platform, provider, actor, source, requested, found, mapped, "new", updated,
    skipped, problems, bad_values, charged_usd, captured_at_basis,
    CASE WHEN status = 'ok' AND len(coalesce(warnings, [])) > 0 THEN 'warning' ELSE status END AS status, warnings, reason, started_at, epoch(ended_at - started_at) AS seconds
FROM captures;
