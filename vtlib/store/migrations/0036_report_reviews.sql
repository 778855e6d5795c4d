-- Answers of clients to reports. No keys, sequences or constraints, as in 0001.

CREATE TABLE shared_reports (run_id VARCHAR, project_id VARCHAR, pages VARCHAR, places JSON, shared_by VARCHAR, shared_at TIMESTAMP);

CREATE TABLE report_reviews (review_id VARCHAR, run_id VARCHAR, project_id VARCHAR, reviewer VARCHAR, decision VARCHAR, n_comments INTEGER, reviewed_on DATE, came_by VARCHAR, taken_in_by VARCHAR, taken_in_at TIMESTAMP);

CREATE TABLE report_comments (comment_id VARCHAR, run_id VARCHAR, project_id VARCHAR, place VARCHAR, title VARCHAR, post_id VARCHAR, at_s DOUBLE, body VARCHAR, author VARCHAR, created_at TIMESTAMP);
