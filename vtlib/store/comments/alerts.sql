-- What the tables of alerts mean. `(human)` columns are written by people alone.

COMMENT ON TABLE alerts IS 'What is worth a message: one row an event, raised once (machine).';
COMMENT ON COLUMN alerts.event_id IS 'digest of project, kind, subject and what makes it new: the same event again is the same row';
COMMENT ON COLUMN alerts.project_id IS 'slug of the project';
COMMENT ON COLUMN alerts.kind IS '{{alert kinds in words}}';
COMMENT ON COLUMN alerts.subject IS 'post_id, script_id, source, budget or actor it is about';
COMMENT ON COLUMN alerts.tier IS 'tier that a post reached; NULL = not about a post';
COMMENT ON COLUMN alerts.title IS 'one line';
COMMENT ON COLUMN alerts."text" IS 'what happened, in words';
COMMENT ON COLUMN alerts.chance IS 'the chance that it is a false alarm, in words; NULL = there is none';
COMMENT ON COLUMN alerts.origin IS 'names of watched sources (watch: in the YAML) it came by, or the role of the account';
COMMENT ON COLUMN alerts.url IS 'where to look; NULL = nowhere';
COMMENT ON COLUMN alerts.facts IS 'the figures behind the words (JSON)';
COMMENT ON COLUMN alerts.happened_at IS 'time of the capture that showed it, UTC';
COMMENT ON COLUMN alerts.raised_at IS 'when vt watch raised it, UTC';

COMMENT ON TABLE alert_messages IS 'Messages to channels: one row an event and channel (machine).';
COMMENT ON COLUMN alert_messages.event_id IS 'the event';
COMMENT ON COLUMN alert_messages.project_id IS 'slug of the project';
COMMENT ON COLUMN alert_messages.channel IS 'name of the channel in the YAML';
COMMENT ON COLUMN alert_messages.message_id IS 'the message that carried it: of a digest several events have one';
COMMENT ON COLUMN alert_messages.state IS 'intended (is being sent), sent, refused (not taken: tried again), given_up, or unconfirmed (it may have arrived: never sent again)';
COMMENT ON COLUMN alert_messages.tries IS 'how often it was tried';
COMMENT ON COLUMN alert_messages.tried_at IS 'when the last try began, UTC';
COMMENT ON COLUMN alert_messages.ended_at IS 'when its outcome was known, UTC; NULL = it is not';
COMMENT ON COLUMN alert_messages.reason IS 'why it is not sent; no address is in it';

COMMENT ON TABLE alert_looks IS 'Up to which age each post was looked at for a breakout (machine).';
COMMENT ON COLUMN alert_looks.project_id IS 'slug of the project';
COMMENT ON COLUMN alert_looks.post_id IS 'the post';
COMMENT ON COLUMN alert_looks.step IS 'ages of alerts.looks_d that it had passed, from 1';
COMMENT ON COLUMN alert_looks.looked_at IS 'when, UTC';

COMMENT ON TABLE alert_nights IS 'Each look for breakouts with the false alarms to expect of it (machine).';
COMMENT ON COLUMN alert_nights.project_id IS 'slug of the project';
COMMENT ON COLUMN alert_nights.looked_at IS 'when, UTC';
COMMENT ON COLUMN alert_nights.n_looks IS 'posts that were looked at: for the first time or at a new age';
COMMENT ON COLUMN alert_nights.n_first_looks IS 'posts of them that were looked at for the first time';
COMMENT ON COLUMN alert_nights.n_breakouts IS 'breakouts that were raised';
COMMENT ON COLUMN alert_nights.expected_low IS 'fewest false alarms to expect: of first looks alone, by the lightest tail';
COMMENT ON COLUMN alert_nights.expected IS 'false alarms to expect by Student''s t, if every post is ordinary and every look a new chance';
COMMENT ON COLUMN alert_nights.expected_high IS 'most to expect: of all looks, by the heaviest tail that the scores allow; NULL = too few scores to bound it';

COMMENT ON TABLE alert_readers IS 'Since when each person has not looked at alerts (human).';
COMMENT ON COLUMN alert_readers.project_id IS 'slug of the project';
COMMENT ON COLUMN alert_readers.person IS 'who looked';
COMMENT ON COLUMN alert_readers.read_at IS 'when, UTC';
