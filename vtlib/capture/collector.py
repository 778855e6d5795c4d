"""One order from its row in the ledger to its posts in the store, resumable after a kill at any
moment.

starting -> running -> fetched -> ok | failed. The row is written before the run is started, the
run's id right after, the charge as soon as the run has ended; what is found open later is taken up
where it stopped, without a new run, until it is closed or a person gives it up (abandoned).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import pandas as pd

from vtlib.capture import ingest, job_rows, job_store, mapping, orders, results
from vtlib.capture import store as captures
from vtlib.capture.apify import ENDED, ActorRun, Apify, ScrapeJob
from vtlib.capture.apify_errors import ActorGone, LostReply, NotAllowed
from vtlib.capture.messages import vanished
from vtlib.capture.orders import Cover, Order
from vtlib.core import log
from vtlib.core.errors import BudgetReached, SourceFailed, VtError
from vtlib.platforms.field_use import FieldUse
from vtlib.store import runs
from vtlib.store.project import Project

CHUNK_ITEMS = 500
HELD_ITEMS_MAX = 2_000  # a run of no more is held in memory while it is mapped
NET_S = 60  # the provider's own time limit lies behind ours: it works where our process died
_COUNTS = ("found", "mapped", "new", "updated", "skipped", "problems")
_logger = log.get(__name__)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Captured:
    """How one order fared. Counts are items (found, mapped, skipped, problems) and posts (new,
    updated).

    `status`: ok, failed, open (taken up by the next scrape), not asked, abandoned (given up by a
    person).
    """

    platform: str
    actor: str
    ask: str
    targets: int
    status: str
    capture_id: str = ""
    run_id: str = ""
    requested: int | None = None
    found: int = 0
    mapped: int = 0
    new: int = 0
    updated: int = 0
    skipped: int = 0
    problems: int = 0
    charged_usd: float | None = None
    new_keys: tuple[str, ...] = ()
    reason: str = ""
    exit_code: int = 0


@dataclass(frozen=True)
class Collector:
    """Where orders are placed: a project, its provider, and the provider's time when it was
    opened.
    """

    project: Project
    apify: Apify
    now: datetime


def not_asked(order: Order, reason: str, *, exit_code: int) -> Captured:
    """An order that was not placed, and why."""
    return Captured(
        *(order.platform, order.actor, order.ask, len(order.targets), "not asked"),
        reason=reason,
        exit_code=exit_code,
    )


def covered(cover: Cover) -> Captured:
    """Targets that are not asked, for an order that covers them."""
    return Captured(
        *(cover.platform, cover.actor, cover.ask, len(cover.targets), "not asked"),
        reason=cover.reason,
        exit_code=SourceFailed.exit_code,
    )


def place(collector: Collector, order: Order, *, max_usd: float) -> Row | Captured:
    """Write an order and start its run; returns its row in the ledger, or how it failed.

    Raises CredentialsMissing and StoreBusy: they hold for all orders.
    """
    store = collector.project.store
    row = job_rows.order_row(collector.project, order, max_usd=max_usd, provider_now=collector.now)
    job_store.write(store, row)

    def note_lost(starts: int) -> None:
        nonlocal row
        row = job_store.update(store, row, lost_starts=starts)

    try:
        job = collector.apify.begin(
            _order(collector, row), **_whereabouts(collector, row), note_lost=note_lost
        )
    except LostReply as error:
        return _left_open(collector.project, row, error)
    except (ActorGone, NotAllowed) as error:
        error.todo = f"{error.todo} {orders.other_actors(order)}"
        return _close(collector, row, status="failed", error=error)
    except (SourceFailed, BudgetReached) as error:
        return _close(collector, row, status="failed", error=error)
    except VtError as error:
        job_store.close(store, row, status="not_started", reason=str(error))
        raise
    return _note_run(collector, row, job)


def take_up(collector: Collector, row: Row) -> Captured | None:
    """Bring an order that was left open to its end, without a new run; None = it never started."""
    try:
        if not row["provider_run_id"]:
            job = collector.apify.find_patiently(
                _order(collector, row), **_whereabouts(collector, row)
            )
            if job is None:
                reason = "no run of it is known to Apify: it was never started"
                job_store.close(collector.project.store, row, status="not_started", reason=reason)
                return None
            row = _note_found(collector, row, job)
    except SourceFailed as error:
        return _left_open(collector.project, row, error)
    return collect(collector, row)


def collect(collector: Collector, row: Row) -> Captured:
    """Wait for the run of an order, book its charge, keep its items, map them and close it.

    Past `scraping.deadline_s` the run is aborted at the provider; what it collected is kept all the
    same.
    """
    store = collector.project.store
    try:
        if row["found"] is None:
            row, job = _ended(collector, row)
            n_items = _keep_items(collector, row, job)
            # Before `found` is known: after it nothing here is done again.
            _book(collector, {**row, "found": n_items})
            row = job_store.update(store, row, status="fetched", found=n_items)
    except SourceFailed as error:
        return _left_open(collector.project, job_store.get(store, row["capture_id"]) or row, error)
    return finish(collector.project, row)


def abandon(project: Project, apify: Apify | None, row: Row) -> Captured:
    """Give an open order up: end its run where it still runs, book what it cost, close it as
    `abandoned`.

    Where the provider cannot be asked (`apify` None = no token) its cost stays unknown, and
    possibly paid.
    """
    store, now = project.store, project.workspace.now()
    try:
        words = _settle(Collector(project, apify, now), row) if apify else "there is no APIFY_TOKEN"
    except VtError as error:
        words = error.message.rstrip(".")
    row = job_store.get(store, row["capture_id"]) or row
    if row["charged_usd"] is not None:
        cost = f"its run was charged ${row['charged_usd']:,.2f}"
    elif words:
        cost = f"what it cost is unknown, at most ${row['max_usd']:,.2f} ({words}); see vt costs"
        if not row["provider_run_id"]:
            row = job_store.update(store, row, lost_starts=row["lost_starts"] or 1)
    else:
        cost = "no run of it is known to Apify, so it cost nothing"
    reason = f"given up: {cost}"
    captures.begin(store, job_rows.capture_row(row, now=now))
    changes = {"status": "failed", "reason": reason, "charged_usd": row["charged_usd"]}
    capture_row = captures.finish(store, row["capture_id"], changes)
    job_store.close(store, row, status="abandoned", reason=reason)
    return replace(_captured(row, capture_row, exit_code=0), status="abandoned")


def finish(project: Project, row: Row) -> Captured:
    """Map the kept items of a fetched order as it was asked, and close it; needs no network.

    The same again ends in the same rows.
    """
    with project.store.session():
        return _finished(project, row)


def _finished(project: Project, row: Row) -> Captured:
    store, capture, order = project.store, job_rows.capture_of(row), job_rows.asked_of(row)
    batches: list[list[mapping.Item]] = []
    run_items: list[results.RunItem] = []
    for batch in captures.raw_items(store, capture.capture_id, chunk=HELD_ITEMS_MAX):
        run_items += results.look(batch, order)
        batches = [batch]
    selection = results.keep(run_items, order, captured_at=capture.captured_at)
    tally: Counter[str] = Counter()
    keys: set[str] = set()
    use = FieldUse()
    narrow = partial(results.narrow, kept=selection)
    is_whole = len(run_items) <= HELD_ITEMS_MAX
    again = captures.raw_items(store, capture.capture_id)
    for batch in batches if is_whole else again:
        for chunk in ingest.store_items(store, batch, capture, narrow):
            tally.update(chunk.tally)
            keys |= chunk.keys
            use.add(chunk.use)
    ran = results.Ran(order, row["provider_status"] or "", row["provider_message"] or "")
    new = job_store.new_posts(store, capture.capture_id)
    targets = results.per_target(run_items, selection, ran=ran, new=new)
    n_counted = sum(one.has_counts and not one.is_within for one in run_items)
    came = results.Came(
        *(ran, tuple(targets), tally, n_counted),
        at_cap=job_rows.is_at_cap(row),
        overcharge=job_rows.overcharge(row),
    )
    return _closed(project, row, came, keys, use.unread())


def settle_late(collector: Collector, besides: Collection[str] = ()) -> None:
    """Book charges that were not known when their orders were closed, and look again for runs of
    starts that were lost in earlier scrapes: in other captures than `besides`. Where the provider
    does not answer, the next scrape does it.
    """
    store = collector.project.store
    try:
        for row in job_store.unpriced(store, collector.project.slug):
            job = collector.apify.job(row["provider_run_id"])
            if job is not None and job.charged_usd is not None:
                _book(collector, job_store.update(store, row, charged_usd=job.charged_usd))
        for row in job_store.lost(store, collector.project.slug, besides=besides):
            job = collector.apify.find(_order(collector, row), **_whereabouts(collector, row))
            if job is not None and job.charged_usd is not None:
                _book(
                    collector,
                    {**row, "provider_run_id": job.run_id, "charged_usd": job.charged_usd},
                )
            if job is None or job.charged_usd is not None:
                job_store.update(store, row, lost_starts=0)
    except SourceFailed as error:
        _logger.warning("charges stay unknown", error=str(error))


def _order(collector: Collector, row: Row) -> ScrapeJob:
    limit_s = math.ceil(collector.project.params.scraping.deadline_s) + NET_S
    return ScrapeJob(row["actor"], row["run_input"], row["max_items"], row["max_usd"], limit_s)


def _whereabouts(collector: Collector, row: Row) -> dict[str, Any]:
    """Where the run of an order would be found, should the reply to its start be lost."""
    store = collector.project.store
    began = row.get("provider_asked_at") or row["asked_at"]
    return {"since": job_rows.utc(began), "taken": lambda: job_store.run_ids(store)}


def _note_run(collector: Collector, row: Row, job: ActorRun) -> Row:
    return job_store.update(
        collector.project.store,
        row,
        status="running",
        provider_run_id=job.run_id,
        dataset_id=job.dataset_id,
        run_started_at=job.started_at,
    )


def _note_found(collector: Collector, row: Row, job: ActorRun) -> Row:
    """The run of a start whose reply was lost is known now: one start less of which nobody
    knows.
    """
    rest = (row["lost_starts"] or 1) - 1
    return _note_run(
        collector, job_store.update(collector.project.store, row, lost_starts=rest), job
    )


def _ended(collector: Collector, row: Row) -> tuple[Row, ActorRun]:
    """The run of an order at its end, its charge booked as soon as it is told, before any item is
    read.

    Raises SourceFailed, too where the provider does not know the run: then a person decides.
    """
    if row["provider_status"] in ENDED and row["dataset_id"]:
        began = job_rows.utc(row["run_started_at"])
        return row, ActorRun(
            row["provider_run_id"], row["dataset_id"], row["provider_status"], began
        )
    job = collector.apify.job(row["provider_run_id"])
    if job is None:
        raise SourceFailed(_unknown_run(row))
    passed_s = (collector.project.workspace.now() - job_rows.utc(row["asked_at"])).total_seconds()
    rest_s = max(collector.project.params.scraping.deadline_s - passed_s, 0)
    job = collector.apify.wait(job, deadline_s=rest_s)
    return _note_end(collector, row, job), job


def _settle(collector: Collector, row: Row) -> str:
    """End the run of an order, where there is one, and book it; why its charge stays unknown (""
    = no run).
    """
    if row["provider_run_id"]:
        job = collector.apify.job(row["provider_run_id"])
        if job is None:
            return _unknown_run(row)
    else:
        job = collector.apify.find_patiently(_order(collector, row), **_whereabouts(collector, row))
        if job is None:
            job_store.update(collector.project.store, row, lost_starts=0)
            return ""
        row = _note_found(collector, row, job)
    _note_end(collector, row, job if job.has_ended else collector.apify.abort(job))
    return "Apify has not said it yet"


def _unknown_run(row: Row) -> str:
    return (
        f"run {row['provider_run_id']} is not known at Apify: was it deleted there, or is "
        "APIFY_TOKEN of "
        "another account?"
    )


def _note_end(collector: Collector, row: Row, job: ActorRun) -> Row:
    row = job_store.update(
        collector.project.store,
        row,
        provider_status=job.status,
        provider_message=job.message or None,
        run_started_at=job.started_at,
        run_ended_at=job.ended_at,
        charged_usd=job.charged_usd,
    )
    _book(collector, row)
    return row


def _keep_items(collector: Collector, row: Row, job: ActorRun) -> int:
    """Put everything a run collected among the raw items, before any of it is judged."""
    capture, n_items = job_rows.capture_of(row), 0
    capture_frames = {"captures": pd.DataFrame([job_rows.capture_row(row, now=collector.now)])}

    def raw_items(frames: ingest.Frames) -> ingest.Frames:
        return {**mapping.raw_frames(frames), **capture_frames}

    rows = enumerate(collector.apify.items(job), 1)
    while batch := list(islice(rows, CHUNK_ITEMS)):
        for _ in ingest.store_items(collector.project.store, batch, capture, raw_items):
            capture_frames.clear()
        n_items += len(batch)
    if capture_frames:
        captures.begin(collector.project.store, job_rows.capture_row(row, now=collector.now))
    return n_items


def _book(collector: Collector, row: Row) -> None:
    """Book what a run was charged, where it is known, and name a charge above its cap."""
    if row["charged_usd"] is None:
        return
    at, store = collector.project.workspace.now(), collector.project.store
    charge = job_rows.spend_row(row, usd=row["charged_usd"], units=row["found"], at=at)
    runs.book_charge(store, charge)
    if job_rows.overcharge(row):
        runs.add_problems(store, [job_rows.overcharge_problem(row, at=at)])


def _closed(
    project: Project, row: Row, came: results.Came, keys: set[str], unread: dict[str, int]
) -> Captured:
    """Close an order whose items are mapped: what is new in its shape, and whether it failed."""
    if job_rows.overcharge(row):  # mapping again has taken it away
        problem = job_rows.overcharge_problem(row, at=project.workspace.now())
        runs.add_problems(project.store, [problem])
    before = captures.previous_keys(project.store, row["actor"], before=row["capture_id"])
    least = project.params.importing.min_mapped_ratio
    status, reason, exit_code = results.judge(came, least=least)
    metrics = captures.vanished_metrics(project.store, row["capture_id"])
    # A vanished metric is a warning: all items are in. Where nothing has any count the judge has
    # said so.
    warnings = [vanished(metrics)] if metrics and status == "ok" else []
    reason = "; ".join(w for w in (reason, *warnings) if w)
    changes = {
        "status": status,
        "reason": reason or None,
        "new_keys": sorted(keys - before) if before else [],
        "warnings": warnings,
        "vanished": [str(one["metric"]) for one in metrics],
        "unread": unread,
        "charged_usd": row["charged_usd"],
        "ended_at": row["run_ended_at"],
    }
    capture_row = captures.finish(project.store, row["capture_id"], changes)
    job_store.close(project.store, row, status=status, reason=reason, targets=came.rows)
    return _captured(row, capture_row, exit_code=exit_code)


def _close(collector: Collector, row: Row, *, status: str, error: VtError) -> Captured:
    """Close an order that brought nothing."""
    store, capture_id = collector.project.store, row["capture_id"]
    captures.begin(store, job_rows.capture_row(row, now=collector.now))
    changes = {"status": "failed", "reason": str(error), "ended_at": collector.now}
    capture_row = captures.finish(store, capture_id, changes)
    job_store.close(store, row, status=status, reason=str(error))
    return _captured(row, capture_row, exit_code=error.exit_code)


def _left_open(project: Project, row: Row, error: SourceFailed) -> Captured:
    _logger.warning("left open", order=row["capture_id"], error=str(error))
    overcharge = job_rows.overcharge(row)
    covers = orders.cover_reason(
        {**row, "closed_at": None}, gap_h=project.params.scraping.min_gap_h
    )
    reason = " ".join(w for w in (error.message, overcharge and f"{overcharge}.", covers) if w)
    code = BudgetReached.exit_code if overcharge else error.exit_code
    return replace(_captured(row, {}, exit_code=code), status="open", reason=reason)


def _captured(row: Row, capture_row: Row, *, exit_code: int) -> Captured:
    result = Captured(
        *(row["platform"], row["actor"], row["ask"], len(row["targets"])),
        status=capture_row.get("status") or "",
        capture_id=row["capture_id"],
        run_id=row.get("provider_run_id") or "",
        requested=capture_row.get("requested"),
        charged_usd=row.get("charged_usd"),
        new_keys=tuple(capture_row.get("new_keys") or ()),
        reason=capture_row.get("reason") or "",
        exit_code=exit_code,
    )
    counts: dict[str, Any] = {n: int(capture_row.get(n) or 0) for n in _COUNTS}
    return replace(result, **counts)
