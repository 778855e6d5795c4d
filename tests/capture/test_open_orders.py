"""An open order covers its targets whatever went wrong, proven on a second provider that others
wrote.
"""

import json
import os
import signal

import pytest

from tests.capture.scraped import World, vt
from tests.peers.apify import ApifyMock
from tests.peers.base import drop, lost_reply, malformed, status, truncate
from vtlib.capture import imports, job_store
from vtlib.capture import stage as scraping
from vtlib.capture.apify import Apify
from vtlib.capture.stage import Search
from vtlib.cli import main
from vtlib.core import rate_limits
from vtlib.core.errors import BadInput, CredentialsMissing
from vtlib.ops import projects
from vtlib.platforms import SOURCES
from vtlib.store import data_checks, runs, usage
from vtlib.store.usage import UsageScope

TIKTOK = [{"platform": "tiktok", "handle": "peer_one"}]
ACTOR = "clockworks/tiktok-scraper"
ITEM_USD = 0.01
DAY = "2026-11-01T08:00:00.000Z"


def item(n: int) -> dict:
    native = f"71065943122924536{n:02d}"
    return {
        "id": native,
        "text": f"post {n}",
        "createTimeISO": f"2026-11-{n + 1:02d}T08:00:00.000Z",
        "authorMeta": {"id": "1", "name": "peer_one", "fans": 10},
        "webVideoUrl": f"https://www.tiktok.com/@peer_one/video/{native}",
        **dict.fromkeys(("playCount", "diggCount", "shareCount", "commentCount"), 100 + n),
        "videoMeta": {"duration": 9},
        "input": "peer_one",
    }


@pytest.fixture
def mock():
    with ApifyMock() as provider:
        for source in SOURCES.values():
            for actor in source.ACTORS:
                provider.add_actor(
                    actor.name, lambda _: [item(n) for n in range(5)], item_usd=ITEM_USD
                )
        yield provider


@pytest.fixture
def world(mock, empty, tmp_path, monkeypatch):
    monkeypatch.setattr(rate_limits, "_shared", {})
    monkeypatch.setattr(
        scraping,
        "_apify",
        lambda _: Apify(mock.token, mock.url, pause_s=0.01, pause=lambda _: None),
    )
    monkeypatch.setattr(rate_limits.CircuitBreaker, "allows", lambda _: True)
    return World(mock, tmp_path, monkeypatch, empty=empty)


def spent(project) -> float:
    return float(project.store.query("SELECT coalesce(sum(usd), 0) AS usd FROM spend")["usd"][0])


def possibly(project) -> list[tuple[float, str]]:
    rows = usage.possibly_paid(project.store, UsageScope())
    return list(zip(rows["estimate_usd"], rows["reason"], strict=True))


WRONG = {
    "items answer 503": [("list_items", status(503))],
    "the dataset is malformed": [("list_items", malformed())],
    "a page is an object": [("list_items", status(200, {"data": []}, work=True))],
    "a page is cut": [("list_items", truncate())],
    "polls are dropped": [("get_run", drop())],
    "polls are malformed": [("get_run", malformed())],
    "the reply is lost and the list of runs is down": [
        ("start_run", lost_reply()),
        ("list_runs", status(503)),
    ],
    "the reply is lost and the input cannot be read": [
        ("start_run", lost_reply()),
        ("get_record", status(404)),
    ],
}


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_goes_wrong_one_run_is_paid(world, mock, wrong):
    """Run again while it is wrong, with --again, with other filters, as a search, in a notebook:
    no new run.
    """
    for endpoint, fault in WRONG[wrong]:
        mock.fail(endpoint, fault, always=endpoint != "start_run")
    project = world.project(accounts=TIKTOK)
    (first,) = scraping.scrape(project)
    assert (first.status, first.exit_code) == ("open", 4)
    assert f"vt scrape --abandon {first.capture_id}" in first.reason
    other = world.project(accounts=TIKTOK, limit=50, days_back=400, min_gap_h=0)
    for again in (
        lambda: scraping.scrape(project),
        lambda: scraping.scrape(other, again=True),
        lambda: scraping.scrape(other, Search("tiktok", "accounts", ("@Peer_One",))),
    ):
        assert [(c.status, c.capture_id) for c in again()] == [("open", first.capture_id)]
    assert len(mock.runs) == 1
    assert any(first.capture_id in word for word in scraping.quote(project).words)
    if "list_items" in dict(
        WRONG[wrong]
    ):  # the finished run told its charge before any item was read
        assert spent(project) == pytest.approx(mock.charged_usd) == pytest.approx(5 * ITEM_USD)
    else:
        assert [usd for usd, _ in possibly(project)] == [pytest.approx(5.0)]
    for endpoint, _ in WRONG[wrong]:
        mock.fail(endpoint)
    (last,) = scraping.scrape(project)
    assert (last.status, last.capture_id, last.new) == ("ok", first.capture_id, 5)
    assert len(mock.runs) == 1
    assert spent(project) == pytest.approx(mock.charged_usd)
    assert possibly(project) == []
    assert project.store.query("SELECT units FROM spend")["units"].tolist() == [5]


