"""One order from its start to its end against a provider that answers as it is told, to the row."""

import shutil
from collections import deque
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.capture.test_open_orders import item
from vtlib.capture import collector as jobs
from vtlib.capture import job_store, scheduler
from vtlib.capture.apify import ActorRun, ScrapeJob
from vtlib.capture.apify_errors import ActorGone, LostReply, NotAllowed
from vtlib.capture.collector import Captured, Collector
from vtlib.capture.orders import Cover, Order
from vtlib.capture.scheduler import ScrapeBudget
from vtlib.core.errors import BudgetReached, CredentialsMissing, SourceFailed
from vtlib.core.settings import load_settings
from vtlib.ops import projects
from vtlib.store.project import Workspace

ACTOR = "clockworks/tiktok-scraper"
AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
BEGAN = AT + timedelta(seconds=5)
ENDED = AT + timedelta(seconds=30)
ORDER = Order("tiktok", ACTOR, "accounts", ("peer_one",), {"profiles": ["peer_one"]}, 50, limit=50)
RUN = ActorRun("r1", "d1", "SUCCEEDED", BEGAN, ENDED, 0.05)
ZERO = dict.fromkeys(("found", "mapped", "new", "updated", "skipped", "problems"), 0)


class Provider:
    """Replies by call, each used up in turn; an exception among them is raised."""

    def __init__(self, **replies):
        self.replies = {name: deque(of) for name, of in replies.items()}
        self.calls = []

    def _reply(self, name, *facts):
        self.calls.append((name, *facts))
        reply = self.replies[name].popleft()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def begin(self, order, *, since, taken, note_lost):
        for n in self.replies.get("lost", ()):
            note_lost(n)
        return self._reply("begin", order, since, taken())

    def find(self, order, *, since, taken):
        return self._reply("find", order, since, taken())

    def find_patiently(self, order, *, since, taken):
        return self._reply("find_patiently", order, since, taken())

    def job(self, run_id):
        return self._reply("job", run_id)

    def wait(self, job, *, deadline_s):
        return self._reply("wait", job, deadline_s)

    def abort(self, job):
        return self._reply("abort", job)

    def items(self, job):
        return self._reply("items", job.run_id, job.dataset_id)

    @property
    def names(self):
        return [name for name, *_ in self.calls]


@pytest.fixture
def project(empty, tmp_path, monkeypatch):
    monkeypatch.setenv("VT_CLOCK", (AT + timedelta(seconds=100)).isoformat())
    (tmp_path / "params").mkdir()
    (tmp_path / "outputs").mkdir()
    shutil.copy(empty, tmp_path / "outputs" / "viraltracker.duckdb")
    text = "project: p\nscraping: {deadline_s: 250.5, parallel_runs: 2, max_cost_usd: 3}\n"
    (tmp_path / "params" / "p.yaml").write_text(text)
    project = projects.open_project(Workspace(load_settings(tmp_path)), "p")
    with project.store.session():  # the file stays open, as it does for a command
        yield project


def stored(project, name="c", *, closed=None, **facts):
    """An order as it stands in the ledger."""
    row = {
        "capture_id": name,
        "project_id": "p",
        "run_id": None,
        "platform": "tiktok",
        "actor": ACTOR,
        "ask": "accounts",
        "targets": ["peer_one"],
        "post_limit": 50,
        "run_input": ORDER.run_input,
        "max_items": 50,
        "max_usd": 2.0,
        "status": "starting",
        "asked_at": AT,
        "provider_asked_at": AT - timedelta(seconds=9),
        **facts,
    }
    job_store.write(project.store, row)
    if closed:
        job_store.close(project.store, row, status=closed)
    return job_store.get(project.store, name)


RUNNING = {
    "status": "running",
    "provider_run_id": "r1",
    "dataset_id": "d1",
    "run_started_at": BEGAN,
}


def collector(project, **replies):
    return Collector(project, Provider(**replies), AT)


def test_what_is_not_placed_has_no_counts():
    facts = {"platform": "tiktok", "actor": ACTOR, "ask": "accounts", "targets": 2}
    blank = {
        **ZERO,
        "capture_id": "",
        "run_id": "",
        "requested": None,
        "charged_usd": None,
        "new_keys": (),
    }
    order = replace(ORDER, targets=("a", "b"))
    refused = {**facts, **blank, "status": "not asked", "reason": "why", "exit_code": 8}
    assert asdict(jobs.not_asked(order, "why", exit_code=8)) == refused
    cover = Cover("tiktok", ACTOR, "accounts", ("a", "b"), "c", "open")
    assert asdict(jobs.covered(cover)) == {**refused, "reason": "open", "exit_code": 4}
    assert Captured(*facts.values(), "ok").exit_code == 0


