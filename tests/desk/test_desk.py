"""The desk in JupyterLab, in a real browser: from a breakout to an exported script, and back
after a restart.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.desk.desk_home import workspace
from tests.desk.lab_server import BROWSER, CHROMIUM, FLAGS, ROOT, lab_server, open_notebook, run_all
from vtlib.scripts import comments, queries
from vtlib.store.project import Project

pytestmark = BROWSER
STEP_MS = 30_000


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    home = tmp_path_factory.mktemp("desk")
    (home / "notebooks").mkdir()
    text = (ROOT / "notebooks" / "desk.ipynb").read_text()
    assert 'project = \\"demo\\"' in text
    (home / "notebooks" / "desk.ipynb").write_text(text.replace('\\"demo\\"', '\\"p\\"'))
    return workspace(home)


@pytest.fixture(scope="module")
def lab(project: Project) -> Iterator[str]:
    with lab_server(project.workspace.root) as url:
        yield url


@pytest.fixture(scope="module")
def page(lab: str) -> Iterator[Any]:
    """The desk's notebook, all cells run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1440, "height": 1100})
        opened.set_default_timeout(STEP_MS)
        opened.requested = []
        opened.on("request", lambda r: opened.requested.append(r.url))
        open_notebook(opened, lab, "notebooks/desk.ipynb")
        run_all(opened)
        yield opened
        browser.close()


def press(page: Any, name: str) -> None:
    page.locator(".vt-desk").get_by_role("button", name=name, exact=True).and_(
        page.locator(":visible")
    ).first.click()


def fill(page: Any, label: str, text: str) -> None:
    page.locator(".vt-desk").get_by_label(label).and_(page.locator(":visible")).first.fill(text)


def hears(page: Any, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(".vt-desk .vt-said").first).to_contain_text(text, timeout=60_000)


def words_outlive_other_presses(page: Any, desk: Any, project: Project) -> None:
    from playwright.sync_api import expect

    fill(page, "Visual", "A lid, closed.")  # not saved before the next presses
    fill(page, "New comment", "Too <b>slow</b>")
    press(page, "Comment")
    hears(page, "Commented on b1")
    visual = desk.get_by_label("Visual", exact=True).and_(page.locator(":visible"))
    expect(visual).to_have_value("A lid, closed.")
    press(page, "Send to review")
    hears(page, "not saved yet: Visual")
    press(page, "Stay")
    (script,) = queries.listing(project.store, project="p")
    assert (script["status"], script["version"]) == ("draft", 2)
    expect(visual).to_have_value("A lid, closed.")
    press(page, "Save beat")
    hears(page, "Saved as version 3")


def one_key_each(page: Any, desk: Any, project: Project) -> None:
    """Reject, skip and undo by a key each; none of them while one types."""
    from playwright.sync_api import expect

    page.keyboard.press("2")
    hears(page, "Rejected, not safe for work: tiktok:2")
    page.keyboard.press("s")
    expect(desk.locator(".vt-poster.vt-open ~ .vt-poster-words")).to_have_text("post 4")
    page.keyboard.press("k")
    hears(page, "Kept: tiktok:4")
    page.keyboard.press("u")
    hears(page, "Taken back: kept tiktok:4")
    notes = desk.get_by_label("Notes", exact=True).and_(page.locator(":visible")).first
    notes.press_sequentially("skuk2")
    expect(notes).to_have_value("skuk2")
    notes.fill("")
    notes.press("Tab")
    rows = project.store.query("SELECT post_id, decision, reason FROM reviews ORDER BY 1").fillna(
        ""
    )
    assert rows.to_numpy().tolist() == [
        ["tiktok:1", "keep", ""],
        ["tiktok:2", "reject", "not safe for work"],
    ]
    poster = desk.locator(".vt-poster[data-video]")
    poster.hover()
    expect(poster.locator("video.vt-preview")).to_have_js_property("muted", True)
    page.wait_for_function("() => document.querySelector('video.vt-preview').currentTime > 0")
    page.mouse.move(0, 0)
    expect(poster.locator("video")).to_have_count(0)
    poster.click()
    expect(desk.locator("video.vt-player")).to_be_visible()
    page.keyboard.press("p")
    page.wait_for_function("() => document.querySelector('video.vt-player').currentTime > 0")


