CREATE OR REPLACE VIEW scripts_current AS
SELECT
    s.script_id, s.title, s.status, s.kind, s.product_id, s.project_id, p.brand_id, s.post_id, s.origin, s.assignee, s.due_on, s.publish_on,
    v.version, v.parent_version, s.approved_version, a.status AS approved_status,
    v.duration_s, v.is_timed, v.n_beats, v.difficulty, v.fingerprint, v.notes, v.made_by,
    c.open_comments, s.created_at, s.updated_at, v.created_at AS version_at, v.content, v.structure
FROM scripts AS s
LEFT JOIN script_versions AS v ON v.script_id = s.script_id AND v.version = s.current_version
LEFT JOIN script_versions AS a ON a.script_id = s.script_id AND a.version = s.approved_version
LEFT JOIN products AS p ON p.product_id = s.product_id
LEFT JOIN (
    SELECT script_id, count(*) AS open_comments FROM script_comments WHERE resolved_at IS NULL GROUP BY script_id
) AS c ON c.script_id = s.script_id;
