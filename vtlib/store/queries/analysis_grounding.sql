-- How much of what models say is measured: by model and prompt, over a project's answers.
SELECT
    a.model, a.prompt_version, count(*) AS answers, sum(c.n_supported) AS supported, sum(c.n_drifted) AS drifted,
    sum(c.n_unsupported) AS unsupported, sum(c.n_not_checked) AS not_checked,
    sum(c.n_supported) / nullif(sum(c.n_supported + c.n_drifted + c.n_unsupported), 0) AS grounding_share,
    sum((c.cuts ->> '$.n_invented')::BIGINT) AS cuts_invented,
    median((c.cuts ->> '$.spread_s')::DOUBLE) AS cut_spread_s, max((c.cuts ->> '$.worst_s')::DOUBLE) AS cut_worst_s
FROM analyses AS a
JOIN analysis_checks AS c ON c.analysis_id = a.analysis_id
JOIN project_posts AS o ON o.post_id = a.post_id AND o.project_id = $project
GROUP BY a.model, a.prompt_version ORDER BY a.model, a.prompt_version
