"""Outcomes of requests to a model, and their calls, as rows: saved once, and counted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC
from typing import Any

from vtlib.core import log
from vtlib.llm import answers as store
from vtlib.llm.outcomes import STOPS, Call, Outcome
from vtlib.llm.prices import Usage
from vtlib.llm.replies import recorded_outcome
from vtlib.llm.request import Request
from vtlib.store import runs
from vtlib.store.project import Project, one_session

NO_ROW = STOPS | {"not_recorded"}  # nothing is known of the request: another run sends it
EXIT_CODES = {"bad_key": 3, "not_allowed": 3, "quota_day": 8, "budget": 8}
_logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class About:
    """What a request is about: stage, task (names its problems), post (None = none), role."""

    stage: str
    task: str
    post_id: str | None
    role: str | None


@dataclass(slots=True)
class RequestSummary:
    """What a batch of requests came to: outcomes by status, answers known before, why it stopped
    early ("" = it did not). `usd` None = a cost is unknown; `possibly_usd`: the most that calls
    without a known cost may have taken.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    n_answered_before: int = 0
    n_open: int = 0
    stop_reason: str = ""
    tokens: int = 0
    usd: float | None = 0.0
    exit_code: int = 0
    possibly_usd: float = 0.0
    n_possibly: int = 0

    @property
    def most_usd(self) -> float:
        """US dollars spent at most; the rest of a cap is computed from it."""
        return (self.usd or 0.0) + self.possibly_usd

    @property
    def possibly_words(self) -> str:
        """The sentence on calls that may have been paid, "" for none."""
        if not self.n_possibly:
            return ""
        cost = f"at most ${self.possibly_usd:,.4f}" if self.possibly_usd else "no price is known"
        return (
            f"possibly paid besides: {self.n_possibly} "
            f"{'call' if self.n_possibly == 1 else 'calls'}, {cost} (vt costs)"
        )

    def add(self, outcome: Outcome, *, to: Counter[str], was_left: bool = True) -> None:
        """Count an outcome in `to`; `was_left`: it was counted in `n_left`."""
        to[outcome.status] += 1
        self.tokens += outcome.usage.total
        self.usd = None if self.usd is None or outcome.usd is None else self.usd + outcome.usd
        self.possibly_usd += outcome.possibly_usd
        self.n_possibly += sum(c.is_possibly_paid for c in outcome.calls)
        if outcome.status in STOPS:
            self.stop_reason = f"{outcome.status.replace('_', ' ')}: {outcome.reason}"
            self.exit_code = max(self.exit_code, EXIT_CODES.get(outcome.status, 5))
        else:
            self.n_open -= was_left
            self.exit_code = max(self.exit_code, 0 if outcome.has_data else 5)


@one_session
def recover_answers(project: Project, requests: Mapping[str, tuple[Request, About]]) -> int:
    """Save answers that a process received but died before saving; how many. They are paid:
    nothing is sent.

    `requests`: by the key of the request.
    """
    rows = store.answered_calls(project.store, list(requests))
    for row in rows:
        request, about = requests[row["analysis_id"]]
        save(project, request, recorded_outcome(call_of(row), request), about)
    return len(rows)


def save(project: Project, request: Request, outcome: Outcome, about: About) -> None:
    """Write the outcome of a request: its row, and a problem where there is no data."""
    if outcome.status in STOPS and not outcome.calls:
        return  # it was not sent
    if outcome.status not in NO_ROW:
        store.save_analysis(project.store, _row(project, request, outcome, about))
    if not outcome.has_data:
        source = about.post_id or about.role
        # A reply that is not recorded is a problem of every replay; any other problem of a
        # request is one row, however often it happens.
        replay = project.run_id if outcome.status == "not_recorded" else ""
        _logger.warning("no answer", task=about.task, about=source, status=outcome.status)
        problem = {
            "problem_id": "-".join(filter(None, (about.task, request.key, outcome.status, replay))),
            "project_id": project.slug,
            "run_id": project.run_id or None,
            "stage": about.stage,
            "kind": outcome.status,
            "reason": outcome.reason,
            "source": source,
            "seen_at": project.workspace.now(),
        }
        runs.add_problems(project.store, [problem])


