-- severity: error
-- todo: A saved view of a project that does not exist, or twice under one name: remove the row; nothing else depends on it.
SELECT 'view of ' || person || ' in ' || project_id AS example
FROM desk_views AS d ANTI JOIN projects AS p ON p.project_id = d.project_id
UNION ALL
SELECT name || ' twice' FROM desk_views GROUP BY project_id, person, name HAVING count(*) > 1
