-- What the tables of the site (vt serve) mean.

COMMENT ON TABLE site_people IS 'Who may sign in to the site (human).';
COMMENT ON COLUMN site_people.person IS 'name they sign in with, and that stands on what they decide';
COMMENT ON COLUMN site_people.brand_id IS 'client of this brand, who sees what was published of it; NULL = of the team, who sees all';
COMMENT ON COLUMN site_people.role IS 'viewer (reads), editor (comments, sends back too), approver (approves too)';
COMMENT ON COLUMN site_people.password_hash IS 'argon2 hash of the password; NULL = signed in by the proxy alone';
COMMENT ON COLUMN site_people.invited_by IS 'who invited them';
COMMENT ON COLUMN site_people.invited_at IS 'when, UTC';

COMMENT ON TABLE shared_reports IS 'Reports that were shared with or published for a client, as their pages were then (human).';
COMMENT ON COLUMN shared_reports.run_id IS 'the run';
COMMENT ON COLUMN shared_reports.project_id IS 'slug of the project';
COMMENT ON COLUMN shared_reports.pages IS 'fingerprint of its pages: 32 hex digits; an answer to other pages is refused';
COMMENT ON COLUMN shared_reports.places IS 'what can be commented on: address -> title, of a video length_s (s) and post_id';
COMMENT ON COLUMN shared_reports.shared_by IS 'who shared it';
COMMENT ON COLUMN shared_reports.shared_at IS 'when, UTC';

COMMENT ON TABLE report_reviews IS 'Answers of clients to reports, one row an answer (human).';
COMMENT ON COLUMN report_reviews.review_id IS 'sixteen hex digits of what was answered';
COMMENT ON COLUMN report_reviews.run_id IS 'run that was read; the decision is of this one alone';
COMMENT ON COLUMN report_reviews.project_id IS 'slug of the project';
COMMENT ON COLUMN report_reviews.reviewer IS 'who answered';
COMMENT ON COLUMN report_reviews.decision IS 'approve, send_back, comment';
COMMENT ON COLUMN report_reviews.n_comments IS 'number of its comments';
COMMENT ON COLUMN report_reviews.reviewed_on IS 'day of the answer, as written on it';
COMMENT ON COLUMN report_reviews.came_by IS 'file (a saved answer or mail) or site (vt serve)';
COMMENT ON COLUMN report_reviews.taken_in_by IS 'who took it in; on the site the reviewer';
COMMENT ON COLUMN report_reviews.taken_in_at IS 'when, UTC';

COMMENT ON TABLE report_comments IS 'Comments of clients on places of a report (human).';
COMMENT ON COLUMN report_comments.comment_id IS 'twelve hex digits of who said what where';
COMMENT ON COLUMN report_comments.run_id IS 'run that was read';
COMMENT ON COLUMN report_comments.project_id IS 'slug of the project';
COMMENT ON COLUMN report_comments.place IS 'address of a page or video, do-1 to do-3 = an action of the index; empty = the whole';
COMMENT ON COLUMN report_comments.title IS 'its title on the page that was read';
COMMENT ON COLUMN report_comments.post_id IS 'post of a video; NULL elsewhere';
COMMENT ON COLUMN report_comments.at_s IS 'second of the video; NULL = the whole of it';
COMMENT ON COLUMN report_comments.body IS 'what was written';
COMMENT ON COLUMN report_comments.author IS 'who wrote it';
COMMENT ON COLUMN report_comments.created_at IS 'when it was taken in, UTC';

COMMENT ON TABLE published_runs IS 'Reports that clients of the brand may read on the site (human).';
COMMENT ON COLUMN published_runs.run_id IS 'the run';
COMMENT ON COLUMN published_runs.project_id IS 'slug of the project';
COMMENT ON COLUMN published_runs.published_by IS 'who published it';
COMMENT ON COLUMN published_runs.published_at IS 'when, UTC';
