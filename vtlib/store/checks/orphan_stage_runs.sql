-- severity: warning
-- todo: Stages of a run that was not recorded; nothing depends on it.
SELECT s.run_id || ' ' || s.stage AS example FROM stage_runs AS s ANTI JOIN runs AS r ON r.run_id = s.run_id
