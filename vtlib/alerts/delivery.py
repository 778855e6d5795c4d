"""Events to channels: at most once where the outcome is not known, again where it was refused.

Before a try its rows say `intended`, after it how it ended. A process that dies in between leaves
`intended`: the message may have arrived, so it is never sent again, and the next digest says how
many are in doubt. (The other choice, to send again, would send twice whenever the record and not
the message was lost.) Two processes never take the same event: it is claimed in a transaction.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from vtlib.alerts import messages, store
from vtlib.alerts.channels import Channel
from vtlib.media import store as media
from vtlib.media.folder import MediaFolder
from vtlib.store.project import Project
from vtlib.store.writes import naive

PAUSES_S = (1.0, 5.0, 20.0)  # between the tries of one call
TRIES_MAX = 40  # over all calls; then it is given up
DEAD = timedelta(minutes=10)  # longer than any try: whoever intended it is gone


@dataclass(frozen=True, slots=True)
class Message:
    """A message to a channel and how it ended; `events`: rows of alerts."""

    channel: str
    title: str
    body: str
    events: tuple[messages.Row, ...]
    state: str = "planned"
    reason: str = ""


def plan(project: Project, channels: Sequence[Channel]) -> list[Message]:
    """The messages that `deliver` would send now; nothing is sent or written."""
    planned = []
    for channel in channels:
        for rows in messages.batches(_pending(project, channel), channel.params):
            title, body = messages.compose(_title(project), rows)
            planned.append(Message(channel.name, title, body, tuple(rows)))
    return planned


def deliver(
    project: Project, channels: Sequence[Channel], *, sleep: Callable[[float], object] = time.sleep
) -> list[Message]:
    """Send what is pending on each channel, except in quiet hours; how each message ended.

    A refused one is tried again at once, three times, and by later calls up to TRIES_MAX tries.
    """
    alerts = project.params.alerts
    if messages.is_quiet(project.workspace.now(), alerts.quiet):
        return []
    in_doubt = store.end_unconfirmed(project.store, project.slug, before=_now(project) - DEAD)
    return [
        _send(project, channel, rows, in_doubt=in_doubt, sleep=sleep)
        for channel in channels
        for rows in messages.batches(_pending(project, channel), channel.params)
    ]


def _send(
    project: Project,
    channel: Channel,
    rows: Sequence[messages.Row],
    *,
    in_doubt: int,
    sleep: Callable[[float], object],
) -> Message:
    title, body = messages.compose(_title(project), rows, unconfirmed=in_doubt)
    picture = _picture(project, rows) if channel.params.pictures else None
    state, reason = "refused", ""
    for pause_s in (*PAUSES_S, 0.0):
        claim = _claim(project, channel, rows)
        if not store.claim(project.store, claim):
            return Message(channel.name, title, body, tuple(rows), "claimed", "by another process")
        state, reason = channel.send(title, body, picture)
        tries = max(row["tries"] for row in claim)
        state = "given_up" if state == "refused" and tries >= TRIES_MAX else state
        ended = {"state": state, "reason": reason, "ended_at": naive(_now(project))}
        store.save_messages(project.store, [{**row, **ended} for row in claim])
        if state != "refused":
            break
        rows = [{**row, "tries": row["tries"] + 1} for row in rows]
        sleep(pause_s)
    return Message(channel.name, title, body, tuple(rows), state, reason)


def _claim(
    project: Project, channel: Channel, rows: Sequence[messages.Row]
) -> list[dict[str, Any]]:
    """The rows of alert_messages that say what is about to be sent."""
    ids = sorted(str(row["event_id"]) for row in rows)
    message_id = hashlib.sha256("\n".join([channel.name, *ids]).encode()).hexdigest()[:24]
    return [
        {
            "event_id": row["event_id"],
            "project_id": project.slug,
            "channel": channel.name,
            "message_id": message_id,
            "state": "intended",
            "tries": int(row["tries"]) + 1,
            "tried_at": naive(_now(project)),
        }
        for row in rows
    ]


def _pending(project: Project, channel: Channel) -> list[messages.Row]:
    since = _now(project) - timedelta(hours=project.params.alerts.keep_h)
    rows = store.pending(
        project.store, project.slug, channel.name, since=since, tries_max=TRIES_MAX
    )
    return list(rows)


def _picture(project: Project, rows: Sequence[messages.Row]) -> Path | None:
    """The first frame or picture that is kept of the posts of a message."""
    if not project.names_creators:
        return None
    folder = MediaFolder.of(project)
    for row in rows:
        post_id = str(row["facts"].get("post_id") or "")
        measures = media.measures(project.store, [post_id]) if post_id else []
        paths = media.image_paths(project.store, post_id) if post_id else []
        if measures and measures[0]["thumbs_path"] and measures[0]["thumbs"]:
            paths = [f"{measures[0]['thumbs_path']}/{measures[0]['thumbs'][0]['file']}", *paths]
        for path in paths:
            if path and folder.path(path).is_file():
                return folder.path(path)
    return None


def _title(project: Project) -> str:
    return project.params.title or project.slug


def _now(project: Project) -> Any:
    return project.workspace.now()
