"""Captures through the unmodified client, against a provider on loopback that fails on demand."""

import contextlib
import json
import os
import signal
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from simulator.server import Settings, running
from tests.capture.scraped import SEVEN, World, following, rows, vt
from vtlib.capture import apify, job_store, scheduler
from vtlib.capture import imports as importing
from vtlib.capture import stage as scraping
from vtlib.capture.stage import Search
from vtlib.core import rate_limits
from vtlib.core.errors import CredentialsMissing, SourceFailed, StoreBusy
from vtlib.core.params import parse_params
from vtlib.scripts import lifecycle as linking
from vtlib.scripts import store as scripts
from vtlib.scripts.script import PlannedBeat, Script
from vtlib.store import data_checks, people, runs
from vtlib.store.connection import Store

INSTAGRAM = following("instagram")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(Settings(run_s=0.05, clips=tmp_path_factory.mktemp("clips"))) as live:
        yield live


@pytest.fixture
def world(server, empty, tmp_path, monkeypatch):
    monkeypatch.setattr(rate_limits, "_shared", {})
    yield World(server, tmp_path, monkeypatch, empty=empty)
    sandbox = server.sandbox
    sandbox.faults.clear()
    sandbox.api.runs.clear()
    sandbox.api.run_s = 0.05
    sandbox.journal.entries.clear()
    sandbox.clock.set(at=sandbox.world.epoch)


def spent(project) -> float:
    return float(project.store.query("SELECT coalesce(sum(usd), 0) AS usd FROM spend")["usd"][0])


def test_all_seven_platforms_and_then_nothing_more(world):
    project, matched = world.project(days_back=60), []
    done = scraping.scrape(project, on_new=matched.append)
    assert matched == [project], "new posts may have come of scripts"
    assert {c.platform for c in done} == {a["platform"] for a in SEVEN}
    assert {(c.status, c.exit_code) for c in done} == {("ok", 0)}
    got = scraping.results(project)
    posts = got[got["ask"] == "accounts"]
    assert len(posts) == len(SEVEN)
    assert ((posts["new"] > 0) & (posts["new"] <= 5)).all()
    # Followers of Instagram come from the profile actor, others with the posts, Facebook's not at
    # all.
    assert set(got[got["ask"] == "profiles"]["platform"]) == {"instagram"}
    followed = project.frame("accounts")
    lacking = followed[followed["role"].notna() & followed["followers"].isna()]
    assert set(lacking["platform"]) == {"facebook"}
    log = world.log()
    assert spent(project) == pytest.approx(log["charged_usd"]) != 0
    when = project.store.query("SELECT DISTINCT captured_at::DATE AS day FROM captures")["day"]
    assert [d.date() for d in when] == [world.live.sandbox.world.epoch.date()]
    found = data_checks.run_checks(project.store)
    assert found[found["n"] > 0].empty

    before = rows(world.home())
    assert scraping.run_if_due(project, on_new=matched.append).captures == ()
    assert scraping.scrape(project, on_new=matched.append) == []
    assert len(matched) == 1
    scraping.remap(project)
    assert rows(world.home()) == before
    assert len(world.log()["runs"]) == len(log["runs"])


def test_a_lost_reply_is_paid_once(world):
    world.fault("lost_reply")
    done = world.scrape(accounts=INSTAGRAM, profiles=False)
    assert [c.status for c in done] == ["ok"]
    log = world.log()
    assert (len(log["runs"]), log["paid_twice"]) == (1, 0)


@pytest.mark.parametrize(
    ("fault", "word", "kept"),
    [
        ("run_failed", "ended FAILED", True),
        ("error_items", "only error items", False),
        ("renamed_fields", "have any count", True),
    ],
)
def test_a_run_that_fails_is_named_and_what_it_had_is_kept(world, fault, word, kept):
    world.fault(fault)
    project = world.project(accounts=INSTAGRAM, profiles=False)
    (failed,) = scraping.scrape(project)
    assert (failed.platform, failed.status, failed.exit_code) == ("instagram", "failed", 4)
    assert word in failed.reason
    assert (failed.new > 0) is kept
    raw = project.store.query(
        "SELECT count(*) AS n FROM raw_items WHERE capture_id = $id", {"id": failed.capture_id}
    )
    assert raw["n"][0] == failed.found > 0
    assert spent(project) == pytest.approx(world.log()["charged_usd"])


