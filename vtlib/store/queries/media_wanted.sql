-- The picked posts of a project that have pictures, newest first, then (role published) those that came of its scripts, with
-- what is known of their media and measures; those drawn for patterns (role sample) and
-- examples of claimed patterns (role example), so that a card of one has frames. Of the published those come first whose caption stands on several platforms:
-- likely the same film, and only by these can platforms be compared.
WITH came AS (
    SELECT DISTINCT u.post_id
    FROM publications AS u JOIN scripts AS c ON c.script_id = u.script_id AND c.project_id = $project
    UNION
    SELECT post_id FROM script_matches WHERE project_id = $project  -- their pictures may settle it
),
wanted AS (
    SELECT post_id, role, 1 AS n_platforms FROM selected_posts WHERE project_id = $project
    UNION ALL
    SELECT d.post_id, CASE d.stratum WHEN 'example' THEN 'example' ELSE 'sample' END, 1
    FROM film_samples AS d
    WHERE d.project_id = $project
    AND d.post_id NOT IN (SELECT post_id FROM selected_posts WHERE project_id = $project)
    AND d.post_id NOT IN (SELECT post_id FROM came)
    UNION ALL
    SELECT p.post_id, 'published', same.n_platforms
    FROM came
    JOIN posts AS p ON p.post_id = came.post_id
    LEFT JOIN (
        SELECT caption, count(DISTINCT platform) AS n_platforms FROM posts SEMI JOIN came USING (post_id) GROUP BY caption
    ) AS same ON same.caption = p.caption
    WHERE p.post_id NOT IN (SELECT post_id FROM selected_posts WHERE project_id = $project)
)
SELECT
    s.post_id, s.role, p.platform, p.native_id, p.format, a.handle, p.url, p.posted_at, p.caption,
    m.* EXCLUDE (post_id), raw.captured_at AS address_at,
    x.version AS measured_version, x.status AS measured_status, x.reason AS measured_reason, x.parts AS measured_parts,
    x.sha256 AS measured_sha256, len(x.cuts_s) AS cuts, CAST(x.windows -> '$[2].cuts' AS BIGINT) AS cuts_3s, x.motion, coalesce(c.creative_id, s.post_id) AS creative_id
FROM wanted AS s
JOIN posts AS p ON p.post_id = s.post_id
LEFT JOIN accounts AS a ON a.account_id = p.account_id
LEFT JOIN media AS m ON m.post_id = s.post_id
LEFT JOIN measures AS x ON x.post_id = s.post_id
LEFT JOIN creatives AS c ON c.post_id = s.post_id
LEFT JOIN (
    SELECT platform, native_id, max(captured_at) AS captured_at FROM raw_items GROUP BY platform, native_id
) AS raw ON raw.platform = p.platform AND raw.native_id = p.native_id
WHERE p.format <> 'text'
ORDER BY s.role = 'example', s.role = 'sample', s.role = 'published', coalesce(s.n_platforms, 1) > 1 DESC, p.posted_at DESC NULLS LAST, s.post_id
