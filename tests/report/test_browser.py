"""The pages in a real browser with the network off. Skipped where there is no Chromium."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.report import insight_sample, sample
from tests.report.legibility import faults
from tests.report.test_insight_page import written
from tests.report.test_videos import view
from vtlib.report import render_stage, write_index, write_insight
from vtlib.report.video_page import write_video
from vtlib.tables.pictures import Board, Panel

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM, reason="no Chromium on this machine: apt-get install chromium"
    ),
]
DRAWN = "() => [...document.querySelectorAll('figure.vt-chart')].every((f) => f.dataset.drawn)"
SIZES = """() => [...document.querySelectorAll('figure.vt-chart')].map((f) => {
  const svg = f.querySelector('svg.marks');
  return [f.dataset.drawn, svg ? svg.clientWidth : 0, svg ? svg.clientHeight : 0,
          svg ? svg.querySelectorAll('path, text').length : 0];
})"""
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"


class Watched:
    """A page, and all that it complained of or asked for."""

    def __init__(self, context, path: Path) -> None:
        self.page = context.new_page()
        self.heard: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda m: self.heard.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.heard.append(str(e)))
        self.page.route("**/*", self._only_the_file)
        self.page.goto(path.as_uri())
        self.page.wait_for_function(DRAWN, timeout=20_000)

    def _only_the_file(self, route) -> None:
        url = route.request.url
        if url.startswith("file://"):
            route.continue_()
        else:
            self.asked.append(url)
            route.abort()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as api:
        yield (started := api.chromium.launch(executable_path=CHROMIUM, args=ARGS))
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("browser")
    ipynb = sample.full_notebook(folder / "in.ipynb")
    stage = render_stage(ipynb, folder / "03_outliers.html", page=sample.page())
    facts = insight_sample.facts()
    index = replace(sample.index_facts(), insight=facts)
    return {
        "stage": stage,
        "index": write_index(folder, facts=index),
        "insight": write_insight(folder / "insight.html", written(facts), page=sample.page()),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["stage", "index", "insight"])
def test_everything_is_drawn_without_the_network(browser, pages, name, width, scheme) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    seen = Watched(context, pages[name])
    sizes = seen.page.evaluate(SIZES)
    assert len(sizes) == {"stage": 7, "index": 0, "insight": 0}[name]
    for drawn, wide, high, marks in sizes:
        assert drawn == "yes"
        assert 0.6 * width < wide <= width
        assert high > 30
        assert marks > 0
    assert seen.page.evaluate(OVERFLOW) <= 0
    assert faults(seen.page) == []
    assert seen.page.evaluate("() => window.hacked") is None
    assert seen.heard == []
    assert seen.asked == []
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_storyboard_reads_from_left_to_right(browser, tmp_path, width) -> None:
    words = "Nobody talks at our table until the lid falls silent and the kettle begins to glow"
    panel = Panel("1", "kept", "the same turn", source="beat 1", lines=(("says", words),))
    board = Board("Calm lid", "A script", (panel, replace(panel, number="2")), "Source: scripts")
    ipynb = sample.notebook(tmp_path / "in.ipynb", board)
    html = render_stage(ipynb, tmp_path / "05_adaptation.html", page=sample.page())
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = Watched(context, html).page
    said = [line.bounding_box() for line in page.locator(".vt-panel dd").all()]
    assert len(said) == 2
    assert min(box["width"] for box in said) > 100, "a column of single letters"
    assert said[1]["y"] > said[0]["y"] + said[0]["height"]
    context.close()


def test_a_table_is_sorted_by_value_and_the_missing_stay_last(browser, pages) -> None:
    context = browser.new_context()
    page = Watched(context, pages["stage"]).page
    column = (
        "() => [...document.querySelectorAll('.vt-table tbody tr')].map((r) => "
        "+r.cells[3].dataset.sort)"
    )
    page.click("th:nth-child(4) button")
    down = page.evaluate(column)
    page.click("th:nth-child(4) button")
    up = page.evaluate(column)
    assert down == sorted(down, reverse=True)
    assert up == sorted(up)
    assert page.get_attribute("th:nth-child(4)", "aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert page.get_attribute("th:nth-child(4)", "aria-sort") == "descending"
    context.close()


def test_the_menu_changes_the_account(browser, pages) -> None:
    context = browser.new_context()
    page = Watched(context, pages["stage"]).page
    figure = page.locator("figure.vt-chart").nth(1)
    before = figure.locator("svg.marks").inner_html()
    figure.locator("select").select_option(index=5)
    page.wait_for_function(
        "(old) => document.querySelectorAll('figure.vt-chart svg.marks')[1].innerHTML !== old",
        arg=before,
    )
    context.close()


def test_the_policy_stops_scripts_that_are_not_ours(browser, pages, tmp_path) -> None:
    hacked = tmp_path / "hacked.html"
    html = pages["stage"].read_text()
    hacked.write_text(
        html.replace(
            "<main>", "<main><script>window.hacked=1</script><img src=x onerror='window.hacked=2'>"
        )
    )
    context = browser.new_context()
    page = Watched(context, hacked).page
    assert page.evaluate("() => window.hacked") is None
    context.close()


def test_what_is_hard_to_read_is_named(browser, tmp_path) -> None:
    html = (
        "<body style='margin:0;background:#fff'><p style='color:#999'>faint</p>"
        "<div style='width:900px'>wide</div><p style='color:#595959'>well</p>"
        "<div style='width:60px;overflow:hidden;white-space:nowrap'>words that are cut</div>"
        "<div style='overflow:auto;width:300px'><table style='width:800px'><td>x</table></div>"
    )
    (tmp_path / "bad.html").write_text(html)
    context = browser.new_context(viewport={"width": 390, "height": 844})
    found = faults(Watched(context, tmp_path / "bad.html").page)
    assert [f.split(":")[0] for f in found] == [
        "wider than the window",
        "cut off",
        "too little contrast",
    ]
    assert "900 px" in found[0]
    assert "faint" in found[2]
    context.close()


def test_print_shows_charts_and_hides_code(browser, pages) -> None:
    context = browser.new_context()
    page = Watched(context, pages["stage"]).page
    page.emulate_media(media="print")
    assert page.locator(".vt-code").first.is_hidden()
    assert page.locator("nav").is_hidden()
    assert page.locator("figure.vt-chart svg").first.is_visible()
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.set_viewport_size({"width": 688, "height": 971})  # of A4 at 96 dpi, within its margins
    tables = "[...document.querySelectorAll('.vt-table')]"
    widths = page.evaluate(f"() => {tables}.map((t) => [t.scrollWidth, t.rows[0].cells.length])")
    assert max(width for width, _ in widths) <= 688
    assert max(n for _, n in widths) > 8, "no wide table among them"
    context.close()


def test_a_drawer_opens_and_takes_the_whole_width(browser, pages) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 844})
    page = Watched(context, pages["insight"]).page
    width = "() => document.querySelector('#worked').clientWidth"
    narrow = page.evaluate(width)
    page.click("#worked summary >> nth=0")
    assert page.locator("#worked table").first.is_visible()
    assert page.evaluate(width) > 1.8 * narrow
    assert page.evaluate(OVERFLOW) <= 0
    page.emulate_media(media="print")
    assert page.locator("#worked table").first.is_visible()
    assert page.locator("#failed summary").first.is_hidden()
    context.close()


@pytest.mark.parametrize("width", [390, 1400])
def test_no_table_is_cut_off_and_every_column_is_one_click_away(browser, pages, width) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = Watched(context, pages["stage"]).page
    boxes = "[...document.querySelectorAll('.vt-table-box')]"
    cut = f"() => {boxes}.map((b) => b.scrollWidth - b.clientWidth)"
    assert max(page.evaluate(cut)) <= 1
    cells = page.locator(".vt-table tbody tr").first.locator("td")
    n = page.locator(".vt-table thead th").count()
    if width > 560 and page.locator(".vt-columns:visible").count():
        page.click(".vt-columns")
    assert [cells.nth(k).is_visible() for k in range(n)] == [True] * n
    assert max(page.evaluate(cut)) <= 1
    context.close()


def test_the_slider_of_a_video_chooses_the_frame(browser, tmp_path) -> None:
    one = view()
    path = write_video(
        tmp_path / one.href, one, ordinary=None, is_bounded=True, page=sample.page("analyst")
    )
    context = browser.new_context(viewport={"width": 1280, "height": 844})
    watched = Watched(context, path)
    page = watched.page
    large = "() => document.querySelector('.vt-stage-picture img').src"
    first = page.evaluate(large)
    page.locator(".vt-lanes input").fill("3")
    assert page.evaluate(large) != first
    assert page.locator(".vt-stage-picture span").inner_text() == "3.0 s"
    page.locator(".vt-frames button").first.click()
    assert page.evaluate(large) == first
    assert page.locator(".vt-lanes input").input_value() == "0"
    assert page.evaluate(OVERFLOW) <= 0
    assert watched.heard == []
    context.close()
