-- What was read of a capture: which facts of posts and accounts its items held, so that a page can say it of each
-- file. Captures of before have none until their raw items are mapped again.

ALTER TABLE captures ADD COLUMN read_facts JSON;
