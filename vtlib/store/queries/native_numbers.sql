-- Own analytics of a project's posts as imported last: post_id, platform, metric, at_ratio (NULL = of the whole), value,
-- unit. Numbers by day are summed where no number of the whole life is there and days add up (people reached do not).
WITH newest AS (
    SELECT * FROM native_analytics
    WHERE project_id = $project
    QUALIFY row_number() OVER (
        PARTITION BY post_id, metric, at_ratio, day ORDER BY exported_at DESC, imported_at DESC, row_no DESC
    ) = 1
),
whole AS (
    SELECT post_id, platform, metric, at_ratio, value, unit, source, exported_at FROM newest WHERE day IS NULL
),
summed AS (
    SELECT
        post_id, platform, metric, NULL::DOUBLE AS at_ratio, sum(value) AS value, any_value(unit) AS unit,
        arg_max(source, exported_at) AS source, max(exported_at) AS exported_at
    FROM newest AS n
    WHERE day IS NOT NULL
        AND (unit = 'count' AND metric <> 'reach' OR metric = 'watch_time')
        AND NOT EXISTS (SELECT 1 FROM whole AS w WHERE w.post_id = n.post_id AND w.metric = n.metric)
    GROUP BY post_id, platform, metric
)
SELECT * FROM whole
UNION ALL BY NAME
SELECT * FROM summed
ORDER BY post_id, metric, at_ratio NULLS FIRST
