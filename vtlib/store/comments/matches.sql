-- Posts matched to scripts: proposals, decisions, cuts.

COMMENT ON TABLE script_matches IS 'Posts that may have come of scripts, as last computed (machine).';
COMMENT ON COLUMN script_matches.project_id IS 'slug of the project';
COMMENT ON COLUMN script_matches.script_id IS 'script that the post may have come of';
COMMENT ON COLUMN script_matches.version IS 'version in production';
COMMENT ON COLUMN script_matches.post_id IS 'platform:native_id of the post';
COMMENT ON COLUMN script_matches.probability IS 'probability that it did, 0 to 1, calibrated on simulated worlds';
COMMENT ON COLUMN script_matches.reasons IS 'what speaks for it, in words';
COMMENT ON COLUMN script_matches.evidence IS 'values of the features by name (performance/match_rule)';
COMMENT ON COLUMN script_matches.method IS 'method and version of the model';
COMMENT ON COLUMN script_matches.proposed_at IS 'when it was computed, UTC';

COMMENT ON TABLE match_decisions IS 'What was decided about posts and scripts, append-only: the last row of a pair counts (human; is_automatic: machine).';
COMMENT ON COLUMN match_decisions.script_id IS 'script it is about';
COMMENT ON COLUMN match_decisions.version IS 'version it is about';
COMMENT ON COLUMN match_decisions.post_id IS 'platform:native_id of the post';
COMMENT ON COLUMN match_decisions.decision IS 'link, refuse (not proposed again), unlink (undone; not proposed again) or reopen (may be proposed again)';
COMMENT ON COLUMN match_decisions.reason IS 'why, in words';
COMMENT ON COLUMN match_decisions.probability IS 'probability stated then, 0 to 1; NULL = none was';
COMMENT ON COLUMN match_decisions.is_automatic IS 'decided by the machine (performance.link_from)';
COMMENT ON COLUMN match_decisions.decided_by IS 'who decided';
COMMENT ON COLUMN match_decisions.decided_at IS 'when, UTC';

COMMENT ON TABLE script_cuts IS 'Video files made of scripts, by their pictures; the files themselves are not kept (human).';
COMMENT ON COLUMN script_cuts.script_id IS 'script it was made of';
COMMENT ON COLUMN script_cuts.sha256 IS 'sha256 of the file';
COMMENT ON COLUMN script_cuts.name IS 'name of the file';
COMMENT ON COLUMN script_cuts.duration_s IS 'length, s';
COMMENT ON COLUMN script_cuts.hashes IS '64-bit hashes of its keyframes in order, hex';
COMMENT ON COLUMN script_cuts.added_by IS 'who added it';
COMMENT ON COLUMN script_cuts.added_at IS 'when, UTC';
