"""Tasks that people come with, done in Chromium on the demo's desk and pages as somebody would who
has not read the docs; each in under a minute.

    .venv/bin/python bench/tasks.py HOME      HOME: a workspace of the demo; a copy is worked on

Human time is an estimate by the keystroke-level model (Card, Moran & Newell, 1980): a key 0.28 s
(average typist), pointing 1.1 s, a click 0.2 s, a hand to the keyboard or back 0.4 s, a decision
1.35 s; words that have to be read at 238 a minute (Brysbaert, 2019). It knows no searching eye and
no mistake, so a first visit takes longer. What the machine takes is measured in this run. Leaves
with 1 where a task takes LIMIT_S or more.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import expect, sync_playwright
from tabulate import tabulate

LIMIT_S = 60.0
KEY_S, POINT_S, CLICK_S, HAND_S, THINK_S = 0.28, 1.1, 0.2, 0.4, 1.35
WORDS_MINUTE = 238
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
MONTH = ("2026-06-01", "2026-06-30")  # of the demo's world


class Person:
    """Hands and eyes at a page: `n` actions, `seconds` of a person, `waited` for the machine."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.restart()

    def restart(self) -> None:
        self.n, self.seconds, self.waited = 0, 0.0, 0.0

    def click(self, target: Any) -> None:
        """Decide, point, click."""
        self.act(THINK_S + POINT_S + CLICK_S, target.first.click)

    def button(self, name: str) -> None:
        shape = re.compile(rf"^\s*{re.escape(name)}\s*$")
        self.click(self.page.locator(".vt-desk button:visible").filter(has_text=shape))

    def choose(self, label: str, words: str) -> None:
        """Open a list, pick what begins with `words`."""
        fields = self.page.get_by_label(label, exact=True)
        field = fields.and_(self.page.locator("select:visible")).first
        begins = re.escape(words).replace(r"\ ", r"\s")  # ipywidgets writes hard spaces
        option = field.locator("option", has_text=re.compile(f"^{begins}")).first
        option.wait_for(state="attached")
        name = option.inner_text().replace("\xa0", " ")
        seconds = THINK_S + 2 * (POINT_S + CLICK_S)
        self.act(seconds, lambda: field.select_option(label=name), n=2)

    def write(self, label: str, text: str) -> None:
        """Click into a field, type, leave it by Tab."""
        shape = self.page.locator("input:visible, textarea:visible")
        field = self.page.get_by_label(label, exact=True).and_(shape).first
        typed = THINK_S + POINT_S + CLICK_S + 2 * HAND_S + KEY_S * (len(text) + 1)

        def enter() -> None:
            field.fill(text)
            field.press("Tab")

        self.act(typed, enter, n=2)

    def press(self, target: Any, key: str, times: int) -> None:
        """Click on something and press a key so often."""
        seconds = THINK_S + POINT_S + CLICK_S + HAND_S + KEY_S * times

        def go() -> None:
            target.focus()
            for _ in range(times):
                target.press(key)

        self.act(seconds, go, n=1 + times)

    def read(self, target: Any) -> str:
        """Wait until the words are there, and read them."""
        begun = time.monotonic()
        target.first.wait_for()
        self.waited += time.monotonic() - begun
        text = str(target.first.inner_text())
        self.seconds += 60 * len(text.split()) / WORDS_MINUTE
        return text

    def hears(self, words: str) -> None:
        """Read the desk's message, once it has these words."""
        message = self.page.locator(".vt-said:visible", has_text=words)
        begun = time.monotonic()
        expect(message.first).to_be_visible(timeout=60_000)
        self.waited += time.monotonic() - begun
        self.read(message)

    def act(self, seconds: float, deed: Callable[[], Any], n: int = 1) -> None:
        """Do it in the browser: `n` actions that take a person so many seconds."""
        begun = time.monotonic()
        deed()
        self.waited += time.monotonic() - begun
        self.seconds += seconds
        self.n += n
        time.sleep(0.4)  # the desk drops presses that queued up while a button worked


