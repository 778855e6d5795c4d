-- Own analytics of a project's posts as imported last: post_id, platform, metric, at_ratio (NULL = of the whole), value, unit.
SELECT post_id, platform, metric, at_ratio, value, unit, source, exported_at
FROM native_analytics
WHERE project_id = $project
QUALIFY row_number() OVER (
    PARTITION BY post_id, metric, at_ratio ORDER BY exported_at DESC, imported_at DESC, row_no DESC
) = 1
ORDER BY post_id, metric, at_ratio NULLS FIRST
