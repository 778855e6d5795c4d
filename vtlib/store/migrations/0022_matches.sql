-- Which posts may have come of which scripts, what people and the machine decided, and the cuts of scripts. No keys,
-- sequences or constraints, as in 0001. Decisions are only added: who linked, refused or undid what, when and why.

CREATE TABLE script_matches (
    project_id VARCHAR, script_id VARCHAR, version BIGINT, post_id VARCHAR, probability DOUBLE, reasons VARCHAR[],
    evidence JSON, method VARCHAR, proposed_at TIMESTAMP
);

CREATE TABLE match_decisions (
    script_id VARCHAR, version BIGINT, post_id VARCHAR, decision VARCHAR, reason VARCHAR, probability DOUBLE,
    is_automatic BOOLEAN, decided_by VARCHAR, decided_at TIMESTAMP
);

CREATE TABLE script_cuts (
    script_id VARCHAR, sha256 VARCHAR, name VARCHAR, duration_s DOUBLE, hashes VARCHAR[], added_by VARCHAR,
    added_at TIMESTAMP
);
