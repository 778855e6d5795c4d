-- What the tables of the desk mean. `(human)` columns are written by people alone.

COMMENT ON TABLE desk_places IS 'What lies open on a person''s desk in a project, so that it opens there again (human).';
COMMENT ON COLUMN desk_places.project_id IS 'slug of the project';
COMMENT ON COLUMN desk_places.person IS 'who works there';
COMMENT ON COLUMN desk_places.place IS 'view, filters, page, post and script that lie open';
COMMENT ON COLUMN desk_places.saved_at IS 'when it was last changed, UTC';

COMMENT ON TABLE post_tags IS 'The swipe file: posts with a tag; the posts of one tag are a board (human).';
COMMENT ON COLUMN post_tags.project_id IS 'slug of the project';
COMMENT ON COLUMN post_tags.post_id IS 'the post';
COMMENT ON COLUMN post_tags.tag IS 'name of the board, as people wrote it first';
COMMENT ON COLUMN post_tags.note IS 'what is worth taking over; NULL = nothing was noted';
COMMENT ON COLUMN post_tags.added_by IS 'who put it there';
COMMENT ON COLUMN post_tags.added_at IS 'when it was put there or its note was last changed, UTC';

COMMENT ON TABLE desk_views IS 'Filters and order of the desk''s list of posts that people saved under a name (human).';
COMMENT ON COLUMN desk_views.project_id IS 'slug of the project';
COMMENT ON COLUMN desk_views.name IS 'what the person called it';
COMMENT ON COLUMN desk_views.person IS 'who saved it; everybody of the project can use it';
COMMENT ON COLUMN desk_views.wish IS 'filters, search, order and layout of the list';
COMMENT ON COLUMN desk_views.saved_at IS 'when it was saved last, UTC';
