-- Runs of a project whose report recorded its figures, newest first: run_id, started_at, code_version, profile, params, inputs.
SELECT r.run_id, r.started_at, r.code_version, r.profile, r.params, r.inputs
FROM runs AS r
WHERE r.project_id = $project AND r.inputs IS NOT NULL
ORDER BY r.started_at DESC, r.run_id DESC