def test_killed_right_after_the_run_was_made(world, mock):
    """The plug is pulled by the provider, before its reply is out."""
    home = world.home(accounts=TIKTOK)
    child = []
    mock.events.on(
        "run_created:before_reply",
        lambda _: (os.killpg(child[0].pid, signal.SIGKILL), child[0].wait()),
    )
    child.append(vt(home, "scrape", "--project", "p"))
    child[0].communicate(timeout=600)
    project = world.project(accounts=TIKTOK)
    (row,) = job_store.left_open(project.store, "p")
    assert row["status"] == "starting"
    ((usd, reason),) = possibly(project)
    assert usd == pytest.approx(5.0)
    assert "cut short" in reason
    found = data_checks.run_checks(project.store).set_index("check")
    assert found.loc["possibly_paid", "n"] == 1
    assert [c.status for c in scraping.scrape(project)] == ["ok"]
    assert len(mock.runs) == 1
    assert spent(project) == pytest.approx(mock.charged_usd)
    assert possibly(project) == []


def test_an_order_that_is_given_up_says_what_it_cost(world, mock):
    mock.fail("list_items", status(503), always=True)
    project = world.project(accounts=TIKTOK)
    (left,) = scraping.scrape(project)
    with pytest.raises(BadInput, match="no open order nonsense") as raised:
        scraping.abandon(project.workspace, "nonsense", projects.open_project)
    assert left.capture_id in raised.value.todo
    given_up = scraping.abandon(project.workspace, left.capture_id, projects.open_project)
    assert (given_up.status, given_up.charged_usd) == ("abandoned", pytest.approx(5 * ITEM_USD))
    assert "charged $0.05" in given_up.reason
    with pytest.raises(BadInput):
        scraping.abandon(project.workspace, left.capture_id, projects.open_project)
    mock.fail("list_items")
    assert [c.status for c in scraping.scrape(project)] == ["ok"]
    assert len(mock.runs) == 2
    assert spent(project) == pytest.approx(mock.charged_usd)


def test_a_run_that_still_runs_is_ended_when_its_order_is_given_up(world, mock):
    mock.add_actor(ACTOR, lambda _: [item(0)], item_usd=1.0, duration_s=600)
    mock.fail("get_run", drop(), always=True)
    project = world.project(accounts=TIKTOK)
    (left,) = scraping.scrape(project)
    mock.fail("get_run")
    scraping.abandon(project.workspace, left.capture_id, projects.open_project)
    assert [run.status for run in mock.runs] == ["ABORTED"]


def test_what_nobody_can_look_up_is_given_up_as_possibly_paid(world, mock):
    mock.fail("start_run", lost_reply())
    mock.fail("list_runs", status(503), always=True)
    project = world.project(accounts=TIKTOK)
    (left,) = scraping.scrape(project)
    given_up = scraping.abandon(project.workspace, left.capture_id, projects.open_project)
    assert "unknown, at most $5.00" in given_up.reason
    assert [usd for usd, _ in possibly(project)] == [pytest.approx(5.0)]
    assert job_store.spent_usd(project.store, "p", provider="apify") == pytest.approx(5.0)
    mock.fail("list_runs")
    world.scrape(accounts=TIKTOK)  # the next scrape finds it, and books it
    assert spent(project) == pytest.approx(mock.charged_usd)
    assert possibly(project) == []


