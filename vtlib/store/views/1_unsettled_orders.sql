-- Orders with runs that may have been paid and whose charge is not known: how many such runs, and why.
CREATE OR REPLACE VIEW unsettled_orders AS
WITH counted AS (
    SELECT
        *,
        CASE
            WHEN provider_run_id IS NOT NULL AND charged_usd IS NULL THEN 1
            WHEN provider_run_id IS NULL AND closed_at IS NULL AND coalesce(lost_starts, 0) = 0 THEN 1
            ELSE 0
        END + coalesce(lost_starts, 0) AS runs
    FROM capture_orders
)
SELECT
    capture_id, project_id, actor, status, asked_at, max_items, max_usd, runs,
    CASE
        WHEN coalesce(lost_starts, 0) > 0 THEN 'the reply to its start was lost'
        WHEN provider_run_id IS NULL THEN 'it was cut short while its run was started'
        WHEN run_ended_at IS NULL THEN 'its run was not read to the end'
        ELSE 'its run ended and Apify did not say what it cost'
    END AS reason
FROM counted
WHERE runs > 0;