def test_a_start_is_asked_for_as_ordered_and_its_run_noted(project):
    at = collector(project, begin=[RUN], lost=[1, 2])
    stored(project, "other", closed="ok", **{**RUNNING, "provider_run_id": "r0"})
    row = jobs.place(at, ORDER, max_usd=1.5)
    job = ScrapeJob(ACTOR, ORDER.run_input, 50, 1.5, 251 + 60)
    assert at.apify.calls == [("begin", job, AT, frozenset({"r0"}))]
    names = ("status", "provider_run_id", "dataset_id", "lost_starts", "found")
    assert [row[n] for n in names] == ["running", "r1", "d1", 2, None]
    assert row["run_started_at"] == BEGAN.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("error", "status", "code", "says"),
    [
        (LostReply("lost."), "open", 4, "lost. Order "),
        (ActorGone("gone.", todo="Look."), "failed", 4, "gone. Look. scraping.actors could name"),
        (
            NotAllowed("rented.", todo="Pay."),
            "failed",
            3,
            "rented. Pay. scraping.actors could name",
        ),
        (SourceFailed("down.", todo="Wait."), "failed", 4, "down. Wait."),
        (BudgetReached("full."), "failed", 8, "full."),
    ],
)
def test_a_start_that_fails_ends_or_leaves_its_order(project, error, status, code, says):
    at = collector(project, begin=[error])
    result = jobs.place(at, ORDER, max_usd=1.5)
    (order,) = project.store.rows("SELECT * FROM capture_orders")
    facts = {"platform": "tiktok", "actor": ACTOR, "ask": "accounts", "targets": 1, **ZERO}
    facts |= {"run_id": "", "charged_usd": None, "new_keys": (), "status": status}
    got = asdict(result)
    assert got.pop("reason").startswith(says)
    assert got == {
        **facts,
        "capture_id": order["capture_id"],
        "requested": None if status == "open" else 50,
        "exit_code": code,
    }
    assert order["status"] == ("starting" if status == "open" else "failed")
    assert order["reason"] == (None if status == "open" else result.reason)
    assert " . " not in result.reason


def test_a_wrong_token_is_raised_and_its_order_was_never_started(project):
    at = collector(project, begin=[CredentialsMissing("no token")])
    with pytest.raises(CredentialsMissing):
        jobs.place(at, ORDER, max_usd=1.5)
    (order,) = project.store.rows("SELECT status, reason FROM capture_orders")
    assert order == {"status": "not_started", "reason": "no token"}


@pytest.mark.parametrize(("lost", "rest"), [(None, 0), (1, 0), (2, 1), (3, 2)])
def test_a_run_that_is_found_is_one_lost_start_less(project, lost, rest):
    row = stored(project, lost_starts=lost, provider_asked_at=None)
    at = collector(project, find_patiently=[RUN], job=[RUN], wait=[RUN], items=[[item(0)]])
    result = jobs.take_up(at, row)
    assert at.apify.calls[0][2:] == (AT, frozenset())
    assert at.apify.names == ["find_patiently", "job", "wait", "items"]
    assert (result.status, result.run_id, result.found) == ("ok", "r1", 1)
    order = job_store.get(project.store, "c")
    assert (order["lost_starts"] or 0, order["status"]) == (rest, "ok")


def test_a_start_that_made_no_run_closes_its_order(project):
    at = collector(project, find_patiently=[None])
    assert jobs.take_up(at, stored(project)) is None
    order = job_store.get(project.store, "c")
    reason = "no run of it is known to Apify: it was never started"
    assert (order["status"], order["reason"]) == ("not_started", reason)
    assert at.apify.calls[0][2] == AT - timedelta(seconds=9)


