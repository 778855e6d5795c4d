"""In a browser every button of the desk is pressed, and the database is looked at after each."""

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.desk.desk_home import workspace
from tests.desk.lab_server import BROWSER, CHROMIUM, FLAGS, free_port
from vtlib.core.models import REASONS
from vtlib.jobs import queue
from vtlib.jobs.job import Job
from vtlib.performance import store as performance
from vtlib.scripts import queries
from vtlib.scripts import store as scripts
from vtlib.scripts.script import PlannedBeat, Script
from vtlib.scripts.store import Making, Move, ScriptHome
from vtlib.store.project import Project
from vtlib.store.writes import save

pytestmark = BROWSER
LATEST = "SELECT decision, reason FROM reviews ORDER BY decided_at DESC, post_id LIMIT 1"


def _script(project: Project, title: str, *moves: str) -> str:
    beats = (
        PlannedBeat("b1", "hook", duration_s=2.0, spoken="Look", visual="A lid"),
        PlannedBeat("b2", "cta", duration_s=2.0, spoken="Buy one"),
    )
    home = ScriptHome(project="p")
    name = scripts.create(project.store, Script(title, beats=beats), Making("Ann"), place=home)
    for status in moves:
        scripts.set_status(project.store, name, Move(status, "Ann"))
    return name


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """30 posts, 14 drafts, a produced script with two proposals, and a fit."""
    project = workspace(tmp_path_factory.mktemp("walk"), n=30)
    for n in range(14):
        _script(project, f"Draft {n:02}")
    made = _script(project, "Calm lid", "review", "approved", "in_production", "produced")
    facts = {"project_id": "p", "script_id": made, "version": 1, "reasons": [], "evidence": {}}
    rows = [{**facts, "post_id": f"tiktok:{n}", "probability": 0.5, "method": "m"} for n in (8, 9)]
    performance.save_proposals(project.store, "p", rows)
    fit = {"post_id": "tiktok:5", "product_id": "acme/core-deck", "project_id": "p", "score": 4.0}
    fit |= {
        "fit_id": "f",
        "judged_at": dt.datetime(2026, 3, 3),
        "created_at": dt.datetime(2026, 3, 3),
    }
    older = "UPDATE posts SET posted_at = posted_at - to_days(20 + native_id::INTEGER)"
    with project.store.write() as connection:
        connection.execute(older)  # old enough to be judged live
        names = [c[0] for c in connection.execute("DESCRIBE fits").fetchall()]
        save(connection, "fits", [{k: v for k, v in fit.items() if k in names}], key=["post_id"])
    csv = "url,views,date\nhttps://www.tiktok.com/@u/video/7397388276279102726,10,2026-03-01\n"
    (project.workspace.root / "posts.csv").write_text(csv)
    return project


@pytest.fixture(scope="module")
def walk(project: Project) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    port = free_port()
    words = ["desk", "p", "--by", "Zoe", "--port", str(port), "--no-browser"]
    log = project.workspace.root / "desk.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-c", "from vtlib.cli import main; main()", *words],
            env={**os.environ, "VT_HOME": str(project.workspace.root)},
            stdout=subprocess.DEVNULL,
            stderr=out,
            start_new_session=True,
        )
    end = time.monotonic() + 60
    while "running at" not in log.read_text() and time.monotonic() < end:
        time.sleep(0.1)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(30_000)
        page.goto(f"http://127.0.0.1:{port}", wait_until="domcontentloaded")
        page.wait_for_selector(".vt-desk .vt-poster", timeout=90_000)
        yield Walk(page, project)
        browser.close()
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)


