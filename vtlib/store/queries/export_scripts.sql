-- The scripts of a project, each in its current version; `structure` holds its beats as JSON.
SELECT
    s.script_id, s.title, s.status, s.kind, s.product_id, s.post_id, p.account_id, s.origin, s.assignee, s.due_on, s.publish_on,
    s.version, s.approved_version, s.approved_status, s.duration_s, s.is_timed, s.n_beats, s.difficulty, s.notes,
    s.made_by, s.open_comments, s.content, s.structure, s.created_at, s.updated_at, s.version_at
FROM scripts_current AS s
LEFT JOIN posts AS p ON p.post_id = s.post_id
WHERE s.project_id = $project
ORDER BY s.script_id
