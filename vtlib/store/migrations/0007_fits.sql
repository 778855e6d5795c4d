-- Which product fits which video, as models judge it side by side, and what was made of chosen pairs. No keys,
-- sequences or constraints, as in 0001. The questions themselves are rows of `analyses` (task fits, adaptation,
-- original); these tables hold what was read out of their answers and can be made again from them.

CREATE TABLE fits (
    analysis_id VARCHAR, post_id VARCHAR, product_id VARCHAR, position BIGINT, n_products BIGINT, scores JSON,
    score DOUBLE, reason VARCHAR, best_use VARCHAR, obstacles JSON, confidence VARCHAR, is_recommended BOOLEAN,
    recommended_why VARCHAR, model VARCHAR, prompt_version VARCHAR, input_hash VARCHAR, judged_at TIMESTAMP
);

CREATE TABLE fit_judgements (
    analysis_id VARCHAR, post_id VARCHAR, first_product_id VARCHAR, second_product_id VARCHAR, better VARCHAR,
    reason VARCHAR, judged_at TIMESTAMP
);

CREATE TABLE adaptations (
    analysis_id VARCHAR, post_id VARCHAR, product_id VARCHAR, project_id VARCHAR, script_id VARCHAR, origin VARCHAR,
    scores JSON, reason VARCHAR, beat_map JSON, hooks JSON, claims JSON, distance JSON, n_unfounded BIGINT,
    difficulty VARCHAR, model VARCHAR, prompt_version VARCHAR, input_hash VARCHAR, made_at TIMESTAMP
);