def see(person: Person, view: str) -> None:
    """Open a view of the desk or a side of a script."""
    tabs = person.page.locator(".vt-tabs button:visible")
    person.click(tabs.filter(has_text=re.compile(rf"^\s*{view}\s*$")))


def best_of_a_month(person: Person) -> None:
    """Filter by platform, days and a word; look at the first three posters."""
    person.choose("Platform", "tiktok")
    person.click(person.page.get_by_text("More filters and saved views"))
    person.write("Posted from", MONTH[0])
    person.write("Posted to", MONTH[1])
    person.write("Search", "spatula")
    person.read(person.page.locator(".vt-pages .vt-quiet"))
    posters = person.page.locator(".vt-posters .vt-row:visible")
    for n in range(3):
        person.read(posters.nth(n))


def beside_an_ordinary_one(person: Person) -> None:
    """Open the first of them; press Beside an ordinary post."""
    person.click(person.page.locator(".vt-poster:visible"))
    person.button("Beside an ordinary post")
    person.read(person.page.locator(".vt-compared"))
    expect(person.page.locator(".vt-compared > section")).to_have_count(2)


def script_for_a_product(person: Person) -> None:
    """A title, the product, Write a script."""
    person.button("End side by side")
    person.write("Title of the script", "Moon spatula, calm")
    person.choose("Product", "Moon spatula")
    person.button("Write a script")
    person.hears("version 1, a draft")


def assign_and_schedule(person: Person) -> None:
    """In Planning: a name, two days."""
    see(person, "Planning")
    person.write("Person", "Ann")
    person.button("Assign")
    person.hears("Ann is writer")
    person.write("Due", "2026-12-04")
    person.write("Goes out", "2026-12-11")
    person.button("Set dates")
    person.hears("due 2026-12-04")


def send_for_approval(person: Person) -> Path:
    """Send to review; under Client the page, saved as a file to send."""
    person.button("Send to review")
    person.hears("draft to review")
    see(person, "Client")
    person.button("Page for the client")
    person.hears("approve it or send it back")
    with person.page.expect_download() as download:
        person.click(person.page.locator(".vt-view a[download]:visible"))
    return Path(download.value.path())


def clients_answer(person: Person, answer: Path) -> None:
    """A click, and a double click on the file in the browser's dialog."""
    field = person.page.locator("input[type=file]").last
    seconds = 2 * (THINK_S + POINT_S + CLICK_S) + CLICK_S
    person.act(seconds, lambda: field.set_input_files(answer), n=2)
    person.hears("approved")


def words_and_board(person: Person) -> None:
    """Search, select the page, name a board."""
    see(person, "Outliers")
    person.button("Clear filters")
    person.write("Search", "teapot unfolds")
    person.read(person.page.locator(".vt-pages .vt-quiet"))
    person.button("Select this page")
    person.write("Board", "teapots")
    person.button("Put on board")
    person.hears("on the board teapots")


def another_threshold(person: Person) -> None:
    """Move the slider of p two steps; read what breaks out then."""
    see(person, "Judging")
    person.press(person.page.locator(".vt-sliders .noUi-handle").first, "ArrowRight", 2)
    sentence = person.page.locator(".vt-judged, .vt-view:visible").get_by_text("break out")
    person.read(sentence)


def best_product(person: Person) -> None:
    """Under Products: the dashboard of the brand, its table by product."""
    see(person, "Products")
    person.button("Dashboard of the brand")
    link = person.page.locator("a[href*='brands/']:visible")
    begun = time.monotonic()
    link.wait_for(timeout=60_000)
    person.waited += time.monotonic() - begun
    with person.page.context.expect_page() as opened:
        person.click(link)
    page = opened.value
    other = Person(page)
    other.read(page.locator(".vt-lead"))
    other.read(page.locator("table", has_text="beat their own median"))
    person.seconds += other.seconds
    person.waited += other.waited
    page.close()