class Walk:
    """A person who presses buttons, and notes which there are and which were pressed."""

    def __init__(self, page: Any, project: Project) -> None:
        self.page, self.project = page, project
        self.offered: set[str] = set()
        self.pressed: set[str] = set()

    def look(self) -> None:
        """Note the buttons that can be seen and pressed."""
        texts = self.page.evaluate(
            "() => [...document.querySelectorAll('.vt-desk .vt-button, .vt-desk .vt-step')]"
            ".filter(e => e.offsetParent && !e.disabled && !e.classList.contains('vt-card'))"
            ".map(e => e.textContent.trim())"
        )
        self.offered |= {_kind(t) for t in texts if not t.endswith("…")}

    def press(self, name: str, *, nth: int = 0, says: str = "") -> None:
        """Press a button that is visible; `says`: wait for these words in the message.

        Half a second after the last: the desk drops presses that queued up while a button worked.
        """
        time.sleep(0.5)
        self.look()
        button = self.page.locator(".vt-desk button:visible").filter(
            has_text=re.compile(rf"^\s*{re.escape(name)}\s*$")
        )
        button.nth(nth).click()
        self.pressed.add(_kind(name))
        if says:
            from playwright.sync_api import expect

            said = self.page.locator(".vt-said:visible")
            expect(said.filter(has_text=says).first, str(said.all_inner_texts())).to_be_visible(
                timeout=30_000
            )
        self.look()

    def see(self, name: str) -> None:
        """Open a view, or a side of the script."""
        tabs = self.page.locator(".vt-tabs button:visible")
        tabs.filter(has_text=re.compile(rf"^\s*{name}\s*$")).first.click()
        time.sleep(0.5)
        self.look()

    def write(self, label: str, text: str, *, nth: int = 0) -> None:
        """Write into a field, and leave it."""
        fields = self.page.get_by_label(label, exact=True).and_(
            self.page.locator("input:visible, textarea:visible")
        )
        field = fields.nth(nth)
        field.fill(text)
        field.blur()
        time.sleep(0.3)

    def brush(self) -> str:
        """Drag over the chart, again while it is still being drawn; what the panel then says."""
        words = self.page.locator(".vt-quiet:visible", has_text="in the brush")
        for _ in range(8):
            box = self.page.locator(".vega-embed svg:visible").bounding_box()
            self.page.mouse.move(box["x"] + 80, box["y"] + 120)
            self.page.mouse.down()
            self.page.mouse.move(box["x"] + box["width"] - 10, box["y"] + 330, steps=8)
            self.page.mouse.up()
            time.sleep(2)
            if words.count():
                break
        return "".join(words.all_inner_texts())

    def rows(self, sql: str, expected: list, *, least_s: float = 25) -> None:
        """Wait until a query gives these rows; fails with what it gives."""
        end = time.monotonic() + least_s
        while True:
            rows = [list(r) for r in self.project.store.query(sql).to_numpy().tolist()]
            if rows == expected or time.monotonic() > end:
                break
            time.sleep(0.3)
        assert rows == expected


def _kind(text: str) -> str:
    text = re.sub(r"\d+ more of \d+", "more", text.replace("Pause all", "Play all"))
    return re.sub(r"^Back to .*", "Back to", text)