def test_a_fetched_order_asks_the_provider_nothing(project):
    facts = {**RUNNING, "provider_status": "SUCCEEDED", "run_ended_at": ENDED}
    at = collector(project, items=[[item(0), item(1)]])
    jobs._keep_items(at, stored(project, **facts), RUN)
    row = stored(project, **{**facts, "status": "fetched", "found": 2})
    result = jobs.collect(collector(project), row)
    assert (result.status, result.found, result.mapped, result.new) == ("ok", 2, 2, 2)


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({"provider_status": "SUCCEEDED", "charged_usd": 0.05}, ["items"]),
        ({"provider_status": "RUNNING"}, ["job", "wait", "items"]),
        ({"provider_status": "SUCCEEDED", "dataset_id": None}, ["job", "wait", "items"]),
        ({}, ["job", "wait", "items"]),
    ],
)
def test_only_a_run_whose_end_is_known_is_not_asked_for(project, facts, asked):
    row = stored(project, **{**RUNNING, "run_ended_at": ENDED, **facts})
    at = collector(project, job=[RUN], wait=[RUN], items=[[item(0)]])
    assert jobs.collect(at, row).charged_usd == 0.05
    assert at.apify.names == asked
    (items,) = project.store.rows("SELECT item_no FROM raw_items")
    assert items["item_no"] == 1
    (spend,) = project.store.rows("SELECT spend_id, units, usd FROM spend")
    assert spend == {"spend_id": "apify:r1", "units": 1, "usd": 0.05}


@pytest.mark.parametrize(("asked_s", "rest_s"), [(0, 150.5), (-150.5, 0), (-400, 0)])
def test_a_run_has_what_is_left_of_the_deadline(project, asked_s, rest_s):
    row = stored(project, **{**RUNNING, "asked_at": AT + timedelta(seconds=asked_s)})
    at = collector(project, job=[RUN], wait=[replace(RUN, message="said")], items=[[item(0)]])
    jobs.collect(at, row)
    assert at.apify.calls[1] == ("wait", RUN, rest_s)
    order = job_store.get(project.store, "c")
    assert (order["provider_message"], order["provider_status"]) == ("said", "SUCCEEDED")


def test_a_run_that_apify_does_not_know_stays_open(project):
    result = jobs.collect(collector(project, job=[None]), stored(project, **RUNNING))
    assert (result.status, result.exit_code, result.run_id) == ("open", 4, "r1")
    assert result.reason.startswith("run r1 is not known at Apify: ")


def test_items_are_stored_five_hundred_at_a_time(project, monkeypatch):
    sizes = []

    def store_items(_store, batch, *_):
        sizes.append(len(batch))
        yield from ()

    monkeypatch.setattr(jobs.ingest, "store_items", store_items)
    at = collector(project, items=[[item(0)] * 1001])
    assert jobs._keep_items(at, stored(project, **RUNNING), RUN) == 1001
    assert sizes == [500, 500, 1]


@pytest.mark.parametrize(("n", "reads"), [(2, 1), (3, 1), (4, 2)])
def test_only_a_small_run_is_held_and_all_of_any_is_mapped(project, monkeypatch, n, reads):
    monkeypatch.setattr(jobs, "HELD_ITEMS_MAX", 3)
    begun, read = [], jobs.captures.raw_items

    def counting(*facts, **options):
        begun.append(options)
        yield from read(*facts, **options)

    monkeypatch.setattr(jobs.captures, "raw_items", counting)
    items = [item(i) for i in range(n)]
    at = collector(project, job=[RUN], wait=[RUN], items=[items])
    result = jobs.collect(at, stored(project, **RUNNING))
    assert (result.found, result.mapped, result.new) == (n, n, n)
    assert len(begun) == reads


def test_what_is_new_in_the_shape_is_told_against_the_capture_before(project):
    first = stored(project, "c1", **RUNNING)
    at = collector(project, job=[RUN], wait=[RUN], items=[[item(0)]])
    assert jobs.collect(at, first).new_keys == ()
    later = replace(RUN, run_id="r2", ended_at=ENDED + timedelta(hours=1))
    row = stored(project, "c2", **{**RUNNING, "provider_run_id": "r2"})
    renamed = {k: v for k, v in item(1).items() if k != "videoMeta"} | {"zeta": 1, "alpha": 2}
    at = collector(project, job=[later], wait=[later], items=[[renamed]])
    result = jobs.collect(at, row)
    assert (result.status, result.new_keys, result.reason) == ("ok", ("alpha", "zeta"), "")
    (row,) = project.store.rows("SELECT warnings, reason FROM captures WHERE capture_id = 'c2'")
    assert row == {"warnings": [], "reason": None}


