"""The site in Chromium: the offline pages work under its policy, and the form answers into the
tables.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.desk.lab_server import BROWSER, CHROMIUM, FLAGS
from tests.report import sample
from tests.report.test_browser import DRAWN
from tests.serving.conftest import STAMPS, Home
from vtlib.report import render_stage
from vtlib.scripts import queries, reviews
from vtlib.serving import published

pytestmark = BROWSER
PERSON = "approver of acme"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, home: Home) -> Iterator[Any]:
    """A page of a client who signed in, and all that it complained of."""
    credentials = {"username": PERSON, "password": home.passwords[PERSON]}
    context = browser.new_context(
        http_credentials=credentials, viewport={"width": 1400, "height": 900}
    )
    opened = context.new_page()
    opened.heard = []
    opened.on("console", lambda m: opened.heard.append(m.text))
    opened.on("pageerror", lambda e: opened.heard.append(str(e)))
    yield opened
    context.close()


def test_a_client_reads_the_report_and_approves_the_script(
    page: Any, site: str, home: Home
) -> None:
    published.publish(home.at, f"spring-acme-{STAMPS[0]}", by="Ann")
    page.goto(site)
    assert "globex" not in page.content().lower()
    page.get_by_role("link", name="spring-acme").click()
    assert page.locator("h1").inner_text() == "spring-acme report 1"
    page.check("[value=send_back]")
    page.locator(".vt-review-add").click()
    page.locator(".vt-review-note textarea").fill("Fewer <b>posts</b>")
    page.click("#review-send")
    page.wait_for_function(
        "() => document.getElementById('review-status').textContent.includes('sent back by')"
    )
    page.goto(site)
    assert "sent back by approver of acme" in page.content()
    page.get_by_role("link", name="Quiet evenings").click()
    page.locator(".vt-review-add").nth(1).click()
    page.locator(".vt-review-note textarea").fill("Slower <b>here</b>")
    page.locator(".vt-review-note input").fill("4")
    page.check("[value=approve]")
    page.click("#review-send")
    page.wait_for_function(
        "() => document.getElementById('review-status').textContent.includes('approved by')"
    )
    assert page.heard == []
    assert queries.get(home.at.store, "quiet-acme")["status"] == "approved"
    (row,) = queries.parts(home.at.store, "quiet-acme")["comments"]
    assert (row["author"], row["body"], row["at_s"], row["beat_id"]) == (
        *(PERSON, "Slower <b>here</b>"),
        *(4.0, "b2"),
    )
    (review,) = reviews.listing(home.at, "quiet-acme")
    assert (review["came_by"], review["taken_in_by"]) == ("site", PERSON)
    page.reload()
    assert page.locator("[value=approve]").count() == 0


def test_charts_are_drawn_under_the_policy_of_the_site(page: Any, site: str, home: Home) -> None:
    folder = home.at.outputs / "spring-acme" / "runs" / STAMPS[0]
    ipynb = sample.full_notebook(folder / "in.ipynb")
    render_stage(ipynb, folder / "03_outliers.html", page=sample.page())
    page.goto(f"{site}/runs/spring-acme-{STAMPS[0]}/03_outliers.html")
    page.wait_for_function(DRAWN, timeout=20_000)
    assert page.locator("figure.vt-chart[data-drawn=yes] svg.marks").count() == 7
    assert page.evaluate("() => window.hacked") is None
    assert page.heard == []


@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_is_wider_than_the_window(page: Any, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(site)
    wide = "() => document.documentElement.scrollWidth - window.innerWidth"
    assert page.evaluate(wide) <= 0
    page.goto(f"{site}/scripts/quiet-acme/1")
    assert page.evaluate(wide) <= 0
    assert page.heard == []


def test_what_a_page_lacks_in_policy_the_site_gives_it(page: Any, site: str, home: Home) -> None:
    folder = home.at.outputs / "spring-acme" / "runs" / STAMPS[0]
    (folder / "bare.html").write_text(
        "<html><body><script>window.hacked = 1</script></body></html>"
    )
    page.goto(f"{site}/runs/spring-acme-{STAMPS[0]}/bare.html")
    assert page.evaluate("() => window.hacked") is None
    assert "Content Security Policy" in page.heard[0]
