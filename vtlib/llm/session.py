"""The model service as a project uses it: limits, caps and prices from its parameters, every
call on record.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from typing import Any, Literal

from vtlib.core.errors import BadInput, CredentialsMissing
from vtlib.core.rate_limits import RateLimiter
from vtlib.llm import answers as store
from vtlib.llm import costs
from vtlib.llm.budget import Budget, Cap
from vtlib.llm.client import Access, Gemini
from vtlib.llm.outcomes import Call
from vtlib.llm.prices import Prices, Usage
from vtlib.llm.question import Options
from vtlib.llm.retries import Patience
from vtlib.store.project import Project


def options(project: Project, *, model: str) -> Options:
    """How a project asks a model."""
    asked = project.params.gemini
    return Options(
        model=model,
        max_output_tokens=asked.max_output_tokens,
        resolution=asked.resolution,
        fps=asked.fps,
        thinking=asked.thinking,
        temperature=asked.temperature,
    )


def prices(project: Project) -> Prices:
    """Prices of the house and of the project."""
    return Prices.load(project.params.prices)


def service(project: Project, *, model: str, max_cost_usd: float) -> Gemini:
    """The service, to be closed. Raises CredentialsMissing without GEMINI_API_KEY."""
    key = project.workspace.settings.gemini_api_key
    if key is None or not key.get_secret_value():
        raise CredentialsMissing("no GEMINI_API_KEY is set.", todo="Put it into .env: vt doctor.")
    asked = project.params.gemini
    limiter = RateLimiter(
        {"requests": asked.requests_per_minute, "tokens": asked.tokens_per_minute}
    )
    chosen = options(project, model=model)
    return Gemini(
        Access(
            key.get_secret_value(),
            project.workspace.settings.gemini_url,
            api_version=asked.api_version,
            timeout_s=asked.timeout_s,
            ready_wait_s=asked.ready_wait_s,
            inline_max_bytes=int(asked.inline_max_mb * 1e6),
        ),
        limiter=limiter,
        patience=Patience(limiter, attempts=asked.attempts, deadline_s=asked.deadline_s),
        budget=Budget(caps(project, max_cost_usd=max_cost_usd)),
        prices=prices(project),
        journal=journal(project),
        reasks=asked.reasks,
        tokens_per_s=store.tokens_per_second(
            project.store,
            model=model,
            options={"fps": chosen.fps, "resolution": chosen.resolution},
        ),
        settings=settings(project),
    )


def settings(project: Project) -> dict[str, str]:
    """By the name of a model the parameters that name it."""
    params = project.params
    named = {
        "analysis.model": params.analysis.model,
        "analysis.first_model": params.analysis.first_model,
        "adaptation.model": params.adaptation.model,
    }
    return {m: " and ".join(k for k, v in named.items() if v == m) for m in named.values() if m}


def caps(project: Project, *, max_cost_usd: float) -> list[Cap]:
    """What a run, the project and the day may take, and what they took already."""
    costs.price_calls(project)  # what got its price later counts, too
    asked, day = project.params.gemini, project.workspace.now()
    midnight = day.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ever = store.spent(project.store, project=project.slug)
    today = store.spent(project.store, since=midnight)
    return [
        Cap("run", usd=max_cost_usd, tokens=asked.max_tokens_run),
        Cap("project", usd=asked.max_cost_project_usd, spent_usd=ever[0]),
        Cap(
            "day",
            usd=asked.max_cost_day_usd,
            tokens=asked.max_tokens_day,
            spent_usd=today[0],
            spent_tokens=today[1],
        ),
    ]


def is_capped(project: Project, section: Literal["analysis", "adaptation", "comparison"]) -> bool:
    """Whether somebody set a cap in dollars, be it the same as the default. A cap that nobody
    set is no order: without prices tokens are counted (gemini.max_tokens_run).
    """
    params, asked = getattr(project.params, section), project.params.gemini
    is_set = "max_cost_usd" in params.model_fields_set
    return is_set or (asked.max_cost_project_usd, asked.max_cost_day_usd) != (None, None)


def require_price(project: Project, models: Iterable[str], *, field: str) -> None:
    """Raises BadInput, naming `field`, when one of `models` has no known price: a cap in dollars
    could not hold.
    """
    known, today = prices(project), project.workspace.now().date()
    for model in dict.fromkeys(models):
        if known.of(model, today) is None:
            raise BadInput(
                f"a cap in dollars cannot hold: no price of {model} is known.",
                todo="Enter what you pay under prices: in the YAML (docs/analysis.md), or use "
                "gemini.max_tokens_run.",
                field=field,
            )


def journal(project: Project) -> Callable[[Call], None]:
    """A journal that writes calls and their spend into the store, one at a time; a question's
    key is its analysis_id.
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
