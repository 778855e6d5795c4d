"""Questions without a film: asked once within caps, each outcome saved as it comes, never paid twice."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from vtlib import log
from vtlib.errors import BadInput
from vtlib.flows import asking
from vtlib.project import Project
from vtlib.services.gemini import (
    DATA,
    LASTING,
    STOPS,
    Outcome,
    Question,
    Usage,
    kept_outcome,
)
from vtlib.store import analyses as store
from vtlib.store import runs

EXIT_CODES = {"bad_key": 3, "not_allowed": 3, "quota_day": 8, "budget": 8}
Progress = Callable[[int], None]
_logger = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question about a post (None: about none), and why it is asked."""

    question: Question
    task: str
    post_id: str | None
    role: str = ""

    @property
    def key(self) -> str:
        return self.question.key


@dataclass(slots=True)
class Done:
    """What was asked: outcomes by status, answers known before, why it stopped early ("" = it did not).
    `usd` None = a cost is unknown.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    n_known: int = 0
    n_left: int = 0
    stopped: str = ""
    tokens: int = 0
    usd: float | None = 0.0
    exit_code: int = 0


def wanted(question: Question, *, task: str, post_id: str | None, about: str, role: str) -> Wanted:
    """A question under its key: the same about (post, product) and the same question, the same key."""
    digest = hashlib.sha256(f"{task}/{about}/{question.identity}".encode()).hexdigest()[:24]
    return Wanted(replace(question, key=digest), task, post_id, role)


def open_ones(project: Project, asked: Sequence[Wanted]) -> list[Wanted]:
    """Those that have no lasting outcome yet. Nothing is asked."""
    known = store.statuses(project.store, [w.key for w in asked])
    return [w for w in asked if known.get(w.key) not in LASTING]


def estimate(project: Project, asked: Sequence[Wanted]) -> pd.DataFrame:
    """A row a question: task, post_id, tokens_in (by formula), tokens_out_max, usd_max (None = no price)."""
    prices, today = asking.prices(project), project.workspace.now().date()
    rows = []
    for one in asked:
        tokens, most = one.question.guessed_tokens_in(), one.question.options.max_output_tokens
        usd = prices.cost_usd(one.question.options.model, Usage(tokens, most), on=today)
        rows.append((one.task, one.post_id, tokens, most, usd))
    columns = ["task", "post_id", "tokens_in", "tokens_out_max", "usd_max"]
    return pd.DataFrame(rows, columns=columns)


def ask(
    project: Project,
    asked: Sequence[Wanted],
    *,
    max_cost_usd: float,
    progress: Progress | None = None,
) -> Done:
    """Ask those that have no outcome yet and save what comes, one by one.

    An answer that came but was not saved (a process died) is taken from the record of calls. Raises
    CredentialsMissing without a key, when there is something to ask.
    """
    _take_up(project, open_ones(project, asked))
    rest = {w.key: w for w in open_ones(project, asked)}
    done = Done(n_known=len(asked) - len(rest), n_left=len(rest))
    if not rest:
        return done
    model = next(iter(rest.values())).question.options.model
    with asking.service(project, model=model, max_cost_usd=max_cost_usd) as gemini:
        gemini.check_model(model)
        concurrency = project.params.gemini.concurrency
        for question, outcome in gemini.ask_all(
            [w.question for w in rest.values()], concurrency=concurrency
        ):
            _save(project, rest[question.key], outcome)
            _count(done, outcome)
            if progress:
                progress(1)
    return done


def require_caps(
    project: Project, section: Literal["adaptation", "comparison"], model: str
) -> None:
    """Raises BadInput when somebody set a cap in dollars that could not hold; the default one is no order: without
    prices tokens are counted (gemini.max_tokens_run).
    """
    params, asked = getattr(project.params, section), project.params.gemini
    is_set = params.max_cost_usd != type(params).model_fields["max_cost_usd"].default
    if is_set or asked.max_cost_project_usd is not None or asked.max_cost_day_usd is not None:
        require_price(project, model)


def require_price(project: Project, model: str) -> None:
    """Raises BadInput when a cap in dollars is asked for and no price of `model` is known: it could not hold."""
    if asking.prices(project).of(model, project.workspace.now().date()) is None:
        raise BadInput(
            f"a cap in dollars cannot hold: no price of {model} is known.",
            todo="Enter what you pay under prices: in the YAML, or use gemini.max_tokens_run.",
            field="max_cost",
        )


def both(first: Done, second: Done) -> Done:
    """Two rounds as one."""
    usd = None if first.usd is None or second.usd is None else first.usd + second.usd
    return Done(
        first.outcomes + second.outcomes,
        first.n_known + second.n_known,
        first.n_left + second.n_left,
        "; ".join(s for s in (first.stopped, second.stopped) if s),
        first.tokens + second.tokens,
        usd,
        max(first.exit_code, second.exit_code),
    )


def most(estimate: pd.DataFrame) -> dict[str, Any]:
    """What the questions of an `estimate` may take: tokens_max, usd_max (None = a price is missing)."""
    usd = estimate["usd_max"]
    is_priced = len(usd) > 0 and bool(usd.notna().all())
    tokens = int(estimate["tokens_in"].sum() + estimate["tokens_out_max"].sum())
    return {"tokens_max": tokens, "usd_max": float(usd.sum()) if is_priced else None}


def most_words(estimate: pd.DataFrame) -> str:
    """`most` in words."""
    found = most(estimate)
    usd = found["usd_max"]
    cost = "cost unknown: no price is known" if usd is None else f"at most ${usd:,.4f}"
    return f"at most {found['tokens_max']:,} tokens, {cost}"


def words(done: Done) -> str:
    """What was asked, in a line."""
    cost = "cost unknown: no price is known" if done.usd is None else f"${done.usd:,.4f}"
    ended = ", ".join(f"{s.replace('_', ' ')} {n}" for s, n in done.outcomes.most_common())
    asked = f"now asked: {sum(done.outcomes.values())}" + (f" ({ended})" if ended else "")
    told = f"{asked}, known before: {done.n_known}, left: {done.n_left}; {done.tokens:,} tokens, {cost}"
    return f"{told}\nstopped: {done.stopped}" if done.stopped else told


def _take_up(project: Project, asked: Sequence[Wanted]) -> None:
    by_key = {w.key: w for w in asked}
    for row in store.answered_calls(project.store, list(by_key)):
        one = by_key[row["analysis_id"]]
        _save(project, one, kept_outcome(asking.call_of(row), one.question.answer))


def _save(project: Project, one: Wanted, outcome: Outcome) -> None:
    if outcome.status in STOPS and not outcome.calls:
        return  # it was not asked: nothing happened to the question
    if outcome.status not in STOPS:
        store.save_analysis(project.store, _row(project, one, outcome))
    if not outcome.has_data:
        about = one.post_id or one.role
        _logger.warning("no answer", task=one.task, about=about, status=outcome.status)
        problem = {
            "problem_id": f"{one.task}-{one.key}-{outcome.status}",
            "project_id": project.slug,
            "run_id": project.run_id or None,
            "stage": "comparison" if one.task == "fits" else "adaptation",
            "kind": outcome.status,
            "reason": outcome.reason,
            "source": about,
            "seen_at": project.workspace.now(),
        }
        runs.add_problems(project.store, [problem])


def _row(project: Project, one: Wanted, outcome: Outcome) -> dict[str, Any]:
    """Columns of `analyses`."""
    used, calls, options = outcome.usage, outcome.calls, one.question.options
    now = project.workspace.now()
    first = calls[0].started_at if calls else now
    last = calls[-1].ended_at if calls else now
    return {
        "analysis_id": one.key,
        "post_id": one.post_id,
        "project_id": project.slug,
        "run_id": project.run_id or None,
        "task": one.task,
        "prompt_version": one.question.prompt.version,
        "prompt_sha256": one.question.prompt.sha256,
        "schema_sha256": one.question.schema_sha256,
        "model": options.model,
        "model_version": next((c.model_version for c in calls if c.model_version), None),
        "input_hash": one.question.input_hash,
        "options": {k: v for k, v in asdict(options).items() if k != "model"},
        "role": one.role or None,
        "status": outcome.status,
        "reason": outcome.reason or None,
        "repairs": list(outcome.repairs),
        "missing": list(outcome.missing),
        "raw_answer": outcome.raw,
        "answer": outcome.plain(),
        "finish_reason": outcome.finish_reason,
        "tokens_in": used.tokens_in,
        "tokens_out": used.tokens_out,
        "tokens_thinking": used.tokens_thinking,
        "tokens_cached": used.tokens_cached,
        "usd": outcome.usd if calls else None,
        "n_calls": len(calls),
        "seconds": round((last - first).total_seconds(), 3),
        "asked_at": first,
        "answered_at": last,
    }


def _count(done: Done, outcome: Outcome) -> None:
    done.outcomes[outcome.status] += 1
    done.tokens += outcome.usage.total
    done.usd = None if done.usd is None or outcome.usd is None else done.usd + outcome.usd
    if outcome.status in STOPS:
        done.stopped = f"{outcome.status.replace('_', ' ')}: {outcome.reason}"
        done.exit_code = max(done.exit_code, EXIT_CODES.get(outcome.status, 5))
    else:
        done.n_left -= 1
        done.exit_code = max(done.exit_code, 0 if outcome.status in DATA else 5)
