"""The page that a client answers on, in a real browser: from the form down to the tables."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.desk.lab_server import BROWSER, CHROMIUM, FLAGS
from tests.scripts.samples import HOSTILE, PLAIN, WORLD
from vtlib.report.facts import Page
from vtlib.report.review_page import review_page
from vtlib.scripts import reviews, store
from vtlib.scripts.store import Making, Move, ScriptHome
from vtlib.store import catalog, people
from vtlib.store.project import Project

TIMED = replace(WORLD, call_to_action="Visit", claims=())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review")
    (folder / "params").mkdir()
    (folder / "params" / "p.yaml").write_text("project: p\nis_simulated: true\n")
    project = Project.open("p", home=str(folder))
    catalog.create_brand(project.store, "Acme")
    catalog.create_product(project.store, "acme", {"name": "Core Deck"})
    people.ensure_project(project.store, "p", brand="acme")
    for key, script in (("quiet", PLAIN), ("world", TIMED), ("hostile", HOSTILE)):
        place = ScriptHome("core-deck", "p")
        store.create(project.store, script, Making("Ann"), place=place, script_id=key)
        store.set_status(project.store, key, Move("review", "Ann"))
    return folder


def vt(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = "from vtlib.cli import main; main()"
    command = [sys.executable, "-c", code, *words]
    env = {"VT_HOME": str(home), "PATH": "", "PYTHONPATH": ":".join(sys.path), "VT_PERSON": "Ann"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not shutil.which("chromium"):
        pytest.skip("Chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Open the page at a path; what it complains of or asks for stands in `.heard`."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)

    def page_at(path: Path) -> Any:
        page = context.new_page()
        page.heard = []
        page.on("console", lambda m: page.heard.append(m.text))
        page.on("pageerror", lambda e: page.heard.append(str(e)))
        page.on(
            "request",
            lambda r: page.heard.append(r.url) if r.url.startswith("http") else None,
        )
        page.goto(path.as_uri())
        return page

    yield page_at
    context.close()


def shared(home: Path, key: str) -> Path:
    outcome = vt(home, "script", "share", key, "--mail", "ann@agency.example")
    assert outcome.returncode == 0, outcome.stderr
    return Path(outcome.stdout.splitlines()[0])


def comment(page: Any, number: int, text: str, second: str = "") -> None:
    page.locator(".vt-review-add").nth(number).click()
    note = page.locator(".vt-review-note").last
    note.locator("textarea").fill(text)
    note.locator("input").fill(second)


@pytest.mark.browser
@pytest.mark.skipif(*BROWSER[1].args, **BROWSER[1].kwargs)
def test_what_a_client_fills_in_comes_into_the_tables(
    home: Path, opened: Any, tmp_path: Path
) -> None:
    page = opened(shared(home, "quiet"))
    comment(page, 1, "The card turns too late. <b>Sooner</b>", "4.2")
    comment(page, 3, "مرحبا 🎬 lovely")
    page.click("#review-save")
    assert page.locator("#review-status").inner_text() == "Please write your name."
    page.fill("[name=reviewer]", "Mia of Acme")
    page.fill("[name=reviewed_on]", "2026-11-28")
    page.check("[value=approve]")
    with page.expect_download() as download:
        page.click("#review-save")
    assert download.value.suggested_filename == "quiet-v1-mia-of-acme.review.json"
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert page.heard == []

    outcomes = [vt(home, "script", "reviews", "import", str(file)) for _ in range(2)]
    assert [o.returncode for o in outcomes] == [0, 0], outcomes[0].stderr
    assert "2 new comments of 2" in outcomes[0].stdout
    assert "taken in already; 0 new comments of 2" in outcomes[1].stdout
    database = Project.open("p", home=str(home)).store
    sql = """SELECT beat_id, at_s, body, author FROM script_comments WHERE script_id = 'quiet'
        ORDER BY beat_id NULLS LAST"""
    assert [[*row.values()] for row in database.rows(sql)] == [
        ["b2", 4.2, "The card turns too late. <b>Sooner</b>", "Mia of Acme"],
        [None, None, "مرحبا 🎬 lovely", "Mia of Acme"],
    ]
    sql = "SELECT status, approved_version FROM scripts WHERE script_id = 'quiet'"
    assert database.query(sql).to_numpy().tolist() == [["approved", 1]]
    sql = """SELECT reviewer, decision, outcome, taken_in_by, came_by FROM script_reviews"""
    expected = ["Mia of Acme", "approve", "approved", "Ann", "file"]
    assert database.query(sql).to_numpy().tolist() == [expected]


@pytest.mark.browser
@pytest.mark.skipif(*BROWSER[1].args, **BROWSER[1].kwargs)
def test_a_mail_holds_the_answer_and_a_long_one_becomes_a_file(
    home: Path, opened: Any, tmp_path: Path
) -> None:
    page = opened(shared(home, "world"))
    page.fill("[name=reviewer]", "Łukasz")
    page.check("[value=send_back]")
    page.click("#review-mail")
    assert "what should change" in page.locator("#review-status").inner_text()
    comment(page, 0, "Zbyt szybko 🎬")
    page.click("#review-mail")
    address = page.get_attribute("#review-address", "href")
    assert address.startswith("mailto:ann@agency.example?subject=Sent%20back")
    mail = tmp_path / "mail.txt"
    mail.write_text(unquote(address.partition("&body=")[2]), encoding="utf-8")
    review = reviews.read_file(mail)
    assert (review.reviewer, review.decision) == ("Łukasz", "send_back")
    assert [n.text for n in review.notes] == ["Zbyt szybko 🎬"]

    comment(page, 1, "x" * 3000)
    with page.expect_download() as download:
        page.click("#review-mail")
    download.value.save_as(tmp_path / "long.json")
    assert len(reviews.read_file(tmp_path / "long.json").notes) == 2


@pytest.mark.browser
@pytest.mark.skipif(*BROWSER[1].args, **BROWSER[1].kwargs)
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
def test_a_hostile_script_is_shown_and_nothing_of_it_runs(
    home: Path, opened: Any, width: int, scheme: str
) -> None:
    page = opened(shared(home, "hostile"))
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    assert page.locator("h1").inner_text() == HOSTILE.title
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert page.locator(".vt-review-beat").count() == 3
    assert page.heard == []


def test_a_title_cannot_end_the_data_of_its_page(home: Path) -> None:
    title = "</script><script>window.hacked=1</script>"
    one = reviews.shared(Project.open("p", home=str(home)).workspace, "quiet")
    html = review_page(replace(one, script=replace(PLAIN, title=title)), page=Page(title))
    assert "<script>window" not in html
    assert len(re.findall("<script", html)) == 2
    assert "connect-src" not in html
    online = unescape(review_page(one, page=Page("x"), post_to="/review/quiet/1"))
    assert "connect-src 'self'" in online


def test_a_version_that_nobody_can_approve_says_so(home: Path) -> None:
    one = reviews.shared(Project.open("p", home=str(home)).workspace, "hostile")
    html = review_page(replace(one, status="draft", can_decide=False), page=Page("x"))
    assert 'value="approve"' not in html
    assert "for your comments" in html
