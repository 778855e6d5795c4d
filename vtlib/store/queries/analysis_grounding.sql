-- How much of what models say is measured: by model and prompt, over the newest full answer of each post of a project.
-- Which answers count is the rule of analysis/claim_count.
SELECT
    c.model, c.prompt_version, count(*) AS answers, sum(c.n_supported) AS supported, sum(c.n_drifted) AS drifted,
    sum(c.n_unsupported) AS unsupported, sum(c.n_not_checked) AS not_checked,
    sum(c.n_supported) / nullif(sum(c.n_supported + c.n_drifted + c.n_unsupported), 0) AS grounding_share,
    sum((c.cuts ->> '$.n_invented')::BIGINT) AS cuts_invented,
    median((c.cuts ->> '$.spread_s')::DOUBLE) AS cut_spread_s, max((c.cuts ->> '$.worst_s')::DOUBLE) AS cut_worst_s
FROM analyses_latest AS c
JOIN project_posts AS o ON o.post_id = c.post_id AND o.project_id = $project
WHERE c.task IN ('analysis', 'pictures') AND c.n_supported IS NOT NULL
GROUP BY c.model, c.prompt_version ORDER BY c.model, c.prompt_version
