-- severity: error
-- todo: A tag on a post that its project does not have, or the same tag twice: remove the row; nothing else depends on it.
SELECT tag || ' on ' || post_id || ' in ' || project_id AS example
FROM post_tags AS t ANTI JOIN project_posts AS l ON l.project_id = t.project_id AND l.post_id = t.post_id
UNION ALL
SELECT tag || ' twice on ' || post_id FROM post_tags GROUP BY project_id, post_id, tag HAVING count(*) > 1
