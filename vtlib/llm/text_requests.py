"""Requests without a video: sent once within caps, each outcome saved as it comes, never paid
twice.
"""

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
from vtlib.llm.records import About, Done, save, take_up
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
    """A request under its key: the same about (post, product) and the same request, the same
    key.
    """
    digest = hashlib.sha256(f"{task}/{about}/{request.identity}".encode()).hexdigest()[:24]
    return TextRequest(replace(request, key=digest), task, post_id, role)


def open_ones(project: Project, asked: Sequence[TextRequest]) -> list[TextRequest]:
    """Those that have no lasting outcome yet. Nothing is asked."""
    known = store.statuses(project.store, [w.key for w in asked])
    return [w for w in asked if known.get(w.key) not in LASTING]


def estimate(project: Project, asked: Sequence[TextRequest]) -> pd.DataFrame:
    """A row a request: task, post_id, tokens_in (by formula), tokens_out_max, usd_max (None = no
    price).
    """
    prices, today = session.prices(project), project.workspace.now().date()
    rows = []
    for one in asked:
        tokens, most = one.request.guessed_tokens_in(), one.request.options.max_output_tokens
        usd = prices.cost_usd(one.request.options.model, Usage(tokens, most), on=today)
        rows.append((one.task, one.post_id, tokens, most, usd))
    columns = ["task", "post_id", "tokens_in", "tokens_out_max", "usd_max"]
    return pd.DataFrame(rows, columns=columns)


@one_session
def ask(
    project: Project,
    asked: Sequence[TextRequest],
    *,
    max_cost_usd: float,
    progress: Progress | None = None,
) -> Done:
    """Ask those that have no outcome yet and save what comes, one by one.

    An answer that came but was not saved (a process died) is taken from the record of calls. Raises
    CredentialsMissing without a key, when there is something to ask.
    """
    take_up(project, {w.key: (w.request, w.about) for w in open_ones(project, asked)})
    rest = {w.key: w for w in open_ones(project, asked)}
    done = Done(n_known=len(asked) - len(rest), n_left=len(rest))
    if not rest:
        return done
    model = next(iter(rest.values())).request.options.model
    with session.client(project, model=model, max_cost_usd=max_cost_usd) as client:
        client.check_model(model)
        concurrency = project.params.model.concurrency
        for request, outcome in client.ask_all(
            [w.request for w in rest.values()], concurrency=concurrency
        ):
            save(project, request, outcome, rest[request.key].about)
            done.add(outcome, to=done.outcomes)
            if progress:
                progress(1)
    return done


def require_caps(
    project: Project, section: Literal["adaptation", "comparison"], model: str
) -> None:
    """Raises BadInput when somebody set a cap in dollars and `model` has no price: it could not
    hold.
    """
    if session.is_capped(project, section):
        require_price(project, model)


def require_price(project: Project, model: str) -> None:
    """Raises BadInput when no price of `model` is known: a cap in dollars could not hold."""
    session.require_price(project, [model], field="max_cost")


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
        first.possibly_usd + second.possibly_usd,
        first.n_possibly + second.n_possibly,
    )


def most(estimate: pd.DataFrame) -> dict[str, Any]:
    """What the requests of an `estimate` may take: tokens_max, usd_max (None = a price is
    missing).
    """
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
    told = (
        f"{asked}, known before: {done.n_known}, left: {done.n_left}; {done.tokens:,} tokens, "
        f"{cost}"
    )
    more = [done.possibly_words, f"stopped: {done.stopped}" if done.stopped else ""]
    return "\n".join([told, *filter(None, more)])
