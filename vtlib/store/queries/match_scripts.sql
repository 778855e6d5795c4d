-- Scripts of a project that are in production or published, with the version being made and since when.
SELECT
    s.script_id, v.version, s.title, v.status, v.structure, v.duration_s, s.publish_on,
    coalesce(made.at, moved.at) AS production_at
FROM scripts AS s
JOIN script_versions AS v ON v.script_id = s.script_id AND v.version = coalesce(s.approved_version, s.current_version)
LEFT JOIN (
    SELECT script_id, min(changed_at) AS at FROM script_status_changes WHERE to_status = 'in_production' GROUP BY script_id
) AS moved ON moved.script_id = s.script_id
LEFT JOIN (SELECT script_id, min(made_at) AS at FROM predictions GROUP BY script_id) AS made ON made.script_id = s.script_id
WHERE s.project_id = $project AND v.status IN ('in_production', 'produced', 'published')
ORDER BY s.script_id
