-- severity: error
-- todo: A desk of a project that does not exist, or two for one person: remove the row; nothing else depends on it.
SELECT 'desk of ' || person || ' in ' || project_id AS example
FROM desk_places AS d ANTI JOIN projects AS p ON p.project_id = d.project_id
UNION ALL
SELECT 'desks of ' || person || ' in ' || project_id FROM desk_places GROUP BY project_id, person HAVING count(*) > 1
