-- severity: error
-- todo: A word that is not in its list: the stage that wrote it must use the list.
SELECT 'tier ' || tier AS example FROM outlier_scores
WHERE tier NOT IN ({{tiers}})
UNION ALL
SELECT 'platform ' || platform FROM posts
WHERE platform NOT IN ({{platforms}})
UNION ALL
SELECT 'format ' || format FROM posts
WHERE format NOT IN ({{formats}})
UNION ALL
SELECT 'decision ' || decision FROM reviews WHERE decision NOT IN ('keep', 'reject')
UNION ALL
SELECT 'role ' || role FROM project_accounts WHERE role NOT IN ('own', 'competitor', 'reference')
UNION ALL
SELECT 'stage status ' || status FROM stage_runs WHERE status NOT IN ('ok', 'skipped', 'failed')