def test_a_run_past_our_deadline_is_aborted_and_kept(world):
    world.fault("run_stuck")
    (done,) = world.scrape(accounts=INSTAGRAM, profiles=False, deadline_s=1)
    assert (done.status, done.new > 0, done.exit_code) == ("failed", True, 4)
    assert "ended ABORTED" in done.reason
    assert [r["status"] for r in world.log()["runs"]] == ["ABORTED"]


def test_the_cap_on_cost_holds_and_is_said(world):
    (capped,) = world.scrape(accounts=INSTAGRAM, profiles=False, max_cost_usd=0.009)
    assert (capped.charged_usd, capped.exit_code) == (pytest.approx(0.009), 8)
    assert "cap on cost" in capped.reason
    project = world.project(accounts=INSTAGRAM, profiles=False, budget_usd=0.009)
    (refused,) = scraping.scrape(project, again=True)
    assert (refused.status, refused.exit_code) == ("not asked", 8)
    assert spent(project) == pytest.approx(0.009)
    assert len(world.log()["runs"]) == 1


def test_a_day_has_a_budget_of_its_own(ticking):
    now, spent = ticking.workspace.now(), ((0.3, 0), (5.0, 1))
    rows = [
        {"spend_id": f"s{n}", "provider": "apify", "project_id": "p", "usd": usd, "what": "run"}
        | {"at": now - timedelta(days=ago)}
        for n, (usd, ago) in enumerate(spent)
    ]
    runs.add_spend(ticking.store, rows)
    limits = {"max_cost_usd": 2.0, "budget_day_usd": 1.0}
    of_day = replace(ticking, params=parse_params({"project": "p", "scraping": limits}))
    both = {**limits, "budget_usd": 5.4}
    of_both = replace(ticking, params=parse_params({"project": "p", "scraping": both}))
    assert scheduler.left_usd(of_day) == pytest.approx(0.7)
    assert scheduler.left_usd(of_both) == pytest.approx(0.1)


def test_what_is_reserved_and_not_spent_goes_to_the_next(world):
    """More runs than dollars, three at a time: all are asked, since each costs cents."""
    done = world.scrape(accounts=following("instagram", "x", "tiktok"), max_cost_usd=1.5)
    assert [c.status for c in done] == ["ok"] * 4


def test_a_price_is_learnt_and_the_users_own_wins(world):
    project = world.project(accounts=INSTAGRAM, profiles=False)
    unknown = scraping.quote(project)
    assert unknown.estimate["usd"].isna().all()
    assert "unknown" in unknown.words[0]
    scraping.scrape(project)
    learnt = scraping.quote(project, again=True).estimate
    assert learnt["usd"].tolist() == [pytest.approx(10 * 0.0015)]
    own = world.project(
        accounts=INSTAGRAM, profiles=False, usd_per_1000={"apify/instagram-scraper": 9}
    )
    assert scraping.quote(own, again=True).estimate["usd"].tolist() == [pytest.approx(0.09)]
    assert len(world.log()["runs"]) == 1


def test_a_wrong_token_ends_it_at_once(world, monkeypatch):
    monkeypatch.setenv("APIFY_TOKEN", "not-the-token")
    with pytest.raises(CredentialsMissing):
        world.scrape(accounts=INSTAGRAM)
    monkeypatch.delenv("APIFY_TOKEN")
    assert scraping.run_if_due(world.project()).captures == ()


def test_an_actor_that_may_not_be_run_does_not_stop_the_others(world):
    world.fault("refused", match="instagram", status=403)
    left, well = world.scrape(accounts=following("instagram", "x"), profiles=False)
    assert (left.status, left.exit_code, well.status) == ("failed", 3, "ok")


