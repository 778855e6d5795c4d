"""Who may do what on a team's PostgreSQL, tried by the login itself: through the package, and with
psycopg alone, past all of our code.
"""

import json

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.scripts.samples import PLAIN
from vtlib.cli import main
from vtlib.core.errors import BadInput, CredentialsMissing
from vtlib.scripts import store as scripts
from vtlib.scripts.store import Making, Move, ScriptHome
from vtlib.store import catalog, people, roles
from vtlib.store.project import store_at


@pytest.fixture(scope="module")
def team(team_server):
    """The owner's store with a script in review, and a store of each login by its name."""
    store = store_at(team_server.take(), wait_s=10)
    for brand in ("acme", "other"):
        catalog.create_brand(store, brand)
        people.ensure_project(store, f"{brand}-spring", brand=brand)
    script = scripts.create(store, PLAIN, Making("ann"), place=ScriptHome(project="acme-spring"))
    scripts.set_status(store, script, Move("review", "ann"))
    with psycopg.connect(store.url, autocommit=True) as owner:
        for brand in ("acme", "other"):
            row = (f"{brand}-1", f"{brand}-spring")
            owner.execute("INSERT INTO viraltracker.published_runs VALUES (%s, %s)", row)
    logins = {
        "vera": roles.add(store, "vera", "viewer"),
        "eddy": roles.add(store, "eddy", "editor"),
        "anna": roles.add(store, "anna", "approver"),
        "carl": roles.add(store, "carl", "client", brand="acme"),
    }
    urls = {n: url_of(store.url, n, login.password) for n, login in logins.items()}
    yield {"": store, **{name: store_at(url, wait_s=10) for name, url in urls.items()}}, script
    with psycopg.connect(store.url, autocommit=True) as owner:
        for name in (
            *logins,
            "vt_viewer",
            "vt_editor",
            "vt_approver",
            "vt_client",
            "vt_brand_acme",
        ):
            owner.execute(f"DROP OWNED BY {name} CASCADE")
            owner.execute(f"DROP ROLE {name}")


def url_of(url: str, name: str, password: str) -> str:
    return url.replace("postgres@", f"{name}:{password}@")


def raw(store, *statements: str) -> list[tuple]:
    """What a person types into psql, in one transaction; the rows of the last statement."""
    with psycopg.connect(make_conninfo(store.url)) as connection:
        connection.execute("SET search_path = viraltracker")
        for sql in statements:
            cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


CHANGE = "INSERT INTO script_status_changes (script_id, version, to_status, changed_by, changed_at)"
APPROVALS = {
    "a status": "UPDATE script_versions SET status = 'approved' WHERE script_id = '{script}'",
    "a later status": "UPDATE scripts SET status = 'published' WHERE script_id = '{script}'",
    "a number": "UPDATE scripts SET approved_version = 1 WHERE script_id = '{script}'",
    "the log": CHANGE + " VALUES ('{script}', 1, 'approved', 'eddy', now())",
    "the log, as another": CHANGE + " VALUES ('{script}', 1, 'approved', 'anna', now())",
    "an old entry": "UPDATE script_status_changes SET to_status = 'approved'",
    "a new row": "INSERT INTO scripts (script_id, status, current_version, approved_version) "
    "VALUES ('mine', 'approved', 1, 1)",
    "a role": "GRANT vt_approver TO eddy",
    "the trigger": "ALTER TABLE scripts DISABLE TRIGGER ALL",
    "the rule": "CREATE OR REPLACE FUNCTION viraltracker.may_approve() RETURNS boolean "
    "LANGUAGE sql AS 'SELECT true'",
}


@pytest.mark.parametrize("how", APPROVALS)
def test_an_editor_cannot_approve_by_any_statement(team, how: str) -> None:
    stores, script = team
    with pytest.raises(psycopg.Error) as refused:
        raw(stores["eddy"], APPROVALS[how].format(script=script))
    assert refused.value.sqlstate == "42501", "insufficient privilege"
    assert raw(stores[""], f"SELECT status FROM scripts WHERE script_id = '{script}'") == [
        ("review",)
    ]


def test_an_editor_writes_and_is_told_that_an_approver_approves(team) -> None:
    stores, script = team
    catalog.create_brand(stores["eddy"], "Eddy's")
    assert raw(stores[""], "SELECT changed_by FROM brands WHERE name = 'Eddy''s'") != [(None,)]
    with pytest.raises(CredentialsMissing, match="only an approver may approve") as told:
        scripts.set_status(stores["eddy"], script, Move("approved", "eddy"))
    assert told.value.exit_code == 3
    with pytest.raises(CredentialsMissing):
        scripts.set_status(stores["eddy"], script, Move("approved", "anna"))


