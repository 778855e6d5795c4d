"""The provider, spoken to by the unmodified client on loopback: one start each, bounded waits, named errors."""

import json
import urllib.request
from datetime import UTC, datetime

import pytest

from vtlib.errors import BudgetReached, CredentialsMissing, SourceFailed
from vtlib.sandbox.server import Settings, running
from vtlib.services import limits
from vtlib.services.apify import Apify, Order
from vtlib.services.apify_errors import Busy, LostReply, NotAllowed, Paused

REELS = Order(
    "apify/instagram-scraper",
    {"directUrls": ["https://www.instagram.com/sim_snorrelby/"], "resultsLimit": 30},
    max_items=30,
    max_usd=1.0,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(Settings(run_s=0.05, clips=tmp_path_factory.mktemp("clips"))) as live:
        yield live


@pytest.fixture
def live(server, monkeypatch):
    monkeypatch.setattr(limits, "_shared", {})
    yield server
    server.sandbox.faults.clear()
    server.sandbox.api.runs.clear()
    server.sandbox.journal.entries.clear()


@pytest.fixture
def apify(live):
    return Apify(live.token, live.url, pause_s=0.01)


def begin(apify, order=REELS):
    return apify.begin(order, since=datetime.now(UTC), taken=frozenset)


def log(live):
    with urllib.request.urlopen(f"{live.url}/control/log") as reply:
        return json.load(reply)


def test_a_run_from_start_to_its_items_and_charge(live, apify):
    assert apify.who() == "simulated"
    assert apify.clock() == live.sandbox.world.epoch  # the provider's time, not this machine's
    job = apify.wait(begin(apify), deadline_s=10)
    assert (job.status, job.charged_usd) == ("SUCCEEDED", pytest.approx(0.045))
    assert job.started_at == live.sandbox.world.epoch <= job.ended_at
    assert job.ended_at == apify.job(job.run_id).ended_at  # does not move when it is read again
    assert len({i["id"] for i in apify.items(job)}) == 30
    asked = next(e for e in log(live)["requests"] if e["route"] == "apify.start")
    assert {k: float(asked["query"][k]) for k in ("maxItems", "maxTotalChargeUsd")} == {
        "maxItems": 30,
        "maxTotalChargeUsd": 1,
    }
    assert apify.job("nope") is None


@pytest.mark.parametrize(
    ("fault", "options", "starts"),
    [
        ("rate_limited", {"times": 2, "retry_after_s": 30}, 3),
        ("server_error", {"times": 2}, 3),
        ("dropped", {}, 2),
        ("lost_reply", {}, 1),
        ("bad_json", {}, 1),
        ("html", {}, 1),
        ("refused", {"status": 402, "type": "concurrent-runs-limit-exceeded"}, 2),
    ],
)
def test_what_passes_is_survived_with_one_run(live, apify, fault, options, starts):
    live.sandbox.faults.add({"kind": fault, "where": "apify.start", **options})
    job = apify.wait(begin(apify), deadline_s=10)
    seen = log(live)
    assert [r["id"] for r in seen["runs"]] == [job.run_id]
    assert (seen["counts"]["apify.start"], seen["paid_twice"]) == (starts, 0)


@pytest.mark.parametrize(
    ("fault", "options", "error", "starts"),
    [
        ("rate_limited", {"times": None}, Busy, 4),
        ("server_error", {"times": None}, LostReply, 4),
        ("refused", {"status": 403}, NotAllowed, 1),
        ("refused", {"status": 402, "type": "usage-hard-limit"}, BudgetReached, 1),
        ("refused", {"status": 400}, SourceFailed, 1),
    ],
)
def test_what_does_not_pass_is_named(live, apify, fault, options, error, starts):
    live.sandbox.faults.add({"kind": fault, "where": "apify.start", **options})
    with pytest.raises(error) as raised:
        begin(apify)
    assert type(raised.value) is error
    assert raised.value.todo
    assert log(live)["counts"]["apify.start"] == starts
    assert log(live)["runs"] == []


def test_a_wrong_token_is_named_and_never_shown(live):
    for ask in (Apify("not-the-token", live.url).who, Apify("not-the-token", live.url).clock):
        with pytest.raises(CredentialsMissing) as raised:
            ask()
        assert "not-the-token" not in str(raised.value)


def test_a_lost_run_is_told_from_those_of_others(live, apify):
    other = begin(apify)
    same = {"since": datetime.now(UTC), "taken": lambda: frozenset({other.run_id})}
    assert apify.find(REELS, **same) is None
    elsewhere = Order(REELS.actor, {**REELS.run_input, "resultsLimit": 7})
    assert apify.find(elsewhere, since=datetime.now(UTC), taken=frozenset) is None
    live.sandbox.faults.add({"kind": "lost_reply", "where": "apify.start"})
    with pytest.raises(LostReply):
        apify.start(REELS)
    lost = apify.find(REELS, **same)
    assert lost
    assert lost.run_id != other.run_id


def test_a_deadline_of_ours_aborts_the_run_and_keeps_what_it_found(live, apify):
    live.sandbox.faults.add({"kind": "run_stuck", "where": "apify.start"})
    job = begin(apify)
    assert apify.wait(job, deadline_s=0.6).status == "ABORTED"
    assert 0 < len(list(apify.items(job))) <= 15


@pytest.mark.parametrize(
    ("fault", "status"),
    [("run_failed", "FAILED"), ("run_timed_out", "TIMED-OUT"), ("run_aborted", "ABORTED")],
)
def test_runs_that_end_badly_do_not_raise(live, apify, fault, status):
    live.sandbox.faults.add({"kind": fault, "where": "apify.start", "share": 0.2})
    job = apify.wait(begin(apify), deadline_s=10)
    assert (job.status, job.message) == (status, "by order of the sandbox")
    assert len(list(apify.items(job))) == 6


def test_reading_goes_on_through_passing_faults(live, apify):
    job = apify.wait(begin(apify), deadline_s=10)
    for kind in ("rate_limited", "server_error", "dropped"):
        live.sandbox.faults.add({"kind": kind, "where": "apify.items"})
    assert len(list(apify.items(job))) == 30


def test_a_provider_that_is_down_is_left_alone_and_it_is_said_until_when(live, apify):
    live.sandbox.faults.add({"kind": "server_error", "where": "apify", "times": None})
    for _ in range(5):
        with pytest.raises(SourceFailed):
            apify.job("any")
    asked = len(live.sandbox.journal.entries)
    with pytest.raises(Paused, match=r"from \d\d:\d\d:\d\d UTC on"):
        apify.job("any")
    assert len(live.sandbox.journal.entries) == asked