@pytest.mark.timeout(300)
def test_from_a_breakout_to_an_exported_script(page: Any, lab: str, project: Project) -> None:
    from playwright.sync_api import expect

    desk = page.locator(".vt-desk").first
    expect(desk.get_by_text("20 posts · page 1 of 1")).to_be_visible(timeout=120_000)

    # By keyboard: Enter opens the post and leaves the focus on Keep; Enter keeps it.
    desk.get_by_role("button", name="Open", exact=True).first.focus()
    page.keyboard.press("Enter")
    keep = desk.get_by_role("button", name="Keep", exact=True)
    expect(keep).to_be_focused(timeout=STEP_MS)
    page.keyboard.type("bdd")  # JupyterLab's keys for cells
    page.keyboard.press("Enter")
    hears(page, "Kept: tiktok:1")
    assert page.locator(".jp-Notebook .jp-Cell").count() == 5
    one_key_each(page, desk, project)
    desk.get_by_role("button", name="Open", exact=True).first.click()
    expect(desk.locator(".vt-detail")).to_contain_text("6.0 s")

    fill(page, "Title of the script", "Calm lid")
    press(page, "Write a script")
    hears(page, "version 1, a draft")
    fill(page, "Spoken", "Nobody talks at our table.")
    fill(page, "Why this version", "words for the hook")
    press(page, "Save beat")
    hears(page, "Saved as version 2")
    words_outlive_other_presses(page, desk, project)
    press(page, "Facts")
    fill(page, "Call to action", "Link in bio")
    press(page, "Save facts")
    hears(page, "Saved as version 4")
    press(page, "Board")
    expect(desk.locator(".vt-board")).to_be_visible()
    press(page, "Send to review")
    hears(page, "draft to review")
    press(page, "Approve")
    hears(page, "review to approved")
    press(page, "Open script")
    expect(desk.locator(".vt-board")).not_to_be_visible()
    press(page, "Documents")
    press(page, "Export")
    hears(page, "1 file written")

    (script,) = queries.listing(project.store, project="p")
    assert (script["status"], script["version"]) == ("approved", 4)
    held = queries.get(project.store, script["script_id"])
    assert held["post_id"] == "tiktok:1"
    assert held["script"].beats[0].spoken == "Nobody talks at our table."
    assert held["script"].beats[0].visual == "A lid, closed."
    (comment,) = comments.listing(project.store, script["script_id"])
    assert (comment["beat_id"], comment["body"]) == ("b1", "Too <b>slow</b>")
    reviews = project.store.query("SELECT post_id, decision FROM reviews ORDER BY 1")
    assert reviews.to_numpy().tolist()[0] == ["tiktok:1", "keep"]
    (file,) = project.workspace.outputs.glob("scripts/*-v4.pdf")
    assert file.read_bytes().startswith(b"%PDF")


@pytest.mark.timeout(300)
def test_a_kernel_that_starts_again_shows_the_same_desk(page: Any, lab: str) -> None:
    from playwright.sync_api import expect

    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(r"^Restart Kernel.?$")).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_function(
        "() => { const d = document.querySelector('.vt-desk');"
        " return d && getComputedStyle(d, '::before').content.includes('kernel was restarted'); }",
        timeout=60_000,
    )
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells").click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(page.locator(".vt-desk .vt-said").first).to_contain_text(
        "before the kernel restarted", timeout=120_000
    )
    step = page.locator(".vt-desk .vt-here", has_text="approved")
    expect(step.first).to_be_visible(timeout=120_000)
    ours = (lab, "data:", "blob:", "ws://127.0.0.1")
    assert [u for u in page.requested if not u.startswith(ours)] == []