def test_what_an_approver_approved_keeps_its_words(team) -> None:
    stores, _ = team
    place = ScriptHome(project="acme-spring")
    script = scripts.create(stores["eddy"], PLAIN, Making("eddy"), place=place)
    scripts.set_status(stores["eddy"], script, Move("review", "eddy"))
    with pytest.raises(CredentialsMissing):  # under another's name
        scripts.set_status(stores["anna"], script, Move("approved", "boss"))
    scripts.set_status(stores["anna"], script, Move("approved", "anna"))
    mine = f"WHERE script_id = '{script}'"
    for sql in (
        f"UPDATE script_versions SET content = 'mine' {mine}",
        f"UPDATE script_versions SET structure = '{{}}' {mine}",
        f"DELETE FROM script_versions {mine}",
        f"DELETE FROM script_status_changes {mine} AND to_status = 'approved'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw(stores["eddy"], sql)
    scripts.set_status(stores["eddy"], script, Move("in_production", "eddy"))
    scripts.set_prediction(stores["eddy"], script, {"predicted_ln": 8.0})
    scripts.set_status(stores["eddy"], script, Move("draft", "eddy", reason="words"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):  # it was approved once, no longer
        raw(stores["eddy"], f"UPDATE scripts SET approved_version = 1 {mine}")


def test_a_viewer_reads_and_writes_nothing(team) -> None:
    stores, script = team
    assert stores["vera"].rows("SELECT count(*) AS n FROM scripts")[0]["n"] >= 1
    with pytest.raises(CredentialsMissing):
        catalog.create_brand(stores["vera"], "Mine")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw(stores["vera"], f"DELETE FROM scripts WHERE script_id = '{script}'")


def test_a_client_sees_published_reports_of_their_brand_alone(team) -> None:
    stores, _ = team
    seen = stores["carl"].rows("SELECT run_id FROM published_runs")
    assert [r["run_id"] for r in seen] == ["acme-1"]
    assert raw(stores["carl"], "SELECT run_id FROM published_runs") == [("acme-1",)]
    hidden = raw(stores[""], "SELECT tablename FROM pg_tables WHERE schemaname = 'viraltracker'")
    readable = []
    for (name,) in hidden:
        try:
            raw(stores["carl"], f"SELECT * FROM {name}")
        except psycopg.errors.InsufficientPrivilege:
            continue
        readable.append(name)
    assert sorted(readable) == ["published_runs", "schema_migrations"]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw(stores["carl"], "INSERT INTO published_runs VALUES ('x', 'acme-spring')")


def test_an_editor_publishes_nothing(team) -> None:
    stores, _ = team
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw(stores["eddy"], "INSERT INTO published_runs VALUES ('x', 'acme-spring')")
    assert raw(stores["anna"], "INSERT INTO published_runs VALUES ('a', 'other-spring')") == [(1,)]


def test_roles_are_listed_and_changed(team) -> None:
    stores, _ = team
    held = {r["login"]: (r["role"], r["brands"]) for r in roles.listing(stores[""])}
    assert held["eddy"] == ("editor", [])
    assert held["carl"] == ("client", ["acme"])
    assert roles.add(stores[""], "vera", "editor").password is None, "an old login keeps its own"
    assert {r["login"]: r["role"] for r in roles.listing(stores[""])}["vera"] == "editor"
    roles.add(stores[""], "vera", "viewer")
    with pytest.raises(BadInput, match="needs a brand"):
        roles.add(stores[""], "dora", "client")
    with pytest.raises(CredentialsMissing):
        roles.add(stores["eddy"], "eve", "approver")


def test_a_refused_login_is_told_so_without_the_password(team) -> None:
    stores, _ = team
    wrong = store_at(stores["eddy"].url.replace("eddy:", "nobody:Sesame-17"), wait_s=1)
    with pytest.raises(CredentialsMissing) as refused:
        wrong.query("SELECT 1")
    assert "Sesame" not in str(refused.value)


def test_a_viewer_watches_and_is_told_that_it_is_not_remembered(
    team, tmp_path, monkeypatch, capsys
) -> None:
    stores, _ = team
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    seen = {}
    for name in ("vera", "eddy", "vera"):
        monkeypatch.setenv("VT_DATABASE", stores[name].url)
        with pytest.raises(SystemExit) as end:
            main(["watch", "acme-spring", "--json"])
        seen[name] = (end.value.code or 0, json.loads(capsys.readouterr().out)["is_remembered"])
    assert seen == {"vera": (0, False), "eddy": (0, True)}
    assert raw(stores[""], "SELECT person FROM alert_readers") == [("eddy",)]
    with pytest.raises(SystemExit):
        main(["watch", "acme-spring"])
    assert "Your login only reads" in capsys.readouterr().out
