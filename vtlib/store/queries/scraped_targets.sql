-- What each target of a project got when it was asked for last: a row an account, tag or word, all posts of a
-- platform in one. handle = the target, latest_at = time of capture.
WITH asked AS (
    SELECT t.*, c.captured_at,
        CASE WHEN t.ask = 'posts' THEN 'posts by URL' ELSE t.target END AS handle
    FROM capture_targets AS t JOIN captures AS c ON c.capture_id = t.capture_id
    WHERE t.project_id = $project
    QUALIFY row_number() OVER (
        PARTITION BY t.platform, t.ask, t.target ORDER BY c.captured_at DESC NULLS LAST, t.capture_id DESC
    ) = 1
)
SELECT
    platform, ask, handle, sum(requested) AS requested, sum(found) AS found, sum(mapped) AS mapped,
    sum("new") AS "new", sum(updated) AS updated, sum(skipped) AS skipped, sum(problems) AS problems,
    CASE
        WHEN ask <> 'posts' THEN any_value(reason)
        WHEN count(reason) > 0 THEN count(reason) || ' gave nothing, e.g. ' || min(reason)
    END AS reason,
    max(captured_at) AS latest_at
FROM asked
GROUP BY platform, ask, handle
ORDER BY platform, ask, handle
