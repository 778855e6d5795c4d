"""A report that its client comments on and decides about, without our software: from the form in a
real browser down to the tables, and what an answer may not do.
"""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.desk.lab_server import BROWSER
from tests.report import insight_sample, sample
from tests.report.test_insight_page import written as chapters
from tests.report.test_review_page import browser, opened
from tests.report.test_videos import view
from vtlib.cli import main
from vtlib.core.errors import BadInput, DataCheckFailed
from vtlib.core.language import PageReader, reads
from vtlib.report import review_form, reviews, write_index, write_insight
from vtlib.report.facts import Page
from vtlib.report.insight.actions import Action
from vtlib.report.video_page import write_video
from vtlib.run import copies
from vtlib.scripts.reviews import read, read_file
from vtlib.store import catalog, people
from vtlib.store.data_checks import run_checks
from vtlib.store.project import Project
from vtlib.store.writes import save

__all__ = ["browser", "opened"]  # fixtures of the script's test
STAMPS = ("20260301T080000Z", "20260308T080000Z")
RUN, NEXT = (f"p-{stamp}" for stamp in STAMPS)
VIDEO = "pages/post-0.html"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two client's copies of a project: an index, a video, insight."""
    root = tmp_path_factory.mktemp("report-review")
    (root / "params").mkdir()
    (root / "params" / "p.yaml").write_text("project: p\nis_simulated: true\n")
    project = Project.open("p", home=str(root))
    catalog.create_brand(project.store, "Acme")
    people.ensure_project(project.store, "p", brand="acme")
    for number, stamp in enumerate(STAMPS, 1):
        folder = root / "outputs" / "p" / "runs" / stamp
        page = Page(f"Spring {number}", profile="client", is_simulated=True, root="")
        one = replace(view(0), href=VIDEO)
        steps = (Action("Shoot", sample.HOSTILE), Action("Stop", "Nothing yet"))
        facts = replace(
            *(sample.index_facts(),),
            page=page,
            videos=(one,),
            actions=steps,
            stages=(),
            sections=(),
        )
        write_index(folder, facts=facts)
        write_insight(folder / "insight.html", chapters(insight_sample.facts()), page=page)
        beneath = replace(page, title="Nobody tells you", root="../")
        write_video(folder / VIDEO, one, ordinary=None, is_bounded=True, page=beneath)
        (folder / "run.json").write_text('{"params": "private"}')
        (folder / "media").mkdir()
        (folder / "media" / "clip.mp4").write_bytes(b"clip")
        row = {"run_id": f"p-{stamp}", "project_id": "p", "params": {}, "profile": "client"}
        row |= {"folder": f"outputs/p/runs/{stamp}", "status": "ok"}
        with project.store.write() as connection:
            at = f"2026-03-0{number} 08:00:00"
            save(connection, "runs", [{**row, "started_at": at}], key=["run_id"])
    return root


@pytest.fixture
def project(home: Path) -> Project:
    """The project with its first report shared, and no answers."""
    one = Project.open("p", home=str(home))
    with one.store.write("report") as connection:
        for table in ("shared_reports", "report_reviews", "report_comments"):
            connection.execute(f"DELETE FROM {table}")
    share(one)
    return one


def share(project: Project, run_id: str = RUN) -> reviews.SharedReport:
    copy = copies.client_copy(project.workspace, run_id)
    return reviews.note_shared(project, run_id, copy.folder, by="Ann")


