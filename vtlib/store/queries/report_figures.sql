-- The figures of a project as they stand: figure, value, low, high (patterns only), n. Nothing known = no row.
WITH mine AS (SELECT post_id FROM project_posts WHERE project_id = $project),
judged AS (
    SELECT * FROM outlier_runs WHERE project_id = $project AND is_trial IS NOT TRUE ORDER BY created_at DESC, outlier_run_id DESC LIMIT 1
),
learnt AS (
    SELECT * FROM pattern_runs WHERE project_id = $project ORDER BY created_at DESC, pattern_run_id DESC LIMIT 1
),
fit AS (
    SELECT f.* FROM fits_latest AS f
    SEMI JOIN mine ON mine.post_id = f.post_id
    SEMI JOIN (SELECT product_id FROM project_products WHERE project_id = $project) AS o ON o.product_id = f.product_id
),
adapted AS (SELECT * FROM adaptations WHERE project_id = $project),
held AS (
    SELECT * FROM verdicts
    WHERE project_id = $project AND target = 'ln_views_7d' AND status = 'matured' AND is_plain
)
SELECT 'posts' AS figure, count(*)::DOUBLE AS value, NULL::DOUBLE AS low, NULL::DOUBLE AS high, NULL::BIGINT AS n FROM mine
UNION ALL SELECT 'accounts', count(DISTINCT p.account_id), NULL, NULL, NULL FROM posts AS p SEMI JOIN mine USING (post_id)
UNION ALL SELECT 'snapshots', count(*), NULL, NULL, NULL FROM post_snapshots SEMI JOIN mine USING (post_id)
UNION ALL SELECT 'posts scored', n_scored, NULL, NULL, n_scored + n_not_scored FROM judged
UNION ALL SELECT 'breakouts', n_breakout + n_extreme, NULL, NULL, n_scored FROM judged
UNION ALL SELECT 'extreme', n_extreme, NULL, NULL, n_scored FROM judged
UNION ALL SELECT 'to watch', n_watch, NULL, NULL, n_scored FROM judged
UNION ALL SELECT 'false alarms at most', expected_false_alarms, NULL, NULL, n_scored FROM judged WHERE expected_false_alarms IS NOT NULL
UNION ALL SELECT 'videos measured', count(*), NULL, NULL, NULL FROM measures SEMI JOIN mine USING (post_id) WHERE status = 'ok'
UNION ALL SELECT 'videos read by a model', count(DISTINCT post_id), NULL, NULL, NULL FROM analyses_latest SEMI JOIN mine USING (post_id)
UNION ALL SELECT 'products judged for videos', count(*), NULL, NULL, NULL FROM fit
UNION ALL SELECT 'products recommended', NULL, NULL, NULL, count(*) FROM fit HAVING count(*) > 0
UNION ALL SELECT 'mean product fit', avg(score), NULL, NULL, count(score) FROM fit HAVING count(score) > 0
UNION ALL SELECT 'adaptations', count(*), NULL, NULL, NULL FROM adapted
UNION ALL SELECT 'claims without grounds in adaptations', sum(n_unfounded), NULL, NULL, count(*) FROM adapted HAVING count(*) > 0
UNION ALL SELECT 'scripts', count(*), NULL, NULL, NULL FROM scripts WHERE project_id = $project
UNION ALL SELECT 'posts of scripts', count(DISTINCT u.post_id), NULL, NULL, NULL
    FROM publications AS u JOIN scripts AS s ON s.script_id = u.script_id WHERE s.project_id = $project
UNION ALL SELECT 'matured predictions', count(*), NULL, NULL, NULL FROM held
UNION ALL SELECT 'predictions inside their interval', count(*) FILTER (is_inside) / count(*), NULL, NULL, count(*) FROM held HAVING count(*) > 0
UNION ALL SELECT 'patterns tested', n_tested, NULL, NULL, n_posts FROM learnt
UNION ALL SELECT 'patterns claimed', n_claimed, NULL, NULL, n_tested FROM learnt
UNION ALL SELECT 'pattern ' || pattern, ratio, ratio_low, ratio_high, n_with FROM patterns_latest WHERE project_id = $project AND claim <> ''
UNION ALL SELECT 'problems', count(*), NULL, NULL, NULL FROM problems WHERE project_id = $project
UNION ALL SELECT 'spent', coalesce(sum(usd), 0), NULL, NULL, count(*) FROM spend WHERE project_id = $project
