-- Where people left off at the desk, so that it opens there again. No keys or constraints, as in 0001.

CREATE TABLE desk_places (project_id VARCHAR, person VARCHAR, place JSON, saved_at TIMESTAMP);
