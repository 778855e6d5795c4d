-- Every post of a project with what it is listed by: `sort_key`, and `misses`, a bit for each filter that stops it (0: it is in
-- the list), so that one pass gives the page, how many match, and the counts beside each filter. `$sort` and `$misses` are
-- written in from browse.py, and the joins a, n, t and f are left out where neither needs them.
WITH decided AS (
    SELECT post_id, decision FROM reviews WHERE project_id = $project
    QUALIFY row_number() OVER (PARTITION BY post_id ORDER BY decided_at DESC, reviewer DESC) = 1
),
hooks AS (
    SELECT post_id, json_extract_string(answer, '$.hook.types[*].type') AS types
    FROM analyses_latest WHERE task = 'analysis'
),
words AS (
    SELECT post_id, string_agg(words, ' ') AS words FROM (
        SELECT
            post_id, concat_ws(' ', array_to_string(json_extract_string(answer, '$.transcript[*].text'), ' '),
                array_to_string(json_extract_string(answer, '$.overlays[*].text'), ' ')) AS words
        FROM analyses_latest WHERE task = 'analysis'
        UNION ALL
        SELECT post_id, array_to_string(json_extract_string(text, '$.items[*].text'), ' ') FROM measures
    ) GROUP BY post_id
),
fits AS (
    SELECT post_id, max(score) AS score FROM fits_latest GROUP BY post_id
),
numbers AS (
    SELECT post_id, {{each metric: arg_max(<metric>, captured_at) AS <metric>}}
    FROM post_snapshots WHERE $post = '' OR post_id = $post GROUP BY post_id
)
SELECT
    l.post_id, p.platform, p.format, coalesce(o.tier, 'not_scored') AS tier, coalesce(r.decision, 'open') AS decision,
    CASE WHEN l.is_own THEN 'own' ELSE coalesce(c.role, 'unknown') END AS role,
    $sort AS sort_key, $misses AS misses
FROM project_posts AS l
JOIN posts AS p ON p.post_id = l.post_id
LEFT JOIN accounts AS a ON a.account_id = p.account_id
LEFT JOIN project_accounts AS c ON c.project_id = l.project_id AND c.account_id = p.account_id
LEFT JOIN outlier_latest AS o ON o.project_id = l.project_id AND o.post_id = l.post_id
LEFT JOIN decided AS r ON r.post_id = l.post_id
LEFT JOIN numbers AS n ON n.post_id = l.post_id
LEFT JOIN words AS t ON t.post_id = l.post_id
LEFT JOIN fits AS f ON f.post_id = l.post_id
WHERE l.project_id = $project AND ($post = '' OR l.post_id = $post)
