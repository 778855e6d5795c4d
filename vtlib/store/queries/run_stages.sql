-- The stages of one run in order: stage, status, reason, seconds, started_at, ended_at.
SELECT stage, status, reason, seconds, started_at, ended_at
FROM stage_runs WHERE run_id = $run ORDER BY started_at, stage
