-- Roles of a team on PostgreSQL, made again whenever this runs: what a person may do, held by the server itself, whatever
-- program they use. vt_viewer reads; vt_editor writes too, but cannot approve; vt_approver approves; vt_client sees the
-- published reports of its brands (members of vt_brand_<brand>) and nothing else.

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['vt_viewer', 'vt_editor', 'vt_approver', 'vt_client'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;
END $$;
GRANT vt_viewer TO vt_editor;
GRANT vt_editor TO vt_approver;

REVOKE ALL ON SCHEMA viraltracker FROM PUBLIC;
GRANT USAGE ON SCHEMA viraltracker TO vt_viewer, vt_client;
GRANT SELECT ON ALL TABLES IN SCHEMA viraltracker TO vt_viewer;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA viraltracker TO vt_viewer, vt_client;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA viraltracker TO vt_editor;
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA viraltracker TO vt_editor;
GRANT SELECT ON viraltracker.schema_migrations TO vt_client;
-- The schema is its owner's; predictions are frozen, and the log of statuses is only added to.
REVOKE INSERT, UPDATE, DELETE ON viraltracker.schema_migrations FROM vt_editor;
REVOKE UPDATE, DELETE ON viraltracker.predictions FROM vt_editor;
REVOKE UPDATE ON viraltracker.script_status_changes FROM vt_editor;

-- Tables and schemas that this database may have.
DO $$
BEGIN
    IF to_regclass('viraltracker.site_people') IS NOT NULL THEN  -- digests of passwords
        REVOKE ALL ON viraltracker.site_people FROM vt_viewer, vt_editor;
        GRANT SELECT, INSERT, UPDATE, DELETE ON viraltracker.site_people TO vt_approver;
    END IF;
    IF to_regnamespace('queue') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA queue TO vt_viewer;
        GRANT SELECT ON ALL TABLES IN SCHEMA queue TO vt_viewer;
        GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO vt_editor;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA queue TO vt_editor;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION viraltracker.may_approve() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT pg_has_role(current_user, 'vt_approver', 'member')
$$;

-- Whether the last word on a version is that it is approved. A status change is only ever added.
CREATE OR REPLACE FUNCTION viraltracker.is_approved(script varchar, number bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT to_status = 'approved' FROM viraltracker.script_status_changes
        WHERE script_id = script AND version = number AND to_status IN ('draft', 'review', 'approved', 'archived')
        ORDER BY changed_at DESC LIMIT 1
    ), false)
$$;

-- The log itself: an approval is an approver's, under their own name, and stays. A trigger and no policy, since COPY, by
-- which rows come, does not work on a table with policies.
CREATE OR REPLACE FUNCTION viraltracker.guard_approvals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change viraltracker.script_status_changes := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    is_owner boolean := pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'usage');
BEGIN
    IF change.to_status = 'approved' AND NOT is_owner AND NOT (
        viraltracker.may_approve() AND (TG_OP = 'DELETE' OR change.changed_by = current_user)
    ) THEN
        RAISE EXCEPTION 'only an approver may approve or take it back, under their own name'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN change;
END $$;
DROP TRIGGER IF EXISTS guard_approvals ON viraltracker.script_status_changes;
CREATE TRIGGER guard_approvals BEFORE INSERT OR DELETE ON viraltracker.script_status_changes
    FOR EACH ROW EXECUTE FUNCTION viraltracker.guard_approvals();

-- At the commit: what says that it is approved, or further, was approved by somebody who may.
CREATE OR REPLACE FUNCTION viraltracker.require_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ahead text[] := ARRAY['approved', 'in_production', 'produced', 'published'];
    number bigint;
BEGIN
    IF viraltracker.may_approve() THEN RETURN NULL; END IF;
    -- The rows as they are now: NEW may have been changed again.
    FOR number IN
        SELECT approved_version FROM viraltracker.scripts WHERE script_id = NEW.script_id AND approved_version IS NOT NULL
        UNION SELECT current_version FROM viraltracker.scripts WHERE script_id = NEW.script_id AND status = ANY (ahead)
        UNION SELECT version FROM viraltracker.script_versions WHERE script_id = NEW.script_id AND status = ANY (ahead)
    LOOP
        IF NOT viraltracker.is_approved(NEW.script_id, number) THEN
            RAISE EXCEPTION 'only an approver may approve version % of %', number, NEW.script_id
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- An approved version keeps its words and stays; a forecast is no word of it.
CREATE OR REPLACE FUNCTION viraltracker.keep_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT viraltracker.may_approve() AND viraltracker.is_approved(OLD.script_id, OLD.version) THEN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'only an approver may delete version % of %', OLD.version, OLD.script_id
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF (NEW.script_id, NEW.version, NEW.content) IS DISTINCT FROM (OLD.script_id, OLD.version, OLD.content)
            OR NEW.structure::jsonb - 'prediction' IS DISTINCT FROM OLD.structure::jsonb - 'prediction' THEN
            RAISE EXCEPTION 'only an approver may change version % of %', OLD.version, OLD.script_id
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

DROP TRIGGER IF EXISTS require_approval ON viraltracker.scripts;
DROP TRIGGER IF EXISTS require_approval ON viraltracker.script_versions;
DROP TRIGGER IF EXISTS keep_approved ON viraltracker.script_versions;
CREATE CONSTRAINT TRIGGER require_approval AFTER INSERT OR UPDATE ON viraltracker.scripts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION viraltracker.require_approval();
CREATE CONSTRAINT TRIGGER require_approval AFTER INSERT OR UPDATE ON viraltracker.script_versions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION viraltracker.require_approval();
CREATE TRIGGER keep_approved BEFORE UPDATE OR DELETE ON viraltracker.script_versions
    FOR EACH ROW EXECUTE FUNCTION viraltracker.keep_approved();

-- The brand of a project, which a client may not look up, and whether it is one of theirs.
CREATE OR REPLACE FUNCTION viraltracker.is_of_my_brand(project varchar) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = viraltracker AS $$
    SELECT EXISTS (
        SELECT FROM projects AS p JOIN pg_roles AS r ON r.rolname = 'vt_brand_' || p.brand_id
        WHERE p.project_id = project AND pg_has_role(session_user, r.oid, 'member')
    )
$$;

DO $$
BEGIN
    IF to_regclass('viraltracker.published_runs') IS NOT NULL THEN
        GRANT SELECT ON viraltracker.published_runs TO vt_client;
        REVOKE INSERT, UPDATE, DELETE ON viraltracker.published_runs FROM vt_editor;
        GRANT INSERT, UPDATE, DELETE ON viraltracker.published_runs TO vt_approver;
        ALTER TABLE viraltracker.published_runs ENABLE ROW LEVEL SECURITY;
        DROP POLICY IF EXISTS team ON viraltracker.published_runs;
        DROP POLICY IF EXISTS clients ON viraltracker.published_runs;
        -- Approvers, who publish, pass by policies (BYPASSRLS): COPY does not work with them.
        CREATE POLICY team ON viraltracker.published_runs FOR SELECT TO vt_viewer USING (true);
        CREATE POLICY clients ON viraltracker.published_runs FOR SELECT TO vt_client
            USING (viraltracker.is_of_my_brand(project_id));
    END IF;
END $$;
