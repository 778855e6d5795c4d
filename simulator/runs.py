"""Actor runs at the simulated provider: what they find is fixed at the start, when it is there
is a matter of time, and what they cost follows what was delivered.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from simulator.actors import ActorSpec
from simulator.exports.frame import Item
from simulator.faults import Fault

READY_S = 0.1
RUN_FAULTS = frozenset(
    [
        "run_failed",
        "run_timed_out",
        "run_aborted",
        "run_stuck",
        "partial_dataset",
        "error_items",
        "renamed_fields",
    ]
)
_ENDS = {"run_failed": "FAILED", "run_timed_out": "TIMED-OUT", "run_aborted": "ABORTED"}
# Fields that hold counts, as the real actors name them.
_COUNTS = frozenset(
    [
        "videoViewCount",
        "videoPlayCount",
        "likesCount",
        "commentsCount",
        "playCount",
        "diggCount",
        "shareCount",
        "commentCount",
        "collectCount",
        "viewCount",
        "likes",
        "retweetCount",
        "replyCount",
        "likeCount",
        "bookmarkCount",
        "viewsCount",
        "shares",
        "comments",
        "stats",
        "reaction_counts",
        "id",
        "postId",
        "activity_urn",
        "shortCode",
    ]
)


@dataclass(slots=True)
class Run:
    """One run. `world_at` the world's time at its start; `items` all it will find; `run_s` how
    long that takes (inf = never done); `end` the status it comes to; `paid_items` at most so
    many are charged.
    """

    run_id: str
    actor: ActorSpec
    run_input: Any
    world_at: datetime
    items: list[Item]
    run_s: float
    end: str = "SUCCEEDED"
    message: str = ""
    paid_items: float = math.inf
    max_items: int | None = None
    max_usd: float | None = None
    timeout_s: int = 3600
    fault: str = ""
    began: float = field(default_factory=time.monotonic)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    stopped_at_s: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def age_s(self) -> float:
        """Real seconds since the start, standing still once it was aborted."""
        return time.monotonic() - self.began if self.stopped_at_s is None else self.stopped_at_s

    @property
    def status(self) -> str:
        if self.stopped_at_s is not None:
            return "ABORTED"
        if self.age_s < READY_S:
            return "READY"
        if self.age_s < READY_S + min(self.run_s, self.timeout_s):
            return "RUNNING"
        return self.end if self.run_s <= self.timeout_s else "TIMED-OUT"

    @property
    def has_ended(self) -> bool:
        return self.status not in ("READY", "RUNNING")

    @property
    def delivered(self) -> list[Item]:
        """What is in the dataset by now: items arrive evenly while the run runs."""
        if self.status == self.end and self.stopped_at_s is None:
            return self.items
        spent = min(max(self.age_s - READY_S, 0), self.timeout_s)
        whole = 0.5 if math.isinf(self.run_s) else self.run_s
        return self.items[: int(len(self.items) * min(1.0, spent / max(whole, 1e-9)))]

    @property
    def charged_items(self) -> int:
        return int(min(len(self.delivered), self.paid_items))

    @property
    def charged_usd(self) -> float:
        return round(self.charged_items * self.actor.usd_per_item, 6)

    def abort(self) -> None:
        """Stop where it is; an ended run stays as it ended."""
        with self.lock:
            if not self.has_ended:
                self.stopped_at_s = self.age_s

    def wait(self, seconds: float) -> None:
        """Wait until the run has ended, at most `seconds`."""
        until = time.monotonic() + seconds
        while not self.has_ended and (rest := until - time.monotonic()) > 0:
            time.sleep(min(rest, 0.02))

    def finished_at(self) -> datetime | None:
        """In the world's time; a run takes a few simulated seconds."""
        if not self.has_ended:
            return None
        whole_s = READY_S + min(self.run_s, self.timeout_s)
        return self.world_at + timedelta(seconds=min(self.age_s, whole_s))


def spoil(run: Run, fault: Fault) -> None:
    """Let `fault` decide how `run` goes."""
    run.fault = fault.kind
    share = int(len(run.items) * fault.option("share", 0.5))
    if fault.kind == "error_items":
        run.items = [{"url": "", "error": "no_items", "errorDescription": "Blocked"}] * 3
    elif fault.kind == "renamed_fields":
        run.items = [_renamed(item) for item in run.items]
    else:
        run.items = run.items[:share]
    if fault.kind in _ENDS:
        run.end, run.message = _ENDS[fault.kind], "by order of the sandbox"
    if fault.kind == "run_stuck":
        run.run_s = math.inf


def cap(run: Run) -> None:
    """Apply both caps: a charge stops the run; a number of items caps the charge, and the
    results too unless the actor goes on regardless.
    """
    if run.max_usd is not None:
        affordable = int(run.max_usd / run.actor.usd_per_item + 1e-9)
        if affordable < len(run.items):
            run.items, run.message = run.items[:affordable], "maximum charge reached"
    if run.max_items is not None:
        run.paid_items = run.max_items
        if run.actor.stops_at_max_items:
            run.items = run.items[: run.max_items]


def fingerprint(run: Run) -> str:
    """Actor, input and hour in one text: two runs that share it are one request paid twice."""
    hour = f"{run.world_at:%Y-%m-%dT%H}"
    return (
        f"{run.actor.name} {hour} "
        f"{orjson.dumps(run.run_input, option=orjson.OPT_SORT_KEYS).decode()}"
    )


def _renamed(item: Item) -> Item:
    return {(f"{k}New" if k in _COUNTS else k): v for k, v in item.items()}
