-- severity: error
-- todo: Fits or adaptations that do not hang together with their question: vt analyze compare --project P makes them again.
SELECT 'fit without question ' || f.analysis_id AS example
FROM fits AS f ANTI JOIN analyses AS a ON a.analysis_id = f.analysis_id
UNION ALL
SELECT 'judgement without fit ' || j.analysis_id || ' ' || p.product_id
FROM (
    SELECT analysis_id, first_product_id AS product_id FROM fit_judgements
    UNION SELECT analysis_id, second_product_id FROM fit_judgements
) AS p JOIN fit_judgements AS j ON j.analysis_id = p.analysis_id
ANTI JOIN fits AS f ON f.analysis_id = p.analysis_id AND f.product_id = p.product_id
UNION ALL
SELECT 'twin fit ' || analysis_id || ' ' || product_id FROM fits GROUP BY analysis_id, product_id HAVING count(*) > 1
UNION ALL
SELECT 'adaptation without question ' || d.analysis_id
FROM adaptations AS d ANTI JOIN analyses AS a ON a.analysis_id = d.analysis_id
UNION ALL
SELECT 'twin adaptation ' || analysis_id FROM adaptations GROUP BY analysis_id HAVING count(*) > 1
UNION ALL
SELECT 'score ' || score FROM fits WHERE score NOT BETWEEN 0 AND 5
UNION ALL
SELECT 'better ' || better FROM fit_judgements WHERE better NOT IN ('first', 'second', 'even')
UNION ALL
SELECT 'origin ' || origin FROM adaptations WHERE origin NOT IN ('adaptation', 'original')