@pytest.mark.timeout(400)
def test_outliers(walk: Walk) -> None:
    walk.press("More ›")
    walk.rows("SELECT (place->'wish'->>'page')::INT FROM desk_places", [[2]])
    walk.press("‹ Back")
    walk.rows("SELECT (place->'wish'->>'page')::INT FROM desk_places", [[1]])
    walk.press("Open")
    walk.press("Keep", says="Kept: tiktok:1")
    walk.rows(LATEST, [["keep", None]])
    for digit, reason in enumerate(REASONS, 1):
        walk.press(f"{digit} {reason}", says=f"Rejected, {reason}")
        walk.rows(LATEST, [["reject", reason]])
    walk.press("Undo", says="Taken back")
    walk.rows("SELECT count(*) FROM reviews", [[len(REASONS)]])
    walk.press("Skip")
    walk.rows("SELECT place->>'post_id' FROM desk_places", [["tiktok:8"]])
    walk.write("Board", "hooks", nth=-1)
    walk.press("Put on board", nth=-1, says="on the board hooks")
    walk.rows("SELECT post_id, tag FROM post_tags", [["tiktok:8", "hooks"]])
    walk.press("Take off", says="off the board")
    walk.rows("SELECT count(*) FROM post_tags", [[0]])
    walk.press("Beside an ordinary post", says="Beside it")
    for step in ("Play all", "From the start", "− 1 s", "+ 1 s"):
        if walk.page.locator(".vt-step:visible").count():
            walk.press(step)
    walk.press("End side by side")
    walk.write("Notes", "a note without a decision")
    walk.press("Skip", says="not saved yet")
    walk.press("Stay")
    walk.press("Skip", says="not saved yet")
    walk.press("Discard")
    walk.rows("SELECT place->>'post_id' FROM desk_places", [["tiktok:9"]])
    walk.press("Open")
    walk.write("Notes", "the first words")
    walk.press("Skip", says="not saved yet")
    walk.press("Save")
    walk.rows("SELECT notes FROM reviews WHERE post_id = 'tiktok:1'", [["the first words"]])
    walk.press("Close")
    walk.rows("SELECT place->>'post_id' FROM desk_places", [[""]])
    walk.page.get_by_text("More filters and saved views").click()
    walk.write("Save this view as", "mine")
    walk.press("Save view", says="Saved as mine")
    walk.rows("SELECT name, person FROM desk_views", [["mine", "Zoe"]])
    walk.press("Remove view", says="mine is removed")
    walk.rows("SELECT count(*) FROM desk_views", [[0]])
    walk.write("Search", "nowhere")
    walk.rows("SELECT place->'wish'->>'search' FROM desk_places", [["nowhere"]])
    walk.press("Clear filters")
    walk.rows("SELECT place->'wish'->>'search' FROM desk_places", [[""]])
    assert walk.offered >= {"Keep", "Skip", "Select this page"}


@pytest.mark.timeout(400)
def test_many_posts(walk: Walk) -> None:
    walk.press("Select this page")
    walk.press("Select none")
    ticks = walk.page.locator(".vt-posters input[type=checkbox]:visible")
    walk.page.wait_for_function(
        "() => !document.querySelector('.vt-posters input[type=checkbox]:checked')"
    )
    for n in (8, 9):
        ticks.nth(n).check()
    walk.press("Keep all", says="Kept: 2 posts")
    walk.rows(LATEST, [["keep", None]])
    for n in (8, 9):
        ticks.nth(n).check()
    walk.press("Reject all", says="Rejected: 2 posts")
    walk.rows("SELECT count(*) FROM reviews WHERE decision = 'reject'", [[len(REASONS) + 1]])
    for n in (0, 10):
        ticks.nth(n).check()
    walk.write("Board", "both")
    walk.press("Put on board", says="2 posts on the board both")
    walk.rows("SELECT count(*) FROM post_tags WHERE tag = 'both'", [[2]])
    walk.press("Side by side", says="2 posts side by side")
    for step in ("Play all", "From the start", "− 1 s", "+ 1 s"):
        walk.press(step)
    walk.press("End side by side")
    walk.press("Fetch videos", says="Fetching 2 posts")
    walk.rows("SELECT decision FROM reviews WHERE post_id = 'tiktok:11'", [["keep"]])
    walk.press("Ask a model", says="Press Ask a model again")
    walk.press("Ask a model", says="Asking about 2 posts")
    walk.press("Scripts from these", says="2 scripts, drafts")
    walk.rows(
        "SELECT post_id FROM scripts WHERE post_id IS NOT NULL ORDER BY 1",
        [["tiktok:1"], ["tiktok:11"]],
    )
    assert "Scripts from these" in walk.pressed


@pytest.mark.timeout(400)
def test_judging_and_products_and_table(walk: Walk) -> None:
    walk.see("Judging")
    walk.press("As the project has it", says="The sliders stand")
    handle = walk.page.locator(".vt-sliders .noUi-handle").first
    handle.focus()
    walk.page.keyboard.press("ArrowRight")
    walk.page.get_by_text("In the YAML").wait_for()
    assert "in the brush" in walk.brush()
    walk.press("Judge the project by these", says="Judged:")
    walk.rows(
        "SELECT name, is_trial FROM outlier_runs ORDER BY created_at DESC LIMIT 1",
        [["breakout_p=0.02", False]],
    )
    walk.press("Open")
    walk.rows("SELECT place->>'view' FROM desk_places", [["outliers"]])
    walk.see("Products")
    walk.press("Dashboard of the brand", says="is being drawn")
    walk.press("Open this video")
    walk.rows("SELECT place->>'post_id' FROM desk_places", [["tiktok:5"]])
    walk.see("Table")
    walk.write("File", "posts.csv")
    walk.press("Show its columns", says="Nothing is stored yet")
    walk.press("Store these posts", says="1 post in")
    walk.rows(
        "SELECT count(*) FROM project_posts WHERE post_id = 'tiktok:7397388276279102726'", [[1]]
    )
    assert {"Store these posts", "Open this video"} <= walk.pressed


