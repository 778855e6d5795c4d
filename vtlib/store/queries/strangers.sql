-- All that strangers to a project wrote or that leads to them, of the whole workspace: account_id, kind (handle, name,
-- id, url, text, json) and text; a kind that begins with own is of the project's own accounts and posts.
WITH mine AS (
    SELECT account_id FROM project_accounts WHERE project_id = $project AND role = 'own'
),
said AS (
    SELECT
        p.*,
        coalesce(l.is_own, p.account_id IN (SELECT account_id FROM mine), false) AS is_own
    FROM posts AS p
    LEFT JOIN project_posts AS l ON l.post_id = p.post_id AND l.project_id = $project
),
who AS (
    SELECT account_id, 'handle' AS kind, handle AS text FROM accounts
    UNION ALL SELECT account_id, 'handle', handle FROM account_handles
    UNION ALL SELECT account_id, 'name', display_name FROM accounts
    UNION ALL SELECT account_id, 'id', native_id FROM accounts
    UNION ALL SELECT account_id, 'url', url FROM accounts
    UNION ALL SELECT account_id, 'text', bio FROM account_snapshots
),
posted AS (
    SELECT post_id, 'text' AS kind, caption AS text FROM said
    UNION ALL SELECT post_id, 'text', title FROM said
    UNION ALL SELECT post_id, 'text', audio_title FROM said
    UNION ALL SELECT post_id, 'id', native_id FROM said
    UNION ALL SELECT post_id, 'url', url FROM said
    UNION ALL SELECT post_id, 'handle', unnest(mentions) FROM said
    UNION ALL SELECT post_id, 'text', text FROM subtitles
    UNION ALL SELECT post_id, 'json', CAST("text" AS VARCHAR) FROM measures
    UNION ALL SELECT post_id, 'json', CAST(speech AS VARCHAR) FROM measures
    UNION ALL SELECT post_id, 'json', CAST(answer AS VARCHAR) FROM analyses WHERE post_id IS NOT NULL
)
SELECT DISTINCT
    w.account_id, CASE WHEN m.account_id IS NULL THEN '' ELSE 'own ' END || w.kind AS kind, w.text
FROM who AS w LEFT JOIN mine AS m ON m.account_id = w.account_id
WHERE w.text IS NOT NULL AND w.text <> ''
UNION ALL
SELECT DISTINCT
    coalesce(s.account_id, s.post_id),
    CASE WHEN s.is_own AND d.kind <> 'handle' THEN 'own ' ELSE '' END || d.kind, d.text
FROM posted AS d JOIN said AS s ON s.post_id = d.post_id
WHERE d.text IS NOT NULL AND d.text <> ''
ORDER BY 1, 2, 3
