"""`vt watch`: posts judged by the past alone, what is new of them and of the rest, stored once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

import pandas as pd

from vtlib.alerts import breakouts, events, store
from vtlib.alerts.breakouts import Night
from vtlib.alerts.events import BudgetUse, Event
from vtlib.alerts.origins import origins
from vtlib.capture import job_rows, job_store
from vtlib.core.errors import CredentialsMissing
from vtlib.llm import answers
from vtlib.outliers import judgement
from vtlib.outliers.stage import load
from vtlib.report.posters import is_bounded, sureness
from vtlib.store.project import Project, one_session
from vtlib.store.writes import decode_json, naive

LATE = timedelta(days=7)  # what happened longer before the last look is history, not news


@dataclass(frozen=True, slots=True)
class WatchResult:
    """One look: `night` of the posts, `events` that are new now. `is_stored`: they were raised; a
    login that only reads raises nothing.
    """

    night: Night
    events: tuple[Event, ...]
    is_stored: bool = True


@one_session
def watch(project: Project) -> WatchResult:
    """Look at a project: raise and store what is new. What was raised before is not raised again,
    also by another process or after a kill: an event's id comes from what happened.
    """
    now = naive(project.workspace.now())
    before = store.raised(project.store, project.slug)
    night = _night(project, before)
    last = store.last_look(project.store, project.slug) or now
    known = set(before["event_id"])
    new = [
        event
        for event in chain(_breakouts(project, night), _others(project, now))
        if event.event_id not in known
        and (event.kind == "breakout" or event.happened_at >= last - LATE)
    ]
    try:
        store.save_night(project.store, project.slug, night, new, now=now)
    except CredentialsMissing:  # a viewer's login
        return WatchResult(night, tuple(new), is_stored=False)
    return WatchResult(night, tuple(new))


def listed(
    project: Project, since: datetime | None, *, unraised: Sequence[Event] = ()
) -> pd.DataFrame:
    """Columns of alerts, sent_to, unsent: raised since a time (naive UTC; None = ever), newest
    first, and of one look the largest; with them `unraised`, those of a look that stored nothing.
    """
    rows = decode_json(project.frame("alerts", since=since), "facts")
    if unraised:
        now = naive(project.workspace.now())
        own = [{**asdict(e), "project_id": project.slug, "raised_at": now} for e in unraised]
        rows = pd.concat([pd.DataFrame(own).reindex(columns=rows.columns), rows])
    size = [float((facts or {}).get("multiplier") or 0) for facts in rows["facts"]]
    by = rows.assign(size=size).sort_values(["raised_at", "size"], ascending=False, kind="stable")
    return by.drop(columns="size").reset_index(drop=True)


def since_last_read(project: Project, person: str) -> datetime:
    """Since when a person has not looked (naive UTC); who never did has not for a week."""
    now = naive(project.workspace.now())
    return store.read_at(project.store, project.slug, person) or now - LATE


def mark_read(project: Project, person: str) -> None:
    """Note that a person has looked now. Raises CredentialsMissing for a login that only reads."""
    store.save_reader(project.store, project.slug, person, now=project.workspace.now())


def _night(project: Project, before: pd.DataFrame) -> Night:
    posts, pairs = load(project)
    rule = project.params.outliers.model_copy(update={"look": "past", "method": "calibrated"})
    verdict = judgement.judge(posts, pairs, rule)
    return breakouts.look(
        verdict.scores,
        store.looked(project.store, project.slug),
        before[before["kind"].eq("breakout")],
        rule=rule,
        alerts=project.params.alerts,
    )


def _breakouts(project: Project, night: Night) -> Iterator[Event]:
    rows = night.breakouts
    if rows.empty:
        return iter(())
    posts = project.frame("alert_posts", posts=list(rows["post_id"]))
    came = origins(posts.to_dict("records"), project.params.watch)
    words = posts.drop(columns=["account_id", "platform", "hashtags", "audio_id", "role"])
    words = words.drop(columns="targets")
    flagged = {"expected_false_alarms": night.flagged.high}
    bounded = is_bounded(flagged, night.flagged.n_flagged)
    sure = [sureness(q, is_bounded=bounded) for q in rows["q_value"]]
    full = rows.merge(words, on="post_id", how="left").assign(sure=sure)
    shown = project.visible(full, ours=("sure",)).assign(post_id=full["post_id"])
    chance = f"{night.chance_sentence} {night.sentence}"
    return events.breakout_events(project.slug, shown, chance=chance, origins=came)


def _others(project: Project, now: datetime) -> Iterator[Event]:
    slug, alerts = project.slug, project.params.alerts
    yield from events.prediction_events(slug, project.frame("insight_verdicts"))
    yield from events.source_events(slug, project.frame("alert_targets"))
    yield from events.schema_events(slug, project.frame("alert_captures"))
    budgets = list(_budgets(project))
    yield from events.budget_events(slug, budgets, ratio=alerts.budget_ratio, now=now)


def _budgets(project: Project) -> Iterator[BudgetUse]:
    """Caps in dollars that somebody set, with what was spent of each."""
    scraping, model = project.params.scraping, project.params.model
    if scraping.budget_usd:
        usd = job_store.spent_usd(project.store, project.slug, provider=job_rows.PROVIDER)
        yield BudgetUse("scraping.budget_usd", scraping.budget_usd, usd)
    if model.max_cost_project_usd:
        usd, _ = answers.spend_so_far(project.store, project=project.slug)
        yield BudgetUse("model.max_cost_project_usd", model.max_cost_project_usd, usd)
    if model.max_cost_day_usd:
        today = project.workspace.now().astimezone(UTC)
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        usd, _ = answers.spend_so_far(project.store, since=midnight)
        yield BudgetUse("model.max_cost_day_usd", model.max_cost_day_usd, usd, f"{today:%Y-%m-%d}")