def _row(project: Project, request: Request, outcome: Outcome, about: About) -> dict[str, Any]:
    """Columns of `analyses`."""
    usage, calls, options = outcome.usage, outcome.calls, request.options
    now = project.workspace.now()
    first = calls[0].started_at if calls else now
    last = (calls[-1].ended_at if calls else None) or now
    return {
        "analysis_id": request.key,
        "post_id": about.post_id,
        "project_id": project.slug,
        "run_id": project.run_id or None,
        "task": request.prompt.version.partition("/")[0],
        "prompt_version": request.prompt.version,
        "prompt_sha256": request.prompt.sha256,
        "schema_sha256": request.schema_sha256,
        "patterns_version": request.prompt.patterns_version or None,
        "model": options.model,
        "model_version": next((c.model_version for c in calls if c.model_version), None),
        "input_hash": request.input_hash,
        "media_sha256": next((a.sha256 for a in request.attachments), None),
        "options": {k: v for k, v in asdict(options).items() if k != "model"},
        "role": about.role or None,
        "status": outcome.status,
        "reason": outcome.reason or None,
        "repairs": list(outcome.repairs),
        "missing": list(outcome.missing),
        "raw_answer": outcome.raw,
        "answer": outcome.plain(),
        "finish_reason": outcome.finish_reason,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "tokens_thinking": usage.tokens_thinking,
        "tokens_cached": usage.tokens_cached,
        "usd": outcome.usd if any(not c.is_possibly_paid for c in calls) else None,
        "n_calls": len(calls),
        "seconds": round((last - first).total_seconds(), 3),
        "asked_at": first,
        "answered_at": last,
    }


def journal(project: Project) -> Callable[[Call], None]:
    """A function that saves calls and their spend, one at a time; request key = analysis_id."""
    lock = threading.Lock()

    def write(call: Call) -> None:
        with lock:
            store.save_call(project.store, call_row(project, call))

    return write


def call_row(project: Project, call: Call) -> dict[str, Any]:
    """Columns of `model_calls`."""
    usage = call.usage
    return {
        "call_id": call.call_id,
        "analysis_id": call.key,
        "project_id": project.slug,
        "run_id": project.run_id or None,
        "kind": call.kind,
        "model": call.model,
        "status": call.status,
        "reason": call.reason or None,
        "http_status": call.http_status,
        "raw_answer": call.raw,
        "finish_reason": call.finish_reason,
        "model_version": call.model_version,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "tokens_thinking": usage.tokens_thinking,
        "tokens_cached": usage.tokens_cached,
        "usd": call.usd,
        "estimate_usd": call.estimate_usd,
        "estimate_tokens": call.estimate_tokens,
        "started_at": call.started_at,
        "ended_at": call.ended_at,
    }


def call_of(row: Mapping[str, Any]) -> Call:
    """A row of `model_calls` as the call it was."""
    names = ("tokens_in", "tokens_out", "tokens_thinking", "tokens_cached")
    return Call(
        call_id=row["call_id"],
        key=row["analysis_id"],
        kind=row["kind"],
        model=row["model"],
        status=row["status"],
        started_at=row["started_at"].replace(tzinfo=UTC),
        ended_at=row["ended_at"] and row["ended_at"].replace(tzinfo=UTC),
        reason=row["reason"] or "",
        http_status=row["http_status"],
        raw=row["raw_answer"],
        finish_reason=row["finish_reason"],
        model_version=row["model_version"],
        usage=Usage(*(row[name] for name in names)),
        usd=row["usd"],
        estimate_usd=row["estimate_usd"],
        estimate_tokens=row["estimate_tokens"],
    )