def why_it_worked(person: Person) -> None:
    """Of the surest breakout that a model has read: its card says why, its page shows it."""
    cards = person.page.locator("article.vt-poster")
    person.read(cards.filter(has_not_text="No model has read it").locator(".vt-why"))
    person.click(cards.filter(has_not_text="No model has read it").locator("h3 a"))
    person.read(person.page.locator("#why"))


def did_it_work(person: Person) -> None:
    """The index's cards; page 07's first line."""
    strip = person.page.locator(".vt-strip .vt-answer")
    person.read(strip.filter(has_text="own median"))
    person.read(strip.filter(has_text="US dollars"))
    person.click(person.page.locator("nav a", has_text="Did it work"))
    person.read(person.page.locator(".vt-line-row"))


def client_approves(context: Any, page_file: Path) -> Path:
    """The client's own part, not among the tasks: a name, Approve, Save my answer."""
    page = context.new_page()
    html = page_file.with_suffix(".html")
    shutil.copy(page_file, html)
    page.goto(html.as_uri())
    page.get_by_label("Your name").fill("Mia")
    page.get_by_label("Approve").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my answer").click()
    answer = page_file.with_name(str(download.value.suggested_filename))
    download.value.save_as(answer)
    page.close()
    return answer


def main() -> int:
    """Print the table; 1 where a task takes a minute or more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path, help="a workspace that `make demo` made")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vt-tasks-") as folder:
        home = Path(folder) / "home"
        shutil.copytree(wish.home, home, ignore=shutil.ignore_patterns("clips", "exports", "logs"))
        with desk(home) as url, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            rows = [*at_the_desk(browser, url), *on_the_pages(browser, home)]
            browser.close()
    names = ("task", "actions", "person s", "machine s", "in all s")
    print(tabulate(rows, headers=names, floatfmt=".0f"))
    return int(any(row[-1] >= LIMIT_S for row in rows))


def at_the_desk(browser: Any, url: str) -> Iterator[tuple[Any, ...]]:
    """Each task at the desk, one after the other."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(60_000)
    page.goto(url, wait_until="domcontentloaded")
    page.wait_for_selector(".vt-desk .vt-poster", timeout=90_000)
    person = Person(page)
    yield timed(person, "the three best TikToks of June about a spatula", best_of_a_month)
    yield timed(person, "the best of them beside an ordinary one", beside_an_ordinary_one)
    yield timed(person, "a script after it for the Moon spatula", script_for_a_product)
    yield timed(person, "assign it to Ann, due and out on days", assign_and_schedule)
    pages: list[Path] = []
    name = "send it to the client for approval"
    yield timed(person, name, lambda p: pages.append(send_for_approval(p)))
    answer = client_approves(page.context, pages[0])
    yield timed(person, "take the client's answer in", lambda p: clients_answer(p, answer))
    yield timed(person, "all posts that say or show two words, on a board", words_and_board)
    yield timed(person, "another threshold: how many, how sure", another_threshold)
    yield timed(person, "which product of the brand does best", best_product)


def on_the_pages(browser: Any, home: Path) -> Iterator[tuple[Any, ...]]:
    """Each task on the pages of the latest run."""
    run = max((home / "outputs").glob("*/runs/*/07_performance.html")).parent
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto((run / "index.html").as_uri())
    person = Person(page)
    yield timed(person, "why the surest one worked", why_it_worked)
    page.go_back()
    yield timed(person, "did our scripts work, what did they cost", did_it_work)


def timed(person: Person, name: str, task: Callable[[Person], Any]) -> tuple[Any, ...]:
    """A row of the table: actions, seconds of the person, of the machine, and both."""
    person.restart()
    task(person)
    return name, person.n, person.seconds, person.waited, person.seconds + person.waited


@contextmanager
def desk(home: Path) -> Iterator[str]:
    """`vt desk demo` on the workspace, until the block ends; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["desk", "demo", "--by", "Tess", "--port", str(port), "--no-browser"]
    log = home / "desk.log"
    with log.open("w") as out:
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", "from vtlib.cli import main; main()", *words],
            env={**os.environ, "VT_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=out,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + 120
        while "running at" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


if __name__ == "__main__":
    sys.exit(main())
