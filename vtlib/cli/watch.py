"""`vt watch`: what broke out, dried up or broke since you last looked, shown and sent."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, command, plain, table
from vtlib.core.errors import BadInput, SourceFailed, VtError

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.alerts.delivery import Message
    from vtlib.store.project import Project, Workspace

READ_ONLY = (
    "Your login only reads: that you have looked is not remembered, and nothing is raised or sent "
    "until an editor's vt watch; the next look shows the last seven days again."
)
_SPAN = re.compile(r"(\d+)([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@command(vt, "watch", example="vt watch spring --send\nvt watch spring --since 24h --dry-run")
@click.argument("project")
@click.option("--since", help="Also what was raised since then: 24h, 7d, or an ISO time in UTC.")
@click.option("--send", is_flag=True, help="Send what is new to the channels under alerts:.")
@click.option("--dry-run", is_flag=True, help="Show the messages that --send would send.")
@click.option("--once", is_flag=True, help="Look once and end (the default).")
@click.option("--every", metavar="SPAN", help="Look again and again, e.g. 15m, until Ctrl-C.")
def watch(
    at: Workspace,
    project: str,
    since: str | None,
    send: bool,
    dry_run: bool,
    once: bool,
    every: str | None,
) -> Answer:
    """What broke out since you last looked: breakouts, predictions beaten or missed, sources that
    dried up, budgets nearly used, broken schemas.

    Posts are judged by earlier ones alone, each once at 3, 7, 14 and 30 days (alerts.looks_d), and
    the table says how many false alarms that look is expected to give. Each event is raised once,
    and sent at most once a channel where it is not known whether it arrived. Looks at what is
    captured; captures nothing. Exit 4 when a channel took nothing.
    """
    from vtlib.ops import projects

    if once and every:
        raise BadInput("--once and --every: name one.")
    if send and dry_run:
        raise BadInput("--send and --dry-run: name one.")
    opened = projects.open_project(at, project)
    if every is None:
        return _look(opened, since, send=send, dry_run=dry_run)
    if "--json" in sys.argv:
        raise BadInput("--every prints as it goes: with --json look once, from a timer.")
    pause = _span(every)
    while True:
        try:
            answer = _look(opened.fresh(), since, send=send, dry_run=dry_run)
            click.echo(f"{at.now():%Y-%m-%d %H:%M} UTC\n{answer.text}\n")
        except VtError as error:  # busy, or a channel away: the next look may do
            click.echo(f"error: {error}", err=True)
        since = None
        time.sleep(pause.total_seconds())


def _look(project: Project, since: str | None, *, send: bool, dry_run: bool) -> Answer:
    from vtlib.alerts import delivery, stage
    from vtlib.alerts.channels import open_channels
    from vtlib.core.settings import person

    channels = []
    if send or dry_run:
        channels = open_channels(project.workspace.settings, project.params.alerts.channels)
        if not channels:
            todo = "Name one under alerts: (docs/team.md)."
            raise BadInput(f"{project.slug} has no channel.", todo=todo)
    start = _start(project, since) if since else stage.since_last_read(project, person())
    result = stage.watch(project)
    messages = delivery.plan(project, channels) if dry_run else []
    messages += delivery.deliver(project, channels) if send else []
    is_stored = result.is_stored
    events = stage.listed(project, start, unraised=() if is_stored else result.events)
    if not dry_run and is_stored:
        stage.mark_read(project, person())
    data = {
        "is_remembered": is_stored and not dry_run,
        "since": start,
        "night": {
            "looks": len(result.night.looks),
            "first_looks": result.night.n_first,
            "breakouts": len(result.night.breakouts),
            **{n: getattr(result.night, n) for n in ("expected_low", "expected", "expected_high")},
        },
        "events": events,
        "messages": [_message(m) for m in messages],
    }
    lines = [_table(events), "", result.night.sentence, *map(_line, messages)]
    lines += [] if is_stored else ["", READ_ONLY]
    is_lost = any(m.state in ("refused", "given_up") for m in messages)
    return Answer(data, "\n".join(lines), SourceFailed.exit_code if is_lost else 0)


def _table(events: pd.DataFrame) -> str:
    rows: list[dict[str, Any]] = []
    for row in plain(events):
        facts = row["facts"] or {}
        multiplier = facts.get("multiplier")
        rows.append(
            {
                "what": row["tier"] or row["kind"],
                "times usual": f"{multiplier:,.1f}" if multiplier else None,
                "how sure": facts.get("sure"),
                "account or subject": facts.get("handle") or row["subject"],
                "from": row["origin"],
                "sent to": ", ".join([*(row["sent_to"] or []), *(row["unsent"] or [])]) or None,
                "link or words": row["url"] or row["text"],
            }
        )
    return table(rows, empty="nothing new")


def _message(one: Message) -> dict[str, Any]:
    ids = [row["event_id"] for row in one.events]
    facts = {"channel": one.channel, "state": one.state, "reason": one.reason, "events": ids}
    return {**facts, "title": one.title, "body": one.body}


def _line(one: Message) -> str:
    reason = f" ({one.reason})" if one.reason else ""
    head = f"{one.channel}: {one.state}{reason}: {one.title}"
    return f"{head}\n{one.body}\n" if one.state == "planned" else head


def _start(project: Project, since: str) -> datetime:
    """`24h`, `7d` or an ISO time as naive UTC. Raises BadInput."""
    now = project.workspace.now().astimezone(UTC).replace(tzinfo=None)
    if _SPAN.fullmatch(since):
        return now - _span(since)
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise BadInput(f"--since {since}: write 24h, 7d, or 2026-11-28T06:00.") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _span(text: str) -> timedelta:
    match = _SPAN.fullmatch(text)
    if not match or not int(match[1]):
        raise BadInput(f"{text}: write a number with m, h or d, e.g. 15m.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
