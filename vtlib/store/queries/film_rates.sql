-- What fetching, measuring and asking about a film took in this workspace: mean bytes, seconds and US dollars, and of how
-- many. A person's project decides nothing here; $project only names the films that are drawn, measured or lost.
SELECT
    (SELECT avg(bytes) FROM media WHERE status = 'ok') AS bytes,
    (SELECT count(*) FROM media WHERE status = 'ok') AS n_bytes,
    (SELECT avg(seconds) FROM measures WHERE status = 'ok' AND seconds IS NOT NULL) AS measure_s,
    (SELECT count(*) FROM measures WHERE status = 'ok' AND seconds IS NOT NULL) AS n_measure,
    (SELECT avg(usd) FROM analyses WHERE task = 'analysis' AND usd IS NOT NULL) AS ask_usd,
    (SELECT count(*) FROM analyses WHERE task = 'analysis' AND usd IS NOT NULL) AS n_usd,
    (SELECT avg(seconds) FROM analyses WHERE task = 'analysis' AND status IN ('ok', 'repaired', 'partial')) AS ask_s,
    (SELECT count(*) FROM analyses WHERE task = 'analysis' AND status IN ('ok', 'repaired', 'partial')) AS n_ask,
    $project AS project_id