@pytest.mark.parametrize(("status", "warned"), [("SUCCEEDED", ["views vanished"]), ("FAILED", [])])
def test_a_vanished_metric_is_a_warning_of_a_run_that_went_well(
    project, monkeypatch, status, warned
):
    lost = [{"metric": "views", "n_before": 9, "n_now": 9}]
    monkeypatch.setattr(jobs.captures, "vanished_metrics", lambda *_: lost)
    ended = replace(RUN, status=status)
    at = collector(project, job=[ended], wait=[ended], items=[[item(0)]])
    result = jobs.collect(at, stored(project, **RUNNING))
    (row,) = project.store.rows("SELECT warnings, vanished FROM captures")
    assert [w.partition(":")[0] for w in row["warnings"]] == warned
    assert row["vanished"] == ["views"]
    assert ("views vanished" in result.reason) is bool(warned)


UNKNOWN = "given up: what it cost is unknown, at most $2.00 ({}); see vt costs"
NO_RUN = "given up: no run of it is known to Apify, so it cost nothing"
RAN = {"status": "RUNNING", "ended_at": None, "charged_usd": None}
GIVEN_UP = [
    # facts, replies (None: no token), reason, lost starts afterwards, charge
    ({}, None, UNKNOWN.format("there is no APIFY_TOKEN"), 1, None),
    ({"lost_starts": 2}, None, UNKNOWN.format("there is no APIFY_TOKEN"), 2, None),
    (RUNNING, None, UNKNOWN.format("there is no APIFY_TOKEN"), 0, None),
    ({"lost_starts": 2}, {"find_patiently": [None]}, NO_RUN, 0, None),
    ({}, {"find_patiently": [LostReply("down.")]}, UNKNOWN.format("down"), 1, None),
    ({"lost_starts": 1}, {"find_patiently": [RUN]}, "given up: its run was charged $0.05", 0, 0.05),
    (RUNNING, {"job": [RUN]}, "given up: its run was charged $0.05", 0, 0.05),
    (
        RUNNING,
        {"job": [replace(RUN, **RAN)], "abort": [replace(RUN, status="ABORTED")]},
        *("given up: its run was charged $0.05", 0, 0.05),
    ),
    (
        RUNNING,
        {"job": [replace(RUN, charged_usd=None)]},
        *(UNKNOWN.format("Apify has not said it yet"), 0, None),
    ),
]


@pytest.mark.parametrize(("facts", "replies", "reason", "lost", "usd"), GIVEN_UP)
def test_an_order_is_given_up_with_all_that_is_known(project, facts, replies, reason, lost, usd):
    apify = None if replies is None else Provider(**replies)
    result = jobs.abandon(project, apify, stored(project, **facts))
    assert (result.status, result.exit_code, result.charged_usd) == ("abandoned", 0, usd)
    assert result.reason == reason
    order = job_store.get(project.store, "c")
    assert (order["status"], order["reason"], order["lost_starts"] or 0) == (
        *("abandoned", reason),
        lost,
    )
    if apify:
        assert apify.names == [*replies]
    assert sum(r["usd"] for r in project.store.rows("SELECT usd FROM spend")) == (usd or 0)


def test_late_charges_are_booked_and_lost_starts_looked_up(project):
    early = {"provider_asked_at": AT - timedelta(days=1), "lost_starts": 1}
    for n, name in enumerate(("u0", "u1", "u2")):
        at = {"asked_at": AT - timedelta(minutes=n)}
        stored(project, name, closed="ok", **{**RUNNING, **at, "provider_run_id": f"r{n}"})
    for n, name in enumerate(("l0", "l1", "l2")):
        at = {"asked_at": AT + timedelta(minutes=n)}
        stored(project, name, closed="not_started", **{**early, **at})
    silent = replace(RUN, charged_usd=None)
    found = replace(RUN, run_id="r9", charged_usd=0.7)
    at = collector(project, job=[None, silent, RUN], find=[None, silent, found])
    jobs.settle_late(at)
    assert [call[1] for call in at.apify.calls[:3]] == ["r0", "r1", "r2"]
    orders = {n: job_store.get(project.store, n) for n in ("u0", "u1", "u2", "l0", "l1", "l2")}
    assert [orders[n]["charged_usd"] for n in ("u0", "u1", "u2")] == [None, None, 0.05]
    assert [orders[n]["lost_starts"] for n in ("l0", "l1", "l2")] == [0, 1, 0]
    spent = project.store.rows("SELECT spend_id, usd FROM spend ORDER BY 1")
    assert [tuple(r.values()) for r in spent] == [("apify:r2", 0.05), ("apify:r9", 0.7)]
    jobs.settle_late(collector(project, job=[SourceFailed("down")]))  # the next scrape does it


