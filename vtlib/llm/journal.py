"""Calls as rows of `model_calls`, written before they are sent and when they have ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from vtlib.llm import answers as store
from vtlib.llm.outcomes import Call
from vtlib.llm.prices import Usage
from vtlib.store.project import Project


def journal(project: Project) -> Callable[[Call], None]:
    """A journal that writes calls and their spend into the store, one at a time; a request's key
    is its analysis_id.
    """
    lock = threading.Lock()

    def write(call: Call) -> None:
        with lock:
            store.save_call(project.store, call_row(project, call))

    return write


def call_row(project: Project, call: Call) -> dict[str, Any]:
    """Columns of `model_calls`."""
    used = call.usage
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
        "tokens_in": used.tokens_in,
        "tokens_out": used.tokens_out,
        "tokens_thinking": used.tokens_thinking,
        "tokens_cached": used.tokens_cached,
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
