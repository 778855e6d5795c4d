"""One story from a URL to a verdict, in the roadmap's own words, as a person types them, in a
simulated world.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.gemini import Habits
from simulator.server import Running, Settings, running
from simulator.world import SimPost

PARAMS = """is_simulated: true
scraping: {limit: 24}
analysis: {limit: 1, full: 1}
outliers: {breakout_p: 0.03}  # so that twenty posts of a volatile account can carry a breakout
accounts:
  - {platform: tiktok, handle: sim_quibblewick, role: own}
  - {platform: tiktok, handle: sim_tinytable, role: reference}
"""
PRODUCTS = {
    "Core Deck": (
        *("--benefits", "calm evenings,no screens", "--problem", "screens at the table"),
        *("--description", "card game for the table"),
    ),
    "Mini Deck": ("--benefits", "fits a pocket", "--description", "small card game"),
}
SHOOT_DAY, READ_DAY = 14.0, 42.0


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    model = Habits(slips=False, ready_s=0)
    with running(Settings(run_s=0.02, clips=tmp_path_factory.mktemp("clips"), model=model)) as live:
        yield live


@pytest.fixture
def clock(live: Running, home: Path, monkeypatch: pytest.MonkeyPatch):
    """The keys of the simulated services, and a way to set the day."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name, value in live.facts()["env"].items():
        monkeypatch.setenv(name, value)

    def at(day: float) -> None:
        live.sandbox.clock.set(at=live.sandbox.world.epoch, advance_s=day * 86_400)
        monkeypatch.setenv("VT_CLOCK", live.sandbox.clock.now().isoformat())

    at(SHOOT_DAY)
    return at


def films(live: Running, handle: str, since: float, until: float) -> list[SimPost]:
    """Unpaid films of a TikTok account, posted between two days of the world, the oldest first."""
    world = live.sandbox.world
    found = [
        post
        for post in world.by_account[world.find("tiktok", handle, world.epoch).account_id]
        if post.is_video and "paid" not in post.flags and not post.deleted_at
        if timedelta(days=since) < post.posted_at - world.epoch < timedelta(days=until)
    ]
    return found[::-1]


def url(post: SimPost, handle: str) -> str:
    return f"https://www.tiktok.com/@{handle}/video/{post.native_id}?is_from_webapp=1"


Told = Callable[..., str]


@pytest.fixture
def told(vt) -> Told:
    """What a command prints, which must leave with 0."""

    def call(*words: object) -> str:
        done = vt(*words)
        assert done.code == 0, (words, done.out, done.err)
        return done.out

    return call


@pytest.mark.timeout(900)  # 40 s of one core; machines are busy
def test_from_a_url_to_a_verdict(told: Told, live: Running, clock, home: Path) -> None:
    set_up(told, home)
    hit = max(films(live, "sim_tinytable", -60, SHOOT_DAY - 7), key=lambda p: p.multiplier)
    find(told, hit)
    recommended = analyse(told, hit)
    script, product = write(told, hit)
    assert product == recommended.lower().replace(" ", "-")
    clock(READ_DAY)
    ours = films(live, "sim_quibblewick", SHOOT_DAY + 1, READ_DAY - 8)[0]
    publish(told, script, ours)
    clock(READ_DAY + 1)
    read_out(told, script, product)


def set_up(told: Told, home: Path) -> None:
    told("brand", "create", "Yakety Pack")
    for name, facts in PRODUCTS.items():
        told("product", "create", name, "--brand", "yakety-pack", *facts)
    told("project", "create", "Spring", "--brand", "yakety-pack")
    params = home / "params" / "spring.yaml"
    params.write_text(params.read_text() + PARAMS)
    told("project", "add-products", "spring", "core-deck", "mini-deck")


def find(told: Told, hit: SimPost) -> None:
    out = told("import", "url", "--project", "spring", "--url", url(hit, "sim_tinytable"))
    assert hit.post_id in out
    out = told("scrape", "--project", "spring", "--platform", "tiktok")
    assert "2 accounts" in out
    assert "charged $" in out
    lines = told("analyze", "outliers", "--project", "spring").splitlines()
    assert [line for line in lines if hit.native_id in line and "breakout" in line]
    assert "1 video" in told("process", "videos", "--project", "spring")


def analyse(told: Told, hit: SimPost) -> str:
    """The name of the product that is recommended for the video."""
    videos = ("analyze", "videos", "--project", "spring")
    assert "Core Deck: one breath" in told(*videos, "--product", "core-deck")
    out = told(*videos, "--products", "core-deck,mini-deck")
    assert "now asked: 0, known before: 1" in out
    assert "Mini Deck: one breath" in out
    assert "fits and scripts: now asked: 0" in told(*videos, "--all-products")
    lines = told("analyze", "compare", "--video", hit.post_id).splitlines()
    assert lines[0].startswith("Video: ")
    (recommended,) = [line for line in lines if line.startswith("Recommended: ")]
    return recommended.removeprefix("Recommended: ")


def write(told: Told, hit: SimPost) -> tuple[str, str]:
    """A script from the analysis, revised, exported and shot; its id and its product."""
    answer = json.loads(told("analyze", "show", hit.post_id, "--json"))["analysis_id"]
    title = "Screen Time Standoff"
    made = json.loads(told("script", "create", "--analysis", answer, "--title", title, "--json"))
    script, product = made["script_id"], made["product_id"].split("/")[1]
    assert (made["project_id"], made["origin"]) == ("spring", "analysis")
    assert title in told("script", "list", "--product", product, "--status", "draft")
    told("script", "update", script, "--cta", "Try it tonight")
    out = told("script", "version", "--script", script, "--notes", "Updated hook timing")
    assert f"{script} version 3, draft" in out
    path = Path(told("script", "export", "--script", script, "--format", "pdf").split()[-1])
    assert path.name == f"{script}-v3.pdf"
    assert path.read_bytes().startswith(b"%PDF")
    told("script", "status", script, "review")
    told("script", "status", script, "approved")
    assert "predicted for" in told("script", "status", script, "in_production")
    told("script", "status", script, "produced")
    return script, product


def publish(told: Told, script: str, ours: SimPost) -> None:
    link = url(ours, "sim_quibblewick")
    out = told("script", "track", "--script", script, "--post-url", link)
    assert f"version 3 (published) is {ours.post_id}" in out
    assert "it tests it" in out


def read_out(told: Told, script: str, product: str) -> None:
    told("scrape", "--project", "spring", "--due")
    out = told("script", "performance", "--script", script)
    for words in ("views at 7 days", "engagement rate", "shares a view", "saves a view"):
        assert words in out
    assert "Verdict: " in out
    assert "the forecast of views" in out
    assert "cannot be told yet: hook_" in out
    out = told("analyze", "performance", "--product", product, "--date-range", "30d")
    assert script in out
    assert "1 matured post of 20 needed" in out
