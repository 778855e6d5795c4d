-- severity: error
-- todo: A review or shared version without its script, a published run that is not there, or a word that is not in its list: remove the row.
SELECT 'review ' || r.review_id || ' of ' || r.script_id AS example
FROM script_reviews AS r ANTI JOIN script_versions AS v ON v.script_id = r.script_id AND v.version = r.version
UNION ALL
SELECT 'shared ' || h.script_id || ' version ' || h.version
FROM shared_scripts AS h ANTI JOIN script_versions AS v ON v.script_id = h.script_id AND v.version = h.version
UNION ALL
SELECT 'published ' || p.run_id FROM published_runs AS p ANTI JOIN runs AS r ON r.run_id = p.run_id
UNION ALL
SELECT 'shared report ' || h.run_id FROM shared_reports AS h ANTI JOIN runs AS r ON r.run_id = h.run_id
UNION ALL
SELECT 'answer ' || a.review_id || ' to ' || a.run_id FROM report_reviews AS a ANTI JOIN runs AS r ON r.run_id = a.run_id
UNION ALL
SELECT 'decision ' || decision FROM report_reviews WHERE decision NOT IN ('approve', 'send_back', 'comment')
UNION ALL
SELECT 'role ' || role FROM site_people WHERE role NOT IN ('viewer', 'editor', 'approver')
UNION ALL
SELECT 'outcome ' || outcome FROM script_reviews WHERE outcome NOT IN ('approved', 'sent_back', 'commented', 'refused')
