CREATE OR REPLACE VIEW capture_history AS
SELECT
    project_id, capture_id, captured_at, platform, provider, actor, source, requested, found, mapped, "new", updated,
    skipped, problems, charged_usd, status, reason, started_at, epoch(ended_at - started_at) AS seconds
FROM captures;
