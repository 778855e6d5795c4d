"""The page of scripts: what a client sees, nothing that is run, nothing that is fetched."""

import re
from pathlib import Path

import pytest

from tests.scripts.samples import HOSTILE, PLAIN, WORLD
from vtlib.run.pages import write_script_page
from vtlib.scripts import comments
from vtlib.scripts import store as scripts
from vtlib.scripts.store import Making, Move, ScriptHome
from vtlib.store import people
from vtlib.store.project import Project


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    (tmp_path / "params").mkdir()
    store = Project.open("p", home=str(tmp_path)).store
    people.ensure_project(store, "p", now=Project.open("p").workspace.now())
    for script in (PLAIN, WORLD, HOSTILE):
        made = scripts.create(store, script, Making("Annika"), place=ScriptHome(project="p"))
    comments.add(store, made, "Too <i>slow</i>", by="Bertram", place=(None, "b1", None))
    scripts.set_status(store, made, Move("review", "Annika"))
    return tmp_path


def page(home: Path, profile: str, **report: object) -> str:
    project = Project.open("p", home=str(home), profile=profile, report=report)
    return write_script_page(project, home / "s.html").read_text()


def test_every_script_is_on_the_board_and_drawn(home: Path) -> None:
    body = page(home, "analyst")
    assert "3 scripts: 2 draft, 1 review." in body
    assert body.count('class="vt-card"') == 3
    assert body.count("<svg") == 6
    assert "Kitchen" in body
    assert "Bertram on version 1, b1: Too &lt;i&gt;slow&lt;/i&gt;" in body


@pytest.mark.parametrize("profile", ["analyst", "client"])
def test_nothing_is_run_or_fetched(home: Path, profile: str) -> None:
    body = page(home, profile)
    assert "<script>alert" not in body
    assert "default-src" in body
    assert not re.search(r'(?:src|href)="(?!#|scripts\.html)[^"]+"', body)


def test_a_client_sees_neither_people_nor_comments(home: Path) -> None:
    body = page(home, "client", client_shows=["drafts"])
    assert "Quiet evenings" in body
    for word in ("Annika", "Bertram", "Too &lt;i&gt;"):
        assert word not in body


def test_a_client_is_shown_drafts_only_where_the_project_says_so(home: Path) -> None:
    body = page(home, "client")
    assert "Quiet evenings" not in body
    assert "No script is approved yet." in body


def test_a_script_that_names_a_stranger_is_withheld_text_by_text(home: Path) -> None:
    shown = page(home, "client", client_shows=["drafts"])
    assert "Kitchen" in shown
    store = Project.open("p", home=str(home)).store
    rival = {"platform": "tiktok", "handle": "quiet_evenings", "role": "competitor"}
    people.add_accounts(store, "p", [rival], now=Project.open("p").workspace.now())
    body = page(home, "client", client_shows=["drafts"])
    text = body.split("</style>")[1].split("<script>")[0]
    assert "not shown: it names a creator" in text
    assert "Quiet evenings" not in text
    assert "quiet-evenings" not in text
    assert "Kitchen" in text
    assert "Quiet evenings" in page(home, "client", client_shows=["drafts"], creators="named")


def test_without_scripts_the_page_says_so(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    (tmp_path / "params").mkdir()
    assert "No scripts yet: vt script create." in page(tmp_path, "analyst")
