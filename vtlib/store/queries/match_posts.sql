-- Own posts of a project with what may tell which script they came of: words said and shown, hashes (NULL = not
-- measured), is_linked (to any script). Texts of answers and measures, of subtitles where no answer has a transcript; '' = not
-- known.
SELECT
    p.post_id, p.platform, p.native_id, p.account_id, p.handle, p.format, p.posted_at, p.url, p.caption, p.title, p.duration_s,
    coalesce(nullif(array_to_string(a.answer ->> '$.transcript[*].text', ' '), ''), w.text, '') AS speech,
    concat_ws(
        ' ', array_to_string(a.answer ->> '$.overlays[*].text', ' '), array_to_string(m.text ->> '$.items[*].text', ' ')
    ) AS overlays,
    CASE WHEN m.status = 'ok' THEN m.hashes END AS hashes, u.post_id IS NOT NULL AS is_linked
FROM posts_latest AS p
JOIN project_posts AS l ON l.post_id = p.post_id AND l.project_id = $project
LEFT JOIN project_accounts AS f ON f.account_id = p.account_id AND f.project_id = $project
LEFT JOIN measures AS m ON m.post_id = p.post_id
LEFT JOIN analyses_latest AS a ON a.post_id = p.post_id AND a.task = 'analysis'
LEFT JOIN (
    SELECT post_id, arg_min(text, list_position(['creator', 'platform', 'automatic', 'unknown'], source)) AS text
    FROM subtitles WHERE source <> 'translated' GROUP BY post_id
) AS w ON w.post_id = p.post_id
LEFT JOIN (SELECT DISTINCT post_id FROM publications) AS u ON u.post_id = p.post_id
WHERE coalesce(l.is_own, f.role = 'own', false)
ORDER BY p.posted_at DESC NULLS LAST, p.post_id
LIMIT 2000
