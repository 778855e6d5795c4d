-- severity: warning
-- todo: Figures of a run that was not recorded; nothing depends on them.
SELECT f.run_id || ' ' || f.figure AS example FROM run_figures AS f ANTI JOIN runs AS r ON r.run_id = f.run_id
