"""Recorded replies: a project's calls as files, and the model that answers from them without
network or cost.

A folder holds `<key>.json` for every request (status and reason of its outcome, its calls in order)
and `run-<project>.json` for every run that was recorded (its id and the clock it ran under).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from vtlib.core.errors import BadInput
from vtlib.llm import answers as store
from vtlib.llm.client import ASKED_AGAIN
from vtlib.llm.failures import Failed, Failure, FileRefused
from vtlib.llm.model import ModelFacts, Reply
from vtlib.llm.outcomes import REPLY_STATUSES, Call
from vtlib.llm.records import call_of
from vtlib.llm.replies import BLOCK_PREFIX
from vtlib.llm.request import Request
from vtlib.store.project import Project

_TIMES = ("started_at", "ended_at")
_PLACE = ("project_id", "run_id")  # where a call was made: a replay books it for its own run


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run that was recorded: its id, and the clock that all its stages read (UTC)."""

    run_id: str
    clock: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded request: status and reason of its outcome ("" = none), its calls in order."""

    status: str
    reason: str
    calls: tuple[Call, ...]

    def failure(self, position: int) -> Failure:
        """Why the call at `position` brought no reply. It is passing while there is a call after
        it; the last one ends as the outcome did, unless an earlier call was answered.
        """
        call, is_last = self.calls[position], position + 1 == len(self.calls)
        has_answer = any(c.status in REPLY_STATUSES for c in self.calls)
        status, reason = call.status, call.reason
        if is_last and self.status and not has_answer:
            status, reason = self.status, self.reason  # type: ignore[assignment]
        return Failure(status, reason, call.http_status, is_passing=not is_last, wait_s=0.0)


@dataclass
class Replay:
    """A folder of recorded replies as a model. Missing requests fail as `not_recorded`."""

    folder: Path
    _positions: dict[str, int] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    is_remote = False

    def ask(self, request: Request) -> Reply:
        """The next recorded reply. Raises Failed as recorded, or with `not_recorded`."""
        recording = read(self.folder, request.key)
        if recording is None:
            reason = (
                f"no reply to {request.prompt.version} ({request.key}) is recorded in {self.folder}"
            )
            raise Failed(Failure("not_recorded", reason))
        with self._lock:
            position = self._positions.get(request.key, 0)
            self._positions[request.key] = position + 1
        if position >= len(recording.calls):
            _, _, refusal = recording.reason.partition(ASKED_AGAIN)
            reason = refusal or f"{request.key} was not sent once more when it was recorded"
            raise Failed(Failure("not_recorded", reason))
        call = recording.calls[position]
        if call.status not in REPLY_STATUSES:
            raise Failed(recording.failure(position), call)
        return reply_of_call(call)

    @contextmanager
    def attached(self, request: Request, **_: Any) -> Iterator[Request]:
        """The request as it is: no file is read. Raises FileRefused where that was recorded."""
        recording = read(self.folder, request.key)
        if recording and not recording.calls and recording.status:
            raise FileRefused(Failure(recording.status, recording.reason))  # type: ignore[arg-type]
        yield request

    def check(self, name: str, **_: Any) -> ModelFacts:
        """Every model exists: its replies are recorded or missing."""
        return ModelFacts(name)

    def count(self, request: Request) -> int | None:  # noqa: ARG002 - as the protocol has it
        """Nothing is counted."""
        return None

    def explain(self, failure: Failure, **_: Any) -> Failure:
        """The failure as it was recorded."""
        return failure

    def sweep(self) -> int:
        """A replay leaves no files."""
        return 0

    def close(self) -> None:
        """There is nothing to close."""


def reply_of_call(call: Call) -> Reply:
    """The reply that a recorded call brought."""
    is_blocked = call.status == "blocked"
    has_flaw = call.status == "unreadable" and call.raw is None
    return Reply(
        text=call.raw,
        finish_reason=call.finish_reason,
        block_reason=call.reason.removeprefix(BLOCK_PREFIX) if is_blocked else "",
        usage=call.usage,
        model_version=call.model_version,
        flaw=call.reason if has_flaw else "",
        call=call,
    )


def read(folder: Path, key: str) -> Recording | None:
    """The recording of a request, or None. Raises BadInput for a file that is no recording."""
    path = folder / f"{key}.json"
    try:
        data = orjson.loads(path.read_bytes())
        calls = tuple(call_of(_with_times(row)) for row in data["calls"])
        return Recording(data["status"] or "", data["reason"] or "", calls)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"not a recorded reply: {error}", file=str(path)) from None


def require_new(folder: Path) -> None:
    """Raises BadInput where `folder` holds something: two recordings in one folder would mix."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is not empty.", todo="Name a new folder for the recording.")


def recorded_run(folder: Path, project: str) -> RecordedRun:
    """The run of a project that a folder holds. Raises BadInput when it holds none."""
    path = folder / f"run-{project}.json"
    try:
        data = orjson.loads(path.read_bytes())
        return RecordedRun(data["run_id"], datetime.fromisoformat(data["clock"]))
    except OSError:
        todo = f"Record one: vt run {project} --record {folder}"
        raise BadInput(f"{folder} holds no recorded run of {project}.", todo=todo) from None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"not a recorded run: {error}", file=str(path)) from None


def write(project: Project, folder: Path, run: RecordedRun) -> int:
    """Write a run and, for every request of the project, what came of it; how many requests.

    Taken from `analyses` and `model_calls`: replies of earlier runs count, too. An outcome keeps
    the calls that led to it; a request without one keeps all of its calls.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = store.requests_to_replay(project.store, project.slug)
    for row in rows:
        calls = [_plain(call) for call in row.pop("calls")]
        _save(folder / f"{row['key']}.json", {**row, "calls": calls})
    about = {"run_id": run.run_id, "clock": run.clock.isoformat(), "requests": len(rows)}
    _save(folder / f"run-{project.slug}.json", about)
    return len(rows)


def n_missing(project: Project, run_id: str) -> int:
    """How many requests of a run were not in its recording."""
    rows = project.store.query(
        "SELECT count(*) AS n FROM problems WHERE run_id = $run_id AND kind = 'not_recorded'",
        {"run_id": run_id},
    )
    return int(rows["n"].iloc[0])


def _plain(call: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in call.items() if name not in _PLACE}
    return row | {name: row[name] and row[name].isoformat() for name in _TIMES}


def _with_times(row: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: row[name] and datetime.fromisoformat(row[name]) for name in _TIMES}
    return {**row, **times}


def _save(path: Path, data: Mapping[str, Any]) -> None:
    path.write_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2))
