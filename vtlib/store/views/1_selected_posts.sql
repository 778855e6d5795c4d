CREATE OR REPLACE VIEW selected_posts AS
SELECT
    coalesce(s.project_id, r.project_id) AS project_id,
    coalesce(s.post_id, r.post_id) AS post_id,
    coalesce(s.role, 'kept') AS role,
    s.rule,
    s.outlier_run_id,
    coalesce(s.picked_at, r.decided_at) AS picked_at,
    CASE WHEN s.post_id IS NULL OR r.post_id IS NOT NULL THEN 'person' ELSE 'rule' END AS decided_by,
    r.reason,
    r.notes,
    r.hook_ideas
FROM selections AS s
FULL JOIN (
    SELECT *
    FROM reviews
    QUALIFY row_number() OVER (PARTITION BY project_id, post_id ORDER BY decided_at DESC, reviewer DESC) = 1
) AS r ON r.project_id = s.project_id AND r.post_id = s.post_id
WHERE coalesce(r.decision, 'keep') = 'keep';