def test_a_start_whose_fate_is_unknown_is_looked_up_by_the_next_scrape(world, monkeypatch):
    monkeypatch.setattr(apify, "STARTS_MAX", 2)
    world.fault("lost_reply")
    world.fault("bad_json", "apify.runs", times=None)
    (first,) = world.scrape(accounts=INSTAGRAM, profiles=False)
    assert (first.status, first.exit_code) == ("open", 4)
    world.live.sandbox.faults.clear()
    (second,) = world.scrape(accounts=INSTAGRAM, profiles=False)
    assert (second.status, second.capture_id) == ("ok", first.capture_id)
    log = world.log()
    assert (len(log["runs"]), log["paid_twice"]) == (1, 0)


class Stopped(BaseException):
    """The plug pulled."""


def test_stopped_before_any_write_and_run_again(world, monkeypatch):
    """Before the order, between start and run id, between items, before the end: the same rows,
    paid once.
    """
    asked = {"accounts": following("x"), "profiles": False}
    write, left = Store.write, [0]

    @contextlib.contextmanager
    def stopping(store, *rooms):
        left[0] -= 1
        if left[0] == 0:
            raise Stopped
        with write(store, *rooms) as connection:
            yield connection

    ready = world.project("ready", **asked).store.path
    monkeypatch.setattr(Store, "write", stopping)
    whole = world.copy("whole", ready)
    scraping.scrape(whole)
    writes, expected = -left[0], rows(world.folder / "whole")
    assert writes > 6
    for moment in range(1, writes + 1):
        world.live.sandbox.api.runs.clear()
        project = world.copy(f"stopped{moment}", ready)
        left[0] = moment
        with pytest.raises(Stopped):
            scraping.scrape(project)
        left[0] = 0
        scraping.scrape(project)
        assert rows(world.folder / f"stopped{moment}") == expected, moment
        log = world.log()
        assert (len(log["runs"]), log["paid_twice"]) == (1, 0), moment
        assert spent(project) == pytest.approx(log["charged_usd"]), moment


def test_killed_between_start_and_ingest_and_run_again(world):
    asked = {"accounts": following("x"), "profiles": False}
    world.live.sandbox.api.run_s = 0.3
    home = world.home(**asked)
    child = vt(home, "scrape", "--project", "p")
    while world.count("apify.start") == 0 and child.poll() is None:
        time.sleep(0.005)
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    child = vt(home, "scrape", "--project", "p", "--json")
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert [c["status"] for c in json.loads(out)["captures"]] == ["ok"]
    log = world.log()
    assert (len(log["runs"]), log["paid_twice"]) == (1, 0)
    assert spent(world.project(**asked)) == pytest.approx(log["charged_usd"])


def test_only_one_scrape_of_a_project_at_a_time(world):
    project = world.project(accounts=INSTAGRAM)
    with scraping._alone(project), pytest.raises(StoreBusy):
        scraping.scrape(project)


def test_numbers_are_read_again_when_they_are_due(world):
    more = [{"platform": "tiktok", "handle": "sim_doodlebean"}]
    asked = {"accounts": following("tiktok", "facebook") + more, "limit": 20}
    project = world.project(**asked)
    scraping.scrape(project)
    world.advance(hours=100)
    again = world.project(**asked, refresh=True)
    done = scraping.scrape(again)
    assert {(c.platform, c.ask, c.status) for c in done} == {("tiktok", "posts", "ok")}
    due = sum(c.updated for c in done)
    assert 0 < due < 20
    assert sum(c.new for c in done) == 0
    grown = project.store.query(
        "SELECT max(views) > min(views) AS grew FROM post_snapshots GROUP BY post_id HAVING "
        "count(*) = 2"
    )
    assert len(grown) == due
    assert grown["grew"].any()
    assert scraping.scrape(again, again=True) == []
    assert any("facebook: no actor" in w for w in scraping.quote(again).words)


