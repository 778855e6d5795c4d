"""The model as a project uses it: provider, rates, caps and prices from its parameters, every
call on record.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import UTC
from typing import Literal

from vtlib.core.errors import BadInput, CredentialsMissing
from vtlib.core.rate_limits import RateLimiter
from vtlib.llm import answers as store
from vtlib.llm import costs
from vtlib.llm.budget import Budget, Cap
from vtlib.llm.client import Client
from vtlib.llm.gemini import Access, Gemini
from vtlib.llm.model import Model
from vtlib.llm.prices import Prices
from vtlib.llm.recording import Replay
from vtlib.llm.records import journal
from vtlib.llm.request import Options
from vtlib.llm.retries import Retries
from vtlib.store.project import Project


def options(project: Project, *, model: str) -> Options:
    """How a project asks a model."""
    asked = project.params.model
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


def client(project: Project, *, model: str, max_cost_usd: float) -> Client:
    """The model of a project within its rates and caps, to be closed. Raises CredentialsMissing
    without a key.
    """
    params = project.params.model
    limiter = RateLimiter(
        {"requests": params.requests_per_minute, "tokens": params.tokens_per_minute}
    )
    chosen = options(project, model=model)
    provider = model_of(project)
    # A recorded failure is followed by the next recorded call: how often that was tried is
    # recorded, too.
    attempts = params.attempts if provider.is_remote else sys.maxsize
    return Client(
        provider,
        limiter=limiter,
        retries=Retries(limiter, attempts=attempts, deadline_s=params.deadline_s),
        budget=Budget(caps(project, max_cost_usd=max_cost_usd)),
        prices=prices(project),
        journal=journal(project),
        reasks=params.reasks,
        tokens_per_s=store.tokens_per_second(
            project.store,
            model=model,
            options={"fps": chosen.fps, "resolution": chosen.resolution},
        ),
        settings=settings(project),
    )


def model_of(project: Project) -> Model:
    """The provider of a project's models: a recording where one is replayed, else that of
    `model.provider`.
    """
    folder = project.workspace.settings.replay
    return Replay(folder) if folder else _PROVIDERS[project.params.model.provider](project)


def _gemini(project: Project) -> Gemini:
    """Raises CredentialsMissing without GEMINI_API_KEY."""
    key = project.workspace.settings.gemini_api_key
    if key is None or not key.get_secret_value():
        raise CredentialsMissing("no GEMINI_API_KEY is set.", todo="Put it into .env: vt doctor.")
    params = project.params.model
    return Gemini(
        Access(
            key.get_secret_value(),
            project.workspace.settings.gemini_url,
            api_version=params.api_version,
            timeout_s=params.timeout_s,
            ready_wait_s=params.ready_wait_s,
            inline_max_bytes=int(params.inline_max_mb * 1e6),
        )
    )


_PROVIDERS: dict[str, Callable[[Project], Model]] = {"gemini": _gemini}


def settings(project: Project) -> dict[str, str]:
    """By the name of a model the parameters that name it."""
    params = project.params.model
    named = {
        "model.name": params.name,
        "model.first_pass": params.first_pass,
        "model.scripts": params.scripts,
    }
    return {m: " and ".join(k for k, v in named.items() if v == m) for m in named.values() if m}


def caps(project: Project, *, max_cost_usd: float) -> list[Cap]:
    """What a run, the project and the day may take, and what they took already."""
    costs.price_calls(project)  # what got its price later counts, too
    asked, day = project.params.model, project.workspace.now()
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
    set is no order: without prices tokens are counted (model.max_tokens_run).
    """
    params, asked = getattr(project.params, section), project.params.model
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
                "model.max_tokens_run.",
                field=field,
            )