def test_a_lost_start_that_made_no_run_is_possibly_paid_until_it_is_looked_up_again(world, mock):
    mock.fail("start_run", drop())
    project = world.project(accounts=TIKTOK)
    assert [c.status for c in scraping.scrape(project)] == ["ok"]
    ((usd, reason),) = possibly(project)
    assert usd == pytest.approx(50 * ITEM_USD) or usd > 0
    assert "reply to its start was lost" in reason
    scraping.scrape(project)
    assert possibly(project) == []
    assert len(mock.runs) == 1


def test_a_charge_above_its_cap_is_exit_8_and_a_problem(world, mock):
    mock.add_actor(ACTOR, lambda _: [item(0)], charge_usd=9.5)
    project = world.project(accounts=TIKTOK, max_cost_usd=2)
    (dear,) = scraping.scrape(project)
    assert (dear.status, dear.exit_code) == ("ok", 8)
    assert "charged $9.50" in dear.reason
    assert "the cap of $2.00" in dear.reason
    seen = runs.recent(project.store, "problems", project="p")
    assert seen["kind"].tolist() == ["over_cap"]
    scraping.remap(project)
    assert len(runs.recent(project.store, "problems", project="p")) == 1
    mock.fail("list_items", status(503), always=True)
    (left,) = scraping.scrape(project, again=True)
    assert (left.status, left.exit_code) == ("open", 8)


@pytest.mark.parametrize("items", [[], [{"url": "", "input": "peer_one", "error": "gone"}] * 3])
def test_what_gave_only_errors_or_nothing_is_not_asked_again_at_once(world, mock, items):
    mock.add_actor(ACTOR, lambda _: items, item_usd=ITEM_USD)
    project = world.project(accounts=TIKTOK, profiles=False)
    (first,) = scraping.scrape(project)
    assert (first.status, first.exit_code) == ("failed", 4)
    (spared,) = scraping.scrape(project)
    assert (spared.status, spared.exit_code) == ("not asked", 4)
    assert "--again" in spared.reason
    assert "asked again from" in spared.reason
    assert len(mock.runs) == 1
    scraping.scrape(project, again=True)
    assert len(mock.runs) == 2
    scraping.scrape(world.project(accounts=TIKTOK, profiles=False, min_gap_h=0))
    assert len(mock.runs) == 3


def test_an_item_nested_too_deep_is_a_problem_and_the_order_finishes(world, mock):
    """Deeper than the client's parser goes: its field is cut, all else is in."""
    items = [item(n) for n in range(5)]
    page = json.dumps([*items[:2], {**items[2], "deep": "DEEP"}, *items[3:]])
    body = page.replace('"DEEP"', "[" * 20_000 + "]" * 20_000).encode()
    place = {"total": 5, "offset": 0, "count": 5, "limit": 1000, "desc": "false"}
    headers = {f"X-Apify-Pagination-{k}": str(v) for k, v in place.items()}
    mock.add_actor(ACTOR, lambda _: items, item_usd=ITEM_USD)
    deep = status(200, body, {"Content-Type": "application/json", **headers}, work=True)
    empty = status(200, [], {**headers, "X-Apify-Pagination-count": "0"}, work=True)
    mock.fail("list_items", deep, deep, empty)
    project = world.project(accounts=TIKTOK, profiles=False)
    (done,) = scraping.scrape(project)
    assert (done.status, done.found, done.mapped, done.new) == ("ok", 5, 5, 5)
    for _ in range(2):
        problems = runs.recent(project.store, "problems", project="p")
        assert problems["kind"].tolist() == ["bad_value"]
        assert "nested more than 200 levels" in problems["reason"][0]
        scraping.remap(project)


