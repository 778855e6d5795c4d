-- All versions of a project's scripts as forecasts see them, with what the script was modelled on.
SELECT
    s.script_id, v.version, s.title, s.product_id, s.kind, s.post_id AS source_post_id, v.status, v.duration_s,
    v.structure, v.model, v.prompt_version, s.current_version = v.version AS is_current, v.created_at
FROM script_versions AS v JOIN scripts AS s ON s.script_id = v.script_id
WHERE s.project_id = $project
ORDER BY s.script_id, v.version
