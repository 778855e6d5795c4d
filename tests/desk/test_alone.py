"""`vt desk`: the desk alone in a browser, with nothing around it and nothing from elsewhere."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desk.desk_home import workspace
from tests.desk.lab_server import BROWSER, CHROMIUM, FLAGS, free_port
from vtlib.store.project import Project

pytestmark = BROWSER


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return workspace(tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def url(project: Project) -> Iterator[str]:
    port = free_port()
    code = "from vtlib.cli import main; main()"
    words = ["desk", "p", "--by", "Zoe", "--port", str(port), "--no-browser"]
    env = {**os.environ, "VT_HOME": str(project.workspace.root)}
    # To a file: of a pipe that nobody reads the server would wait once it is full.
    log = project.workspace.root / "desk.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-c", code, *words],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=out,
            start_new_session=True,
        )
    end = time.monotonic() + 60
    while "running at" not in log.read_text():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    # No Ctrl-C: what a shell starts in the background ignores it.
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)


@pytest.fixture(scope="module")
def page(url: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1400, "height": 1000})
        opened.set_default_timeout(30_000)
        opened.requested = []
        opened.on("request", lambda r: opened.requested.append(r.url))
        opened.goto(url, wait_until="domcontentloaded")
        opened.wait_for_selector(".vt-desk .vt-poster", timeout=90_000)
        yield opened
        browser.close()


@pytest.mark.timeout(240)
def test_the_desk_stands_alone_and_works(page: Any, url: str, project: Project) -> None:
    from playwright.sync_api import expect

    assert page.locator(".jp-InputArea:visible, .jp-Toolbar:visible, .jp-Dialog").count() == 0
    desk = page.locator(".vt-desk")
    expect(desk.get_by_text("20 posts · page 1 of 1")).to_be_visible()
    width = desk.bounding_box()["width"]
    assert width > 1300  # the full window
    desk.locator(".vt-poster[data-video]").click()
    player = desk.locator("video.vt-player")
    expect(player).to_be_visible()
    page.keyboard.press("p")
    page.wait_for_function("() => document.querySelector('video.vt-player').currentTime > 0")
    page.keyboard.press("3")
    expect(desk.locator(".vt-said")).to_contain_text("Rejected, length: tiktok:1")
    rows = project.store.query("SELECT post_id, decision, reason, reviewer FROM reviews")
    assert rows.to_numpy().tolist() == [["tiktok:1", "reject", "length", "Zoe"]]

    desk.get_by_role("button", name="Write a script", exact=True).click()
    expect(desk.locator(".vt-said").first).to_contain_text("version 1, a draft")
    forecast = desk.locator(".vt-said", has_text="Forecast of")
    expect(forecast).to_be_visible(timeout=60_000)
    desk.get_by_role("button", name="Documents", exact=True).click()
    desk.get_by_role("button", name="Export", exact=True).click()
    link = desk.locator(".vt-file a")
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    ours = (url, "data:", "blob:", url.replace("http", "ws"))
    assert [u for u in page.requested if not u.startswith(ours)] == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("path", ["viraltracker.duckdb", "desk/p.ipynb", "../params/p.yaml"])
def test_nothing_else_of_the_workspace_is_served(page: Any, url: str, path: str) -> None:
    assert page.request.get(f"{url}/voila/files/media/ab/abcd.mp4").status == 200
    assert page.request.get(f"{url}/voila/files/{path}").status in (403, 404)
