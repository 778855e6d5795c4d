-- What the tables of the desk mean. `(human)` columns are written by people alone.

COMMENT ON TABLE desk_places IS 'What lies open on a person''s desk in a project, so that it opens there again (human).';
COMMENT ON COLUMN desk_places.project_id IS 'slug of the project';
COMMENT ON COLUMN desk_places.person IS 'who works there';
COMMENT ON COLUMN desk_places.place IS 'view, filters, page, post and script that lie open';
COMMENT ON COLUMN desk_places.saved_at IS 'when it was last changed, UTC';
