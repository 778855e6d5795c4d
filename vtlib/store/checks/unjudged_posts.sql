-- severity: error
-- todo: A score without a tier needs a reason: run the stage again (vt analyze outliers --project P).
SELECT outlier_run_id || ' ' || post_id AS example FROM outlier_scores
WHERE (tier IS NULL AND coalesce(reason, '') = '') OR multiplier < 0 OR p_value NOT BETWEEN 0 AND 1
    OR multiplier_low > multiplier OR multiplier_high < multiplier