@pytest.mark.timeout(400)
def test_a_script(walk: Walk, project: Project) -> None:
    name = _script(project, "Walked")
    version = "SELECT current_version FROM scripts WHERE title = 'Walked'"
    walk.see("Outliers")
    walk.press("Open")
    walk.write("Title of the script", "From a post")
    walk.press("Write a script", says="version 1, a draft")
    walk.rows("SELECT count(*) FROM scripts WHERE title = 'From a post'", [[1]])
    walk.write("Find a script", "Walked")
    walk.page.get_by_label("Script", exact=True).select_option(label="Walked · draft · v1")
    walk.page.get_by_role("heading", name="Walked").first.wait_for()
    walk.write("Spoken", "Look here")
    walk.press("Save beat", says="Saved as version 2")
    walk.press("Add after", says="version 3")
    walk.press("Earlier", says="version 4")
    walk.press("Later", says="version 5")
    walk.press("Remove", says="version 6")
    walk.rows(version, [[6]])
    walk.page.get_by_label("Beats", exact=True).select_option(index=0)
    walk.write("Spoken", "Thrown away")
    walk.press("Discard", says="Changes discarded")
    walk.write("Spoken", "Mine")
    _their_edit(project, name)
    walk.press("Save beat", says="changed the same")
    walk.press("Save mine over it", says="Saved as version 8")
    walk.rows(version, [[8]])
    walk.write("Spoken", "Unsaved")
    walk.see("Board")
    walk.see("Script")
    assert walk.page.get_by_label("Spoken", exact=True).input_value() == "Unsaved"
    walk.press("Discard", says="Changes discarded")
    walk.write("New comment", "shorter")
    walk.press("Comment", says="Commented")
    walk.rows("SELECT body, resolved_by FROM script_comments", [["shorter", None]])
    walk.press("Resolve", says="Resolved.")
    walk.rows("SELECT body, resolved_by FROM script_comments", [["shorter", "Zoe"]])
    _sides(walk, name)


def _their_edit(project: Project, name: str) -> None:
    """Another person changes the first beat's words meanwhile."""
    row = queries.get(project.store, name)
    first, *rest = row["script"].beats
    script = replace(row["script"], beats=(replace(first, spoken="Theirs"), *rest))
    making = Making("Ann", "other")
    scripts.add_version(project.store, name, script, making, base_version=row["version"])


def _sides(walk: Walk, name: str) -> None:
    """Facts, text, documents, planning and moves of the open script."""
    walk.see("Planning")
    walk.write("Person", "Ann")
    walk.press("Assign", says="Ann is writer")
    walk.rows("SELECT person, role FROM script_people", [["Ann", "writer"]])
    walk.press("Take away", says="no longer writer")
    walk.rows("SELECT count(*) FROM script_people", [[0]])
    walk.write("Due", "2026-05-02")
    walk.press("Set dates", says="due 2026-05-02")
    walk.rows("SELECT due_on::VARCHAR FROM scripts WHERE title = 'Walked'", [["2026-05-02"]])
    walk.see("Client")
    walk.press("Page for the client", says="comment on it (version 8)")
    walk.rows("SELECT version, shared_by FROM shared_scripts", [[8, "Zoe"]])
    with walk.page.expect_file_chooser() as dialog:
        walk.press("Client's answer (0)")
    dialog.value.set_files({"name": "a.json", "mimeType": "application/json", "buffer": b"{}"})
    walk.page.locator(".vt-said:visible", has_text="Import the file").first.wait_for()
    walk.see("Facts")
    walk.write("Audience", "cooks")
    walk.press("Save facts", says="Saved as version 9")
    walk.write("New claim", "It lasts")
    walk.press("Add claim", says="Saved as version 10")
    walk.write("Cleared by, and why", "legal: fine")
    walk.press("Clear claim", says="Saved as version 11")
    walk.rows("SELECT current_version FROM scripts WHERE title = 'Walked'", [[11]])
    walk.see("Whole text")
    area = walk.page.get_by_label("Markdown", exact=True)
    text = area.input_value()
    walk.write("Markdown", text.replace("Buy one", "Buy two"))
    walk.press("Save text", says="version 12")
    walk.write("Markdown", area.input_value().replace("Buy two", "Buy three"))
    walk.press("Save as a new script")
    walk.rows("SELECT count(*) FROM scripts WHERE title = 'Walked'", [[2]])
    walk.see("Documents")
    walk.press("Export", says="written")
    assert list((walk.project.workspace.outputs / "scripts").rglob("*.pdf"))
    assert name


