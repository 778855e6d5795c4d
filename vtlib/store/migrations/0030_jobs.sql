-- Work that was queued or ran by itself, and what is paused. In a team the queue itself is procrastinate's, in the schema queue. No keys or
-- constraints, as in 0001.

CREATE TABLE jobs (
    job_id VARCHAR, kind VARCHAR, project_id VARCHAR, params JSON, entry VARCHAR, due_at TIMESTAMP, status VARCHAR, tries INTEGER, n_done INTEGER,
    n_total INTEGER, message VARCHAR, exit_code INTEGER, worker VARCHAR, started_at TIMESTAMP, updated_at TIMESTAMP, ended_at TIMESTAMP
);

CREATE TABLE job_pauses (kind VARCHAR, project_id VARCHAR, paused_by VARCHAR, paused_at TIMESTAMP);