def test_posts_of_scripts_are_captured_when_they_are_due(world):
    project = world.project(accounts=[])
    post = next(
        p
        for p in sorted(world.live.sandbox.world.posts, key=lambda p: p.posted_at)
        if p.platform == "tiktok" and p.posted_at > world.live.sandbox.world.epoch
    )
    at = project.workspace
    people.ensure_project(at.store, "p")
    script = Script("Hum", beats=(PlannedBeat("b", duration_s=9.0),))
    name = scripts.create(
        at.store, script, scripts.Making("Ann"), place=scripts.ScriptHome(project="p")
    )
    url = f"https://www.tiktok.com/@_/video/{post.native_id}"
    linking.track(at, name, url, by="Ann")
    hours = (post.posted_at - world.live.sandbox.world.epoch).total_seconds() / 3600
    world.advance(hours=hours + 25)
    due = world.project(accounts=[], due=True, min_gap_h=0)
    assert [(c.ask, c.status) for c in scraping.scrape(due)] == [("posts", "ok")]
    assert scraping.scrape(due) == []
    world.advance(hours=48)
    # A plain scrape asks for it too, without being told.
    assert [c.updated for c in scraping.scrape(world.project(accounts=[], min_gap_h=0))] == [1]
    seen = at.store.query("SELECT count(*) AS n FROM post_snapshots WHERE views > 0")
    assert seen["n"].tolist() == [2]


def test_short_links_are_resolved_by_the_network(world):
    project = world.project(accounts=[])
    native = next(p.native_id for p in world.live.sandbox.world.posts if p.platform == "tiktok")
    links = [f"https://vm.tiktok.com/{native}/", "https://vm.tiktok.com/ZMnowhere/"]
    assert [r.status for r in importing.import_urls(project, links)] == ["waits", "waits"]
    scraping.scrape(project)
    posts = project.store.query("SELECT post_id FROM project_posts")["post_id"]
    assert list(posts) == [f"tiktok:{native}"]
    waiting = project.store.query("SELECT payload FROM problems WHERE kind = 'needs_network'")
    assert [json.loads(p)["url"] for p in waiting["payload"]] == [links[1]]
    for _ in range(3):
        scraping.scrape(project, again=True)
    assert len(world.log()["runs"]) == scraping.LINK_TRIES_MAX


SEARCHES = [
    (Search("tiktok", "hashtag", ("#simulated",)), 5),
    (Search("youtube", "search", ("simulated",)), 5),
    (Search("x", "search", ("simulated",)), 5),
    (Search("pinterest", "search", ("simulated",)), 4),  # one of five is an advertisement
]


def test_searches(world):
    project = world.project(accounts=[])
    for search, n in SEARCHES:
        world.advance(hours=1)
        done = scraping.scrape(project, search)
        assert [(c.status, c.new + c.updated) for c in done] == [("ok", n)], search
    found = scraping.results(project)
    asked = {(s.platform, s.ask, t) for s, _ in SEARCHES for t in s.targets}
    assert set(zip(found["platform"], found["ask"], found["handle"], strict=True)) == asked


def test_an_actor_that_keeps_failing_is_left_alone_and_the_others_go_on(world):
    project = world.project(accounts=following("instagram", "x"), profiles=False)
    for n in range(3):
        row = {"capture_id": f"c{n}", "project_id": "p", "actor": "apify/instagram-scraper"}
        job_store.write(project.store, row)
        job_store.close(project.store, row, status="failed")
    left, well = scraping.scrape(project)
    assert (left.status, left.exit_code, well.status) == ("not asked", 4, "ok")
    assert "is asked again from" in left.reason
    assert [c.status for c in scraping.scrape(project, again=True)] == ["ok", "ok"]


def test_a_notebook_fails_only_when_nothing_came(world):
    world.fault("error_items", match="instagram")
    with pytest.raises(SourceFailed, match="only error items"):
        scraping.run_if_due(world.project(accounts=INSTAGRAM, profiles=False))


def test_profiles_alone_do_not_fail_a_notebook(world):
    project = world.project(accounts=INSTAGRAM)
    world.fault("error_items", match="profile", times=None)
    assert [c.status for c in scraping.scrape(project)] == ["ok", "failed"]
    (said,) = scraping.run_if_due(project).shortfalls
    assert "only error items" in said
