-- The patterns of a project's latest run, claims first.
SELECT * FROM patterns_latest WHERE project_id = $project
ORDER BY claim = '', ratio_low DESC, pattern