def test_posts_inside_profiles_are_read_as_posts(world, mock):
    latest = [
        {"shortCode": f"DYYY{n}abc", "likesCount": n, "type": "Video", "timestamp": DAY}
        for n in range(3)
    ]
    profile = {"id": "7", "username": "pine", "followersCount": 9, "latestPosts": latest}
    mock.add_actor("apify/instagram-profile-scraper", lambda _: [profile], item_usd=ITEM_USD)
    mock.add_actor("apify/instagram-scraper", lambda _: [], item_usd=ITEM_USD)
    project = world.project(accounts=[{"platform": "instagram", "handle": "pine"}])
    profiles = next(c for c in scraping.scrape(project) if c.ask == "profiles")
    assert (profiles.status, profiles.found, profiles.mapped, profiles.new) == ("ok", 1, 1, 3)
    posts = project.store.query("SELECT DISTINCT account_id, count(*) AS n FROM posts GROUP BY 1")
    assert posts.to_dict("records") == [{"account_id": "instagram:7", "n": 3}]
    got = scraping.results(project).set_index("ask").loc["profiles"]
    assert tuple(got[["found", "mapped", "new"]]) == (1, 1, 3)


def test_an_actor_that_is_gone_points_to_another(world, mock):
    del mock.actors[ACTOR]
    (failed,) = world.scrape(accounts=TIKTOK, profiles=False)
    assert (failed.status, failed.exit_code) == ("failed", 4)
    _, _, advice = failed.reason.partition("scraping.actors")
    assert advice
    assert ACTOR not in advice
    assert mock.runs == []


def test_the_commands_say_what_is_open_and_what_giving_it_up_costs(
    world, mock, monkeypatch, capsys
):
    mock.fail("start_run", lost_reply())
    mock.fail("list_runs", status(503), always=True)
    home = world.home(accounts=TIKTOK)
    monkeypatch.setenv("VT_HOME", str(home))

    def call(*words: str) -> tuple[int, dict]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([*words, "--json"])
        return int(left.value.code or 0), json.loads(capsys.readouterr().out)

    code, said = call("scrape", "--project", "p")
    order = said["captures"][0]["capture_id"]
    assert code == 4
    code, costs = call("costs")
    assert (code, costs["possibly_paid_usd"]) == (0, pytest.approx(5.0))
    assert order in costs["possibly_paid"][0]["reason"]
    mock.fail("list_runs")
    code, given_up = call("scrape", "--abandon", order)
    assert (code, given_up["charged_usd"]) == (0, pytest.approx(mock.charged_usd))
    assert call("costs")[1]["possibly_paid"] == []
    assert call("scrape", "--abandon", order)[0] == 2
    assert call("scrape")[0] == 2


def test_what_a_run_did_not_cost_is_there_for_the_next(world, mock):
    """$0.20 for orders that follow one another: each may cost what those before it left."""
    accounts = [*TIKTOK, {"platform": "instagram", "handle": "peer_one"}]
    project = world.project(accounts=accounts, max_cost_usd=0.2, parallel_runs=1)
    scraping.scrape(project)
    orders = project.store.query(
        "SELECT max_usd, charged_usd FROM capture_orders ORDER BY asked_at"
    )
    before = orders["charged_usd"].cumsum() - orders["charged_usd"]
    assert orders["charged_usd"].gt(0).all()
    assert orders["max_usd"].tolist() == pytest.approx((0.2 - before).tolist())
    assert len(orders) > 1


def test_a_wrong_token_leaves_no_order_open(world, mock):
    mock.fail("start_run", status(401), always=True)
    project = world.project(accounts=TIKTOK)
    with pytest.raises(CredentialsMissing):
        scraping.scrape(project)
    (order,) = project.store.rows("SELECT status, closed_at FROM capture_orders")
    assert order["status"] == "not_started"
    assert order["closed_at"]


def test_captures_of_files_and_of_runs_are_both_mapped_again(world, mock, tmp_path):
    project = world.project(accounts=TIKTOK)
    scraping.scrape(project)
    path = tmp_path / "a.json"
    path.write_text(json.dumps([item(7)]))
    imports.import_files(project, [path])
    reports = imports.remap(project)
    assert [(r.status, r.mapped) for r in reports] == [("ok", 1), ("ok", 5)]
