"""A project's model: provider, rates, caps and prices from its parameters, every call recorded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import UTC
from functools import partial
from typing import Literal

from vtlib.core.errors import BadInput, CredentialsMissing
from vtlib.core.rate_limits import RateLimiter
from vtlib.llm import answers as store
from vtlib.llm import costs
from vtlib.llm.budget import Budget, Cap
from vtlib.llm.client import Client
from vtlib.llm.model import Model
from vtlib.llm.prices import Prices
from vtlib.llm.recording import Replay
from vtlib.llm.records import journal
from vtlib.llm.request import Options
from vtlib.llm.retries import Retries
from vtlib.store.project import Project


def options(project: Project, *, model: str) -> Options:
    """The options of a project's requests to a model."""
    params = project.params.model
    return Options(
        model=model,
        max_output_tokens=params.max_output_tokens,
        resolution=params.resolution,
        fps=params.fps,
        thinking=params.thinking,
        temperature=params.temperature,
    )


def prices(project: Project) -> Prices:
    """Prices of the house and of the project."""
    return Prices.load(project.params.prices)


def client(project: Project, *, model: str, max_cost_usd: float) -> Client:
    """A project's model within its rates and caps; close it. Raises CredentialsMissing."""
    params = project.params.model
    limiter = RateLimiter(
        {"requests": params.requests_per_minute, "tokens": params.tokens_per_minute}
    )
    request_options = options(project, model=model)
    provider = model_of(project)
    # A replay repeats as often as the recording did: its last failure is not passing.
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
            options={"fps": request_options.fps, "resolution": request_options.resolution},
        ),
        settings=settings(project),
    )


def model_of(project: Project) -> Model:
    """A project's provider: a recording during a replay, else that of `model.provider`."""
    folder = project.workspace.settings.replay
    return Replay(folder) if folder else _PROVIDERS[project.params.model.provider](project)


def _gemini(project: Project) -> Model:
    """Raises CredentialsMissing without GEMINI_API_KEY."""
    # google-genai takes a second to load; most commands and every stage but two never ask it.
    from vtlib.llm.gemini import Access, Gemini  # noqa: PLC0415

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
    names = {
        "model.name": params.name,
        "model.first_pass": params.first_pass,
        "model.scripts": params.scripts,
    }
    return {m: " and ".join(k for k, v in names.items() if v == m) for m in names.values() if m}


def caps(project: Project, *, max_cost_usd: float) -> list[Cap]:
    """The caps of the run, the project, its day and the workspace's day, with what was spent of
    each before.
    """
    costs.price_calls(project)  # calls that got a price later count, too
    params, day = project.params.model, project.workspace.now()
    midnight = day.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ever = store.spend_so_far(project.store, project=project.slug)
    today = store.spend_so_far(project.store, since=midnight)
    is_team = bool(project.workspace.settings.database_url)
    own_today = store.spend_so_far(project.store, project=project.slug, since=midnight)
    return [
        Cap("run", usd=max_cost_usd, tokens=params.max_tokens_run),
        Cap("project", usd=params.max_cost_project_usd, spent_usd=ever[0]),
        Cap("project's day", usd=params.max_cost_project_day_usd, spent_usd=own_today[0]),
        Cap(
            "day",
            usd=params.max_cost_day_usd,
            tokens=params.max_tokens_day,
            spent_usd=today[0],
            spent_tokens=today[1],
            by_all=partial(store.spend_so_far, project.store, since=midnight) if is_team else None,
        ),
    ]


def is_capped(project: Project, section: Literal["analysis", "adaptation", "comparison"]) -> bool:
    """Whether somebody set a cap in dollars, even one equal to the default. A default cap does
    not require prices: without them tokens are counted (model.max_tokens_run).
    """
    params, model = getattr(project.params, section), project.params.model
    is_set = "max_cost_usd" in params.model_fields_set
    caps_usd = (
        model.max_cost_project_usd,
        model.max_cost_project_day_usd,
        model.max_cost_day_usd,
    )
    return is_set or any(usd is not None for usd in caps_usd)


def require_price(project: Project, models: Iterable[str], *, field: str) -> None:
    """Raises BadInput with `field` if one of `models` has no price: a dollar cap needs one."""
    price_table, today = prices(project), project.workspace.now().date()
    for model in dict.fromkeys(models):
        if price_table.of(model, today) is None:
            raise BadInput(
                f"a cap in dollars cannot hold: no price of {model} is known.",
                todo="Enter what you pay under prices: in the YAML (docs/analysis.md), or use "
                "model.max_tokens_run.",
                field=field,
            )
