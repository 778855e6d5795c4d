"""A job: what is to be done, what excludes what, and which failures are worth another try."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vtlib.core.errors import ModelFailed, SourceFailed, StoreBusy

KINDS = ("fetch", "measure", "ask", "capture", "judge", "run", "report", "watch")
MONEY = ("ask", "capture", "run")  # a project does one of these at a time: they spend of one budget
TRIES_MAX = 6
BUSY_S, PASSING_S, LONGEST_S = 5.0, 30.0, 3600.0
TAKEN_S = 15  # before a job looks again whether another process has left its folder
TRANSIENT = (SourceFailed.exit_code, ModelFailed.exit_code, StoreBusy.exit_code)

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """Work of a kind on a project. `pairs`: parameters as `section.key=value`; `entry` and `due_at`
    (UTC): the time of a schedule that it is for. `by`: who added it.
    """

    kind: str
    project: str
    pairs: tuple[str, ...] = ()
    entry: str = ""
    due_at: datetime | None = None
    by: str = ""

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Job:
        """The job of `facts`."""
        due_at = facts.get("due_at")
        return cls(
            facts["kind"],
            facts["project"],
            tuple(facts["pairs"]),
            facts["entry"],
            datetime.fromisoformat(due_at) if due_at else None,
            facts.get("by", ""),
        )

    @property
    def facts(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        due_at = self.due_at.isoformat() if self.due_at else None
        return {
            "kind": self.kind,
            "project": self.project,
            "pairs": list(self.pairs),
            "entry": self.entry,
            "due_at": due_at,
            "by": self.by,
        }

    @property
    def lock(self) -> str | None:
        """What runs one at a time; None: beside anything."""
        return f"money:{self.project}" if self.kind in MONEY else None

    @property
    def sameness(self) -> str:
        """What waits once, however often it is added."""
        pairs = json.dumps(sorted(self.pairs)).encode()
        return f"{self.kind}:{self.project}:{hashlib.sha256(pairs).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job ended: the exit code of the same command, and a sentence."""

    exit_code: int
    message: str


class Interrupted(Exception):
    """The job gave its place back between two items; what it did is kept, and it goes on after
    `wait_s` seconds.
    """

    def __init__(self, reason: str, *, is_paused: bool = False, wait_s: int = 1) -> None:
        super().__init__(reason)
        self.is_paused, self.wait_s = is_paused, wait_s


class GivenUp(Exception):
    """The job is not this process's any more: somebody cancelled it, or took it for dead."""


class JobFailed(Exception):
    """A job that ended with an exit code that is not 0; `wait_s` as the function of that name."""

    def __init__(self, outcome: JobOutcome, wait_s: float | None) -> None:
        super().__init__(outcome.message)
        self.wait_s = wait_s


def wait_s(exit_code: int, tries: int, draw: float) -> float | None:
    """Seconds before the next try after `tries` failed ones; None: there is none.

    4 times as long each time, up to an hour, times .5 to 1.5 by `draw` (0 to 1), so that workers do
    not come back all at once. What is wrong for good (input, keys, data, a budget) is not tried
    again.
    """
    if exit_code not in TRANSIENT or tries >= TRIES_MAX:
        return None
    first = BUSY_S if exit_code == StoreBusy.exit_code else PASSING_S
    return float(min(first * 4 ** (tries - 1), LONGEST_S) * (0.5 + draw))
