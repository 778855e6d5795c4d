"""`vt serve`, `vt mcp`: invitations, publishing, and how they say what is missing."""

import pytest

from vtlib.desk import server
from vtlib.serving import assistant


@pytest.fixture
def client_run(vt, home):
    """A report for clients of a brand, as vt run leaves it."""
    vt("brand", "create", "Acme")
    vt("project", "create", "Spring", "--brand", "acme")
    params = home / "params" / "spring.yaml"
    params.write_text("project: spring\nreport:\n  creators: named\n")
    folder = home / "outputs" / "spring" / "runs" / "20260301T080000Z"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<html></html>")
    from vtlib.store.project import Project

    with Project.open("spring", home=str(home)).store.write() as connection:
        connection.execute(
            "INSERT INTO runs (run_id, project_id, folder, profile, status, started_at) VALUES "
            "('spring-1', 'spring', 'outputs/spring/runs/20260301T080000Z', 'client', 'ok', "
            "TIMESTAMP '2026-03-01 08:00:00')"
        )
    return folder


def test_people_are_invited_listed_and_removed(vt, client_run) -> None:
    first = vt("serve", "invite", "Mia Reed", "--brand", "acme", "--role", "approver", "--json")
    assert first.code == 0
    assert len(first.data["password"]) == 20
    vt("serve", "invite", "Ann", "--no-password")
    rows = vt("serve", "people", "--json").data
    facts = [(r["person"], r["brand_id"], r["role"], r["has_password"]) for r in rows]
    assert facts == [("Ann", None, "viewer", False), ("Mia Reed", "acme", "approver", True)]
    assert "password_hash" not in rows[0]
    assert vt("serve", "remove", "Ann").code == 0
    gone = vt("serve", "remove", "Ann")
    assert (gone.code, "not invited" in gone.err) == (2, True)
    assert vt("serve", "invite", "Zoe", "--brand", "no-such").code == 2


def test_a_report_is_published_by_a_person_and_withdrawn(vt, client_run) -> None:
    assert "nothing yet" in vt("serve", "published").out
    assert vt("serve", "publish", "spring", "--by", "Zoe").code == 0
    (row,) = vt("serve", "published", "--json").data
    assert (row["run_id"], row["published_by"]) == ("spring-1", "Zoe")
    assert "1 report withdrawn" in vt("serve", "withdraw", "spring").out
    assert vt("serve", "withdraw", "spring").code == 2
    wrong = vt("serve", "publish", "autumn")
    assert (wrong.code, "vt run autumn --profile client" in wrong.err) == (2, True)


def test_a_site_that_others_could_reach_does_not_start_open(vt, home) -> None:
    refusal = vt("serve", "--host", "0.0.0.0", "--port", "8799")
    assert refusal.code == 2
    assert "nobody is invited" in refusal.err


@pytest.mark.parametrize("command", ["mcp", "serve"])
def test_without_the_extra_it_says_how_to_get_it(vt, home, monkeypatch, command) -> None:
    monkeypatch.setattr(assistant, "find_spec", lambda _: None)
    outcome = vt(command)
    assert outcome.code == 3
    assert "pip install -e '.[team]'" in outcome.err


def test_the_desk_behind_a_proxy_takes_its_path_and_the_person(tmp_path) -> None:
    assert server._proxy_options("") == []
    options = server._proxy_options("desk")
    assert options == [
        "--Voila.base_url=/desk/",
        "--VoilaConfiguration.http_header_envs=['X-Vt-Person']",
    ]
    code = server._CODE.format(slug="p", home="/home", by="Ann")
    assert 'unquote(os.environ.get("HTTP_X_VT_PERSON", "")) or \'Ann\'' in code
