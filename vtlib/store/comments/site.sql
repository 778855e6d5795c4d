-- What the tables of the site (vt serve) mean.

COMMENT ON TABLE site_people IS 'Who may sign in to the site (human).';
COMMENT ON COLUMN site_people.person IS 'name they sign in with, and that stands on what they decide';
COMMENT ON COLUMN site_people.brand_id IS 'client of this brand, who sees what was published of it; NULL = of the team, who sees all';
COMMENT ON COLUMN site_people.role IS 'viewer (reads), editor (comments, sends back too), approver (approves too)';
COMMENT ON COLUMN site_people.password_hash IS 'argon2 hash of the password; NULL = signed in by the proxy alone';
COMMENT ON COLUMN site_people.invited_by IS 'who invited them';
COMMENT ON COLUMN site_people.invited_at IS 'when, UTC';

COMMENT ON TABLE published_runs IS 'Reports that clients of the brand may read on the site (human).';
COMMENT ON COLUMN published_runs.run_id IS 'the run';
COMMENT ON COLUMN published_runs.project_id IS 'slug of the project';
COMMENT ON COLUMN published_runs.published_by IS 'who published it';
COMMENT ON COLUMN published_runs.published_at IS 'when, UTC';
