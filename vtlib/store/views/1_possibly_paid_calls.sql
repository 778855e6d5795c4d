CREATE OR REPLACE VIEW possibly_paid_calls AS
SELECT
    started_at AS "at", 'gemini' AS provider, model AS what, estimate_usd, project_id,
    CASE
        WHEN ended_at IS NULL THEN 'in flight, or cut by a kill'
        WHEN status = 'lost' THEN 'the reply got lost: ' || coalesce(reason, 'no reason known')
        ELSE 'the reply does not tell what it cost'
    END AS reason
FROM model_calls
WHERE tokens_in IS NULL AND tokens_out IS NULL AND (status = 'lost' OR http_status = 200);