class Flights:
    """Orders that are placed and collected by name, and in which order."""

    def __init__(self, monkeypatch, **charges):
        self.events, self.caps, self.charges = [], [], charges
        monkeypatch.setattr(scheduler.jobs, "place", self.place)
        monkeypatch.setattr(scheduler.jobs, "collect", self.collect)

    def place(self, _, order, *, max_usd):
        self.events.append(f"+{order.targets[0]}")
        self.caps.append(round(max_usd, 6))
        end = self.charges.get(order.targets[0], 0.0)
        if isinstance(end, Captured):
            return end
        return {"name": order.targets[0], "charged_usd": end}

    def collect(self, _, row):
        self.events.append(f"-{row['name']}")
        return ended(row["name"], charged_usd=row["charged_usd"], run_id="r")


def ended(name, status="ok", **facts):
    return Captured("tiktok", ACTOR, "accounts", 1, status, capture_id=name, **facts)


def wave(*items_max):
    return [
        replace(ORDER, targets=(f"o{n}",), items_max=items) for n, items in enumerate(items_max)
    ]


def placed(project, orders, budget, *, again=False):
    told = []
    done = scheduler.ask_all(
        Collector(project, None, AT), orders, budget, again=again, told=told.append
    )
    assert told == done
    return [(c.capture_id, c.status) for c in done]


def test_as_many_runs_as_allowed_share_the_budget_by_weight(project, monkeypatch):
    flights, budget = Flights(monkeypatch, o0=1.0, o1=None, o2=0.5), ScrapeBudget(12.0)
    assert placed(project, wave(10, 20, 30), budget) == [(f"o{n}", "ok") for n in range(3)]
    assert flights.events == ["+o0", "+o1", "-o0", "+o2", "-o1", "-o2"]
    assert flights.caps == [2.0, 4.0, 7.0]
    assert budget.left_usd == pytest.approx(12.0 - 1.0 - 4.0 - 0.5)


@pytest.mark.parametrize(
    ("usd", "events"),
    [
        (2.0, ["+o0", "+o1", "-o0", "-o1"]),  # a dollar is left for the second
        (1.75, ["+o0", "-o0", "+o1", "-o1"]),  # less: it waits for what comes back
    ],
)
def test_less_than_a_dollar_waits_for_what_comes_back(project, monkeypatch, usd, events):
    flights = Flights(monkeypatch)
    placed(project, wave(10, 10), ScrapeBudget(usd))
    assert flights.events == events
    assert flights.caps[0] == 1.0


@pytest.mark.parametrize(
    ("end", "left"),
    [
        (ended("o0", "open"), 1.0),  # a lost start may be paid
        (ended("o0", "failed"), 3.0),  # no run was made
        (ended("o0", "failed", run_id="r"), 1.0),
        (ended("o0", "failed", run_id="r", charged_usd=0.5), 2.5),
    ],
)
def test_of_an_order_that_may_cost_its_cap_stays_reserved(project, monkeypatch, end, left):
    Flights(monkeypatch, o0=end)
    budget = ScrapeBudget(3.0)
    budget.reserve = lambda *_, **__: setattr(budget, "left_usd", budget.left_usd - 2) or 2.0
    assert placed(project, wave(10), budget) == [("o0", end.status)]
    assert budget.left_usd == left


@pytest.mark.parametrize("again", [False, True])
def test_an_actor_that_fails_within_a_wave_is_left_alone(project, monkeypatch, again):
    def failing(at):
        looks.append(at)
        return {ACTOR: datetime(2026, 12, 1, 12)} if len(looks) > 1 else {}

    looks = []
    monkeypatch.setattr(scheduler, "_failing", failing)
    Flights(monkeypatch, o0=ended("o0", "failed"), o1=ended("o1", "ok"))
    assert placed(project, wave(10, 10), ScrapeBudget(3.0), again=again)[1][1] == (
        "ok" if again else "not asked"
    )
    assert len(looks) == (0 if again else 2)


def test_without_money_nothing_is_asked(project):
    (refused,) = scheduler.ask_all(
        Collector(project, None, AT), wave(10), ScrapeBudget(0.0), again=False, told=lambda _: None
    )
    assert (refused.status, refused.exit_code) == ("not asked", 8)
    assert placed(project, [], ScrapeBudget(0.0)) == []