@pytest.mark.timeout(400)
def test_the_board(walk: Walk, project: Project) -> None:
    walk.see("Board")
    more = walk.page.locator(".vt-column button:visible", has_text=re.compile(r"more of")).first
    n_cards = walk.page.locator(".vt-column .vt-button.vt-card:visible").count()
    walk.look()
    more.click()
    walk.pressed.add("more")
    walk.page.wait_for_function(
        f"() => document.querySelectorAll('.vt-column .vt-button.vt-card').length > {n_cards}"
    )
    walk.press("Link", says="linked to")
    walk.rows("SELECT post_id FROM publications", [["tiktok:8"]])
    walk.write("Reason", "not ours", nth=-1)
    walk.press("Refuse", says="refused for")
    walk.rows("SELECT count(*) FROM match_decisions WHERE decision = 'refuse'", [[1]])
    card = walk.page.locator(".vt-column .vt-button.vt-card", has_text="Draft 05")
    status = "SELECT status FROM scripts_current WHERE title = 'Draft 05'"
    target = walk.page.locator(".vt-column.vt-to-review")
    card.drag_to(target)
    walk.rows(status, [["review"]])
    walk.write("Reason", "not yet")
    walk.press("Back to draft", says="review to draft")
    walk.rows(status, [["draft"]])
    for verb, to in (
        ("Send to review", "review"),
        ("Approve", "approved"),
        ("Start production", "in_production"),
        ("Mark produced", "produced"),
    ):
        walk.press(verb)
        walk.rows(status, [[to]])
    walk.write("Reason", "over")
    walk.press("Open script")
    walk.rows("SELECT place->>'view' FROM desk_places", [["script"]])
    walk.see("Planning")
    walk.write(
        "Link of the post that came of it", "https://www.tiktok.com/@u/video/7106594312292453675"
    )
    walk.press("Link post", says="came of")
    walk.rows(status, [["published"]])
    walk.write("Reason", "over")
    walk.press("Archive", says="published to archived")
    walk.rows("SELECT status FROM scripts_current WHERE title = 'Draft 05'", [["archived"]])


@pytest.mark.timeout(400)
def test_jobs_come_by_themselves_and_are_paused(walk: Walk, project: Project) -> None:
    """A job of another process is listed without a press; a pause is a row."""
    row = queue.do_here(project.workspace, Job("judge", "p", by="Ben"))
    walk.page.get_by_text("judge, the last: ok").wait_for(timeout=90_000)
    walk.press("Show jobs")
    walk.page.get_by_text("added by Ben").wait_for()
    walk.press("Pause jobs", says="are paused")
    walk.rows("SELECT project_id, paused_by FROM job_pauses", [["p", "Zoe"]])
    walk.press("Resume jobs", says="go on")
    walk.rows("SELECT count(*) FROM job_pauses", [[0]])
    walk.press("Hide jobs")
    assert row["status"] == "ok"


def test_every_button_that_was_there_was_pressed(walk: Walk) -> None:
    assert len(walk.pressed) > 45
    assert walk.offered - walk.pressed == set()
