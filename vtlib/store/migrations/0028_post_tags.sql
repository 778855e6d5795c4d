-- The swipe file: posts that people put on boards, with why. No keys or constraints, as in 0001.

CREATE TABLE post_tags (project_id VARCHAR, post_id VARCHAR, tag VARCHAR, note VARCHAR, added_by VARCHAR, added_at TIMESTAMP);
