-- What each platform's posts say of a project's patterns (latest run), claims first; definition and kind of each.
SELECT t.*, p.definition, p.kind, p.source, p.pattern_id
FROM pattern_platforms_latest AS t
LEFT JOIN patterns AS p ON p.pattern_run_id = t.pattern_run_id AND p.pattern = t.pattern
WHERE t.project_id = $project
ORDER BY t.claim = '', t.ratio_low DESC, t.pattern, t.platform
