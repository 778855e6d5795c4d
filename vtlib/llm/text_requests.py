"""Requests without a video: sent once within caps, each outcome saved at once, never paid twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from vtlib.llm import answers as store
from vtlib.llm import session
from vtlib.llm.outcomes import LASTING
from vtlib.llm.prices import Usage
from vtlib.llm.records import About, RequestSummary, recover_answers, save
from vtlib.llm.request import Request
from vtlib.store.project import Project, one_session

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class TextRequest:
    """A request about a post (None: about none), and why it is asked."""

    request: Request
    task: str
    post_id: str | None
    role: str = ""

    @property
    def key(self) -> str:
        return self.request.key

    @property
    def about(self) -> About:
        stage = "comparison" if self.task == "fits" else "adaptation"
        return About(stage, self.task, self.post_id, self.role)


def text_request(
    request: Request, *, task: str, post_id: str | None, about: str, role: str
) -> TextRequest:
    """A request with its key, a digest of `task`, `about` (post, product) and the request."""
    digest = hashlib.sha256(f"{task}/{about}/{request.identity}".encode()).hexdigest()[:24]
    return TextRequest(replace(request, key=digest), task, post_id, role)


def unanswered(project: Project, requests: Sequence[TextRequest]) -> list[TextRequest]:
    """Those that have no lasting outcome yet. Nothing is sent."""
    statuses = store.statuses(project.store, [w.key for w in requests])
    return [w for w in requests if statuses.get(w.key) not in LASTING]


def estimate(project: Project, requests: Sequence[TextRequest]) -> pd.DataFrame:
    """A row a request: task, post_id, tokens_in, tokens_out_max, usd_max (None = no price)."""
    prices, today = session.prices(project), project.workspace.now().date()
    rows = []
    for one in requests:
        tokens, most = one.request.estimate_tokens_in(), one.request.options.max_output_tokens
        usd = prices.cost_usd(one.request.options.model, Usage(tokens, most), on=today)
        rows.append((one.task, one.post_id, tokens, most, usd))
    columns = ["task", "post_id", "tokens_in", "tokens_out_max", "usd_max"]
    return pd.DataFrame(rows, columns=columns)


@one_session
def ask(
    project: Project,
    requests: Sequence[TextRequest],
    *,
    max_cost_usd: float,
    progress: Progress | None = None,
) -> RequestSummary:
    """Send those that have no outcome yet and save each outcome.

    An answer that came but was not saved (a process died) is taken from the record of calls. Raises
    CredentialsMissing without a key, when there is something to send.
    """
    recover_answers(project, {w.key: (w.request, w.about) for w in unanswered(project, requests)})
    rest = {w.key: w for w in unanswered(project, requests)}
    result = RequestSummary(n_answered_before=len(requests) - len(rest), n_open=len(rest))
    if not rest:
        return result
    model = next(iter(rest.values())).request.options.model
    with session.client(project, model=model, max_cost_usd=max_cost_usd) as client:
        client.check_model(model)
        concurrency = project.params.model.concurrency
        for request, outcome in client.ask_all(
            [w.request for w in rest.values()], concurrency=concurrency
        ):
            save(project, request, outcome, rest[request.key].about)
            result.add(outcome, to=result.outcomes)
            if progress:
                progress(1)
    return result


def require_caps(
    project: Project, section: Literal["adaptation", "comparison"], model: str
) -> None:
    """Raises BadInput if a cap in dollars was set by a person and `model` has no price."""
    if session.is_capped(project, section):
        require_price(project, model)


def require_price(project: Project, model: str) -> None:
    """Raises BadInput when no price of `model` is known: a cap in dollars could not hold."""
    session.require_price(project, [model], field="max_cost")


def add_summaries(first: RequestSummary, second: RequestSummary) -> RequestSummary:
    """The sum of two results."""
    usd = None if first.usd is None or second.usd is None else first.usd + second.usd
    return RequestSummary(
        first.outcomes + second.outcomes,
        first.n_answered_before + second.n_answered_before,
        first.n_open + second.n_open,
        "; ".join(s for s in (first.stop_reason, second.stop_reason) if s),
        first.tokens + second.tokens,
        usd,
        max(first.exit_code, second.exit_code),
        first.possibly_usd + second.possibly_usd,
        first.n_possibly + second.n_possibly,
    )


def upper_bound(estimate: pd.DataFrame) -> dict[str, Any]:
    """What the requests of an `estimate` may take: tokens_max, usd_max (None = no price)."""
    usd = estimate["usd_max"]
    is_priced = len(usd) > 0 and bool(usd.notna().all())
    tokens = int(estimate["tokens_in"].sum() + estimate["tokens_out_max"].sum())
    return {"tokens_max": tokens, "usd_max": float(usd.sum()) if is_priced else None}


def upper_bound_text(estimate: pd.DataFrame) -> str:
    """`most` as a sentence."""
    totals = upper_bound(estimate)
    usd = totals["usd_max"]
    cost = "cost unknown: no price is known" if usd is None else f"at most ${usd:,.4f}"
    return f"at most {totals['tokens_max']:,} tokens, {cost}"


def summary_text(result: RequestSummary) -> str:
    """A result in a line, and a line each for possibly paid calls and an early stop."""
    cost = "cost unknown: no price is known" if result.usd is None else f"${result.usd:,.4f}"
    by_status = ", ".join(f"{s.replace('_', ' ')} {n}" for s, n in result.outcomes.most_common())
    outcomes = f" ({by_status})" if by_status else ""
    line = (
        f"now asked: {sum(result.outcomes.values())}{outcomes}, known before: "
        f"{result.n_answered_before}, left: {result.n_open}; {result.tokens:,} tokens, {cost}"
    )
    stop = f"stopped: {result.stop_reason}" if result.stop_reason else ""
    return "\n".join(filter(None, [line, result.possibly_words, stop]))
