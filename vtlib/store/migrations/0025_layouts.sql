-- How a table was read: the map of its columns, so that its rows can be mapped again without the file, and the same
-- headings are read the same way. No keys, sequences or constraints, as in 0001.

ALTER TABLE captures ADD COLUMN layout JSON;
