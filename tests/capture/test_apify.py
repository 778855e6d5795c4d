"""The provider, spoken to by the unmodified client on loopback: one start each, bounded waits,
named errors.
"""

import json
import threading
import urllib.request
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from simulator.server import Settings, running
from tests.peers.apify import ApifyMock
from tests.peers.base import never
from vtlib.capture.apify import Apify, ScrapeJob
from vtlib.capture.apify_errors import ActorGone, Busy, LateReply, LostReply, NotAllowed, Paused
from vtlib.capture.apify_transport import RETRY_AFTER_MAX_S, Transport
from vtlib.core import rate_limits
from vtlib.core.errors import BudgetReached, CredentialsMissing, SourceFailed

REELS = ScrapeJob(
    "apify/instagram-scraper",
    {"directUrls": ["https://www.instagram.com/sim_snorrelby/"], "resultsLimit": 30},
    max_items=30,
    max_usd=1.0,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(Settings(run_s=0.05, clips=tmp_path_factory.mktemp("clips"))) as live:
        yield live


class Pauses(list):
    """A clock that goes on by what is waited, and what was."""

    def now(self) -> float:
        return sum(self)


@pytest.fixture
def pauses():
    return Pauses()


@pytest.fixture
def live(server, monkeypatch, pauses):
    limiter = rate_limits.RateLimiter({}, clock=pauses.now, pause=pauses.append)
    ours = rate_limits.Manners(limiter, rate_limits.CircuitBreaker(5))
    monkeypatch.setattr(rate_limits, "_shared", {f"apify {server.url}": ours})
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


@pytest.mark.parametrize("date", [None, "soon", ""])
def test_a_provider_that_does_not_say_the_time(date):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = b'{"data": {"id": "u", "username": "u"}}'
            self.send_response_only(200)
            if date is not None:
                self.send_header("Date", date)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing is printed."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert Apify("t", f"http://127.0.0.1:{server.server_port}", pause_s=0.01).clock() is None
        server.shutdown()


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
        ("server_error", {}, 2),
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
        ("server_error", {"times": None}, LostReply, 2),
        ("refused", {"status": 404}, ActorGone, 1),
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


def test_a_wait_that_is_asked_for_is_kept_by_starts_and_reads(live, apify, pauses):
    """Retry-After in seconds: the next request waits for it, whatever back-off the client has of
    its own.
    """
    late = {"kind": "rate_limited", "times": 2, "retry_after_s": 30}
    live.sandbox.faults.add({**late, "where": "apify.start"})
    job = apify.wait(begin(apify), deadline_s=10)
    assert pauses.now() == pytest.approx(60)
    live.sandbox.faults.add({**late, "where": "apify.items"})
    assert len(list(apify.items(job))) == 30
    assert pauses.now() == pytest.approx(120)


def test_a_wait_too_long_to_sit_through_is_said(live, apify, pauses):
    live.sandbox.faults.add(
        {"kind": "rate_limited", "where": "apify.run", "retry_after_s": int(RETRY_AFTER_MAX_S) + 1}
    )
    with pytest.raises(Paused, match=r"until \d{4}-\d\d-\d\d \d\d:\d\d UTC"):
        apify.job("any")
    assert pauses == []
    assert len(live.sandbox.journal.entries) == 1


def test_a_start_that_was_lost_and_is_then_refused_stays_lost(live, apify):
    """The first start may have made a run, so nothing that follows says that none was made."""
    live.sandbox.faults.add({"kind": "lost_reply", "where": "apify.start"})
    live.sandbox.faults.add({"kind": "refused", "where": "apify.runs", "status": 401})
    lost = []
    with pytest.raises(LostReply):
        apify.begin(REELS, since=datetime.now(UTC), taken=frozenset, note_lost=lost.append)
    live.sandbox.faults.clear()
    for status in (401, 402, 404):
        live.sandbox.faults.add({"kind": "dropped", "where": "apify.start"})
        live.sandbox.faults.add({"kind": "refused", "where": "apify.start", "status": status})
        taken = frozenset(live.sandbox.api.runs)
        with pytest.raises(LostReply):
            apify.begin(
                REELS, since=datetime.now(UTC), taken=lambda t=taken: t, note_lost=lost.append
            )
    assert lost == [1, 1, 1, 1]


def test_a_late_reply_is_no_reason_for_a_second_start(monkeypatch):
    """The provider may still start the run: who asked waits for the next command to look for it."""
    monkeypatch.setattr(Transport, "_compute_timeout", lambda *_, **__: 0.5)
    with ApifyMock() as mock:
        mock.add_actor(REELS.actor, lambda _: [])
        mock.fail("start_run", never())
        with pytest.raises(LateReply):
            begin(Apify(mock.token, mock.url, pause_s=0.01))
        assert [r.method for r in mock.requests].count("POST") == 1


def test_a_provider_out_of_reach_has_started_nothing(pauses):
    nowhere = Apify("token", "http://127.0.0.1:9", pause_s=0.01, pause=pauses.append)
    with pytest.raises(Busy, match="not reached"):
        begin(nowhere)
    assert len(pauses) == 3


def test_a_wrong_token_is_named_and_never_shown(live):
    for ask in (Apify("not-the-token", live.url).who, Apify("not-the-token", live.url).clock):
        with pytest.raises(CredentialsMissing) as raised:
            ask()
        assert "not-the-token" not in str(raised.value)
        assert "APIFY_TOKEN" in raised.value.message


def test_a_lost_run_is_told_from_those_of_others(live, apify):
    other = begin(apify)
    same = {"since": datetime.now(UTC), "taken": lambda: frozenset({other.run_id})}
    assert apify.find(REELS, **same) is None
    elsewhere = ScrapeJob(REELS.actor, {**REELS.run_input, "resultsLimit": 7})
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
