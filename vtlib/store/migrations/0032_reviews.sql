-- Answers of clients to scripts, and what the site shows to whom. No keys, sequences or constraints, as in 0001.

ALTER TABLE script_comments ADD COLUMN at_s DOUBLE;

CREATE TABLE script_reviews (review_id VARCHAR, script_id VARCHAR, version INTEGER, reviewer VARCHAR, decision VARCHAR, outcome VARCHAR, n_comments INTEGER, reviewed_on DATE, came_by VARCHAR, taken_in_by VARCHAR, taken_in_at TIMESTAMP);

CREATE TABLE site_people (person VARCHAR, brand_id VARCHAR, role VARCHAR, password_hash VARCHAR, invited_by VARCHAR, invited_at TIMESTAMP);

CREATE TABLE published_runs (run_id VARCHAR, project_id VARCHAR, published_by VARCHAR, published_at TIMESTAMP);

CREATE TABLE shared_scripts (script_id VARCHAR, version INTEGER, shared_by VARCHAR, shared_at TIMESTAMP);