@pytest.fixture
def vt(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """A command in this process: its exit code and what it says."""
    monkeypatch.setenv("VT_HOME", str(home))

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main([*words])
        return int(left.value.code or 0), capsys.readouterr().out

    return run


def answer(project: Project, **changes: Any) -> reviews.ReportReview:
    facts = {
        "form": review_form.FORM,
        "run_id": RUN,
        "pages": reviews.fingerprint(project.workspace.outputs / "p" / "runs" / STAMPS[0]),
        "reviewer": "Mia of Acme",
        "reviewed_on": "2026-11-28",
        "decision": "approve",
        "notes": [],
    }
    return read(json.dumps(facts | changes).encode(), reviews.ReportReview)


def take_in(project: Project, **changes: Any) -> reviews.ReportOutcome:
    return reviews.take_in(project.workspace, answer(project, **changes), by="Ann")


def words(project: Project, ref: str = "p") -> list[tuple[Any, ...]]:
    rows = reviews.comments(project.workspace, ref)
    return [(r["place"], r["at_s"], r["body"], r["author"]) for r in rows]


@pytest.mark.browser
@pytest.mark.skipif(*BROWSER[1].args, **BROWSER[1].kwargs)
def test_what_a_client_fills_in_on_three_pages_comes_into_the_tables(
    vt: Any, project: Project, opened: Any, tmp_path: Path
) -> None:
    code, said = vt("report", "share", RUN, "--out", str(tmp_path / "shared"))
    assert code == 0
    page = opened(Path(said.splitlines()[0]))
    for place, text in ((VIDEO, "Not this one"), ("do-1", "Shoot it in May <b>please</b>")):
        card = page.locator(f"article[data-place='{place}']").first
        card.locator(".vt-review-add").click()
        card.locator("textarea").fill(text)
        assert card.locator("input").is_hidden()  # a second is for the video's own page
    page.locator("#review .vt-review-add").click()
    page.locator("#review textarea").fill("مرحبا 🎬 on the whole")
    page.locator(f"article[data-place='{VIDEO}'] h3 a").click()
    page.locator("#review-count", has_text="3 comments (3 on other pages).").wait_for()
    page.locator(".vt-lanes input[type=range]").fill("4.2")
    page.locator("#review .vt-review-add").click()
    assert page.locator("#review .vt-review-note input").input_value() == "4.2"
    page.locator("#review textarea").fill("Cut here")
    page.locator("#review .vt-review-note input").fill("99")
    page.fill("[name=reviewer]", "Mia of Acme")
    page.fill("[name=reviewed_on]", "2026-11-28")
    page.check("[value=send_back]")
    page.click("#review-save")
    assert page.locator("#review-status").inner_text() == "That second is not there: 0 – 6.0"
    page.locator("#review .vt-review-note input").fill("4.2")
    page.reload()
    assert page.locator("#review textarea").input_value() == "Cut here"
    page.fill("[name=reviewer]", "Mia of Acme")
    page.fill("[name=reviewed_on]", "2026-11-28")
    page.check("[value=send_back]")
    with page.expect_download() as download:
        page.click("#review-save")
    file = tmp_path / download.value.suggested_filename
    assert file.name == f"{RUN}-mia-of-acme.review.json"
    download.value.save_as(file)
    assert page.heard == []

    first, again = (vt("report", "reviews", "import", str(file)) for _ in range(2))
    assert first[0] == again[0] == 0
    assert f"the report {RUN} is sent back by Mia of Acme; 4 new comments of 4" in first[1]
    assert "taken in already; 0 new comments of 4" in again[1]
    assert words(project) == [
        ("", None, "مرحبا 🎬 on the whole", "Mia of Acme"),
        ("do-1", None, "Shoot it in May <b>please</b>", "Mia of Acme"),
        (VIDEO, 4.2, "Cut here", "Mia of Acme"),
        (VIDEO, None, "Not this one", "Mia of Acme"),
    ]
    assert "“Nobody tells you” at 4.2 s" in vt("report", "reviews", "list", "p")[1]
    assert "Mia of Acme answered the report" in vt("report", "p")[1]
    found = run_checks(project.store)
    assert found.loc[found["n"] > 0, "check"].tolist() == []


@pytest.mark.browser
@pytest.mark.skipif(*BROWSER[1].args, **BROWSER[1].kwargs)
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
def test_the_form_fits_and_writes_a_mail(
    project: Project, opened: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    copies.share(copies.client_copy(project.workspace, RUN), tmp_path / "s", by="Ann", mail="a@b.c")
    page = opened(tmp_path / "s" / "index.html")
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.fill("[name=reviewer]", "Łukasz")
    page.check("[value=approve]")
    page.click("#review-mail")
    body = page.get_attribute("#review-address", "href").partition("&body=")[2]
    (tmp_path / "mail.txt").write_text(unescape(body).replace("%3A", ":").replace("%0A", "\n"))
    review = read_file(tmp_path / "mail.txt", reviews.ReportReview)
    assert (review.reviewer, review.run_id, review.decision) == ("Łukasz", RUN, "approve")
    assert page.evaluate("() => window.hacked") is None
    assert page.heard == []


def test_an_approval_of_one_run_approves_no_other(project: Project) -> None:
    share(project, NEXT)
    outcome = take_in(project, notes=[{"place": VIDEO, "at_s": 1, "text": "Good"}])
    assert outcome.later == NEXT
    assert f"{NEXT} was shared since" in outcome.sentence
    rows = reviews.listing(project.workspace, "p")
    assert [(r["run_id"], r["decision"]) for r in rows] == [(RUN, "approve")]
    assert reviews.listing(project.workspace, NEXT) == []
    assert reviews.last_decisions(project.workspace) == {RUN: "approved by Mia of Acme"}
    with pytest.raises(BadInput, match="read otherwise"):  # the answer to the first as to the next
        take_in(project, run_id=NEXT)
    assert len(reviews.listing(project.workspace, "p")) == 1


WRONG = [
    ({"run_id": "other-1"}, "no report other-1 was shared"),
    ({"pages": "0" * 32}, "read otherwise"),
    ({"reviewer": " \u202e\x00 "}, "name of who"),
    ({"reviewer": "x" * 81}, "reviewer"),
    ({"decision": "publish"}, "decision"),
    ({"decision": "comment"}, "neither a comment nor"),
    ({"reviewed_on": "soon"}, "reviewed_on"),
    ({"notes": [{"place": "pages/post-9.html", "text": "x"}]}, "no place 'pages/post-9.html'"),
    ({"notes": [{"place": "../run.json", "text": "x"}]}, "no place"),
    ({"notes": [{"place": "do-3", "text": "x"}]}, "no place"),
    ({"notes": [{"place": VIDEO, "at_s": 6.1, "text": "x"}]}, "ends at 6 s"),
    ({"notes": [{"place": "do-1", "at_s": 1, "text": "x"}]}, "no seconds there"),
    ({"notes": [{"at_s": -1, "text": "x"}]}, "at_s"),
    ({"notes": [{"text": "x" * 4001}]}, "text"),
    ({"notes": [{"text": "x"}] * 301}, "notes"),
    ({"notes": [{"text": "x", "post_id": "tiktok:1"}]}, "post_id"),
    ({"form": "viraltracker-review-1"}, "form"),
    ({"by": "Ann"}, "by"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_a_wrong_answer_says_what_is_wrong_and_writes_nothing(
    project: Project, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        take_in(project, **changes)
    assert words(project) == []
    assert reviews.listing(project.workspace, "p") == []


def test_an_answer_to_pages_that_were_drawn_anew_is_refused_once_they_are_shared(
    project: Project,
) -> None:
    page = project.workspace.outputs / "p" / "runs" / STAMPS[0] / "insight.html"
    before, review = page.read_text(), answer(project)
    try:
        page.write_text(before.replace("</main>", "<p>More</p></main>"))
        reviews.take_in(project.workspace, review, by="Ann")  # what was shared is what was read
        share(project)
        with pytest.raises(BadInput, match="read otherwise"):
            reviews.take_in(project.workspace, review, by="Ann")
    finally:
        page.write_text(before)
    assert len(reviews.listing(project.workspace, RUN)) == 1


def test_a_shared_folder_holds_pages_and_media_and_nothing_else(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copies.client_copy(project.workspace, RUN)
    out = tmp_path / "s"
    for _ in range(2):  # its own folder is written again, another's is not
        copies.share(copy, out, by="Ann")
    files = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert files == [copies.MARK, "index.html", "insight.html", "media/clip.mp4", VIDEO]
    (tmp_path / "x" / "y").mkdir(parents=True)
    with pytest.raises(BadInput, match="holds something else"):
        copies.share(copy, tmp_path / "x", by="Ann")
    for page in (out / "index.html", out / VIDEO):
        text = page.read_text()
        assert unescape(text).count("'sha256-") == 2
        assert "connect-src" not in text
        assert "<script>window" not in text
        assert "tiktok:" not in re.findall(r'id="review-data">(.*?)</script>', text)[0]
    monkeypatch.setattr(copies, "check_copy", lambda *_: [copies.Hit("a", "b", "c", "d", "e")])
    with pytest.raises(DataCheckFailed):
        copies.share(copy, out, by="Ann")
    with pytest.raises(BadInput, match="no report for a client"):
        copies.client_copy(project.workspace, "p-analyst")


def test_the_team_reads_the_answers_on_the_next_index_and_a_client_does_not(
    project: Project, tmp_path: Path
) -> None:
    assert reviews.answer_section(project) == ()
    notes = [{"place": VIDEO, "at_s": 4.2, "text": "<script>alert(1)</script>"}]
    take_in(project, decision="send_back", notes=notes)
    team = Project.open("p", home=str(project.workspace.root), report={"profile": "analyst"})
    (section,) = reviews.answer_section(team)
    assert section.sentences == (f"The report of {RUN} is sent back by Mia of Acme, 28 Nov 2026.",)
    facts = replace(sample.index_facts(), sections=(section,))
    html = write_index(tmp_path, facts=facts).read_text()
    assert "“Nobody tells you” at 4.2 s: &lt;script&gt;alert(1)&lt;/script&gt;" in html
    client = Project.open("p", home=str(project.workspace.root), report={"profile": "client"})
    assert reviews.answer_section(client) == ()


def test_the_form_speaks_the_language_of_its_page(tmp_path: Path) -> None:
    with reads(PageReader("de", "Europe/Berlin")):
        write_index(tmp_path, facts=sample.index_facts())
    html = (tmp_path / "index.html").read_text()
    facts = review_form.FormFacts(
        "p-1", "0" * 32, post_to="/runs/p-1/reviews", decisions=("comment",)
    )
    form = review_form.with_form(html, facts, page="index.html")
    assert "Ihre Antwort" in form
    assert 'value="approve"' not in form
    assert "connect-src 'self'" in unescape(form)
    assert review_form.with_form("<p>bare</p>", facts, page="x.html") == "<p>bare</p>"
