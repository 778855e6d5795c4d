-- What the figures of a project stand on, but for code and parameters: cause (data, prompt, model), name, value (text).
-- Digests are sums of md5 numbers, whatever the order of rows; they change when any number in them does.
WITH mine AS (SELECT post_id FROM project_posts WHERE project_id = $project),
counts AS (
    SELECT bit_xor(md5_number_lower(concat_ws('|', s.post_id, s.captured_at::VARCHAR,
        {{each metric: coalesce(s.<metric>::VARCHAR, s.<metric>_state)}}))) AS digest, count(*) AS n, max(s.captured_at) AS latest
    FROM post_snapshots AS s SEMI JOIN mine USING (post_id)
),
facts AS (
    SELECT bit_xor(md5_number_lower(concat_ws('|', p.post_id, p.account_id, p.format, p.posted_at::VARCHAR,
        coalesce(p.is_paid::VARCHAR, '?'), coalesce(p.is_pinned::VARCHAR, '?'), coalesce(p.duration_s::VARCHAR, '?'),
        coalesce(p.caption, '?'), coalesce(p.hashtags::VARCHAR, '?')))) AS digest, count(*) AS n
    FROM posts AS p SEMI JOIN mine USING (post_id)
),
fans AS (
    SELECT bit_xor(md5_number_lower(concat_ws('|', s.account_id, s.captured_at::VARCHAR, coalesce(s.followers::VARCHAR, '?')))) AS digest,
        count(*) AS n
    FROM account_snapshots AS s
    SEMI JOIN (SELECT account_id FROM posts SEMI JOIN mine USING (post_id)) AS a ON a.account_id = s.account_id
),
people AS (
    SELECT bit_xor(md5_number_lower(concat_ws('|', post_id, decision, reason, decided_at::VARCHAR))) AS digest, count(*) AS n
    FROM reviews WHERE project_id = $project
),
roles AS (
    SELECT bit_xor(md5_number_lower(concat_ws('|', account_id, role))) AS digest, count(*) AS n
    FROM project_accounts WHERE project_id = $project
),
films AS (
    SELECT bit_xor(md5_number_lower(concat_ws('|', post_id, sha256, version))) AS digest, count(*) AS n
    FROM measures SEMI JOIN mine USING (post_id) WHERE status = 'ok'
),
links AS (
    SELECT bit_xor(md5_number_lower(concat_ws('|', u.script_id, u.version, u.post_id))) AS digest, count(*) AS n
    FROM publications AS u JOIN scripts AS s ON s.script_id = u.script_id WHERE s.project_id = $project
),
answers AS (SELECT * FROM analyses_latest SEMI JOIN mine USING (post_id))
SELECT 'data' AS cause, 'posts' AS name, n || ' #' || lower(left(hex(coalesce(digest, 0)), 8)) AS value FROM facts
UNION ALL SELECT 'data', 'followers', n || ' #' || lower(left(hex(coalesce(digest, 0)), 8)) FROM fans
UNION ALL SELECT 'data', 'counts', n || ' #' || lower(left(hex(coalesce(digest, 0)), 8)) FROM counts
UNION ALL SELECT 'data', 'latest capture', strftime(latest, '%Y-%m-%d %H:%M') FROM counts WHERE latest IS NOT NULL
UNION ALL SELECT 'data', 'decisions of people', n || ' #' || lower(left(hex(coalesce(digest, 0)), 8)) FROM people
UNION ALL SELECT 'data', 'roles of accounts', n || ' #' || lower(left(hex(coalesce(digest, 0)), 8)) FROM roles
UNION ALL SELECT 'data', 'films measured', n || ' #' || lower(left(hex(coalesce(digest, 0)), 8)) FROM films
UNION ALL SELECT 'data', 'posts of scripts', n || ' #' || lower(left(hex(coalesce(digest, 0)), 8)) FROM links
UNION ALL SELECT 'data', 'films read by a model', count(DISTINCT post_id)::VARCHAR FROM answers
UNION ALL SELECT 'prompt', task, string_agg(DISTINCT prompt_version || ' ' || left(prompt_sha256, 8), ', ' ORDER BY prompt_version || ' ' || left(prompt_sha256, 8))
    FROM answers GROUP BY task
UNION ALL SELECT 'model', task, string_agg(DISTINCT concat_ws(' ', model, model_version), ', ' ORDER BY concat_ws(' ', model, model_version))
    FROM answers GROUP BY task
ORDER BY cause, name
