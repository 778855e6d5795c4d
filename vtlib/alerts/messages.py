"""What a channel is sent: which events, in which words, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from vtlib.core.conclusion import number
from vtlib.core.params import AlertChannel, QuietHours

DIGEST_MAX = 20  # events in full; the rest are counted
_ORDER = ("breakout", "prediction", "schema", "source", "budget")

Row = Mapping[str, Any]


def is_quiet(now: datetime, quiet: QuietHours | None) -> bool:
    """Whether `now` (with its zone) lies in the quiet hours, which may pass midnight; `start` is
    quiet, `end` is not.
    """
    if quiet is None or quiet.start == quiet.end:
        return False
    local = now.astimezone(ZoneInfo(quiet.zone)).time()
    if quiet.start < quiet.end:
        return quiet.start <= local < quiet.end
    return local >= quiet.start or local < quiet.end


def batches(rows: Sequence[Row], channel: AlertChannel) -> list[list[Row]]:
    """The events of each message to a channel, what matters most first."""
    mine = [r for r in rows if not channel.kinds or r["kind"] in channel.kinds]
    mine.sort(key=lambda r: (_ORDER.index(r["kind"]), -float(r["facts"].get("multiplier") or 0)))
    if channel.messages == "each":
        return [[row] for row in mine]
    return [mine] if mine else []


def compose(title: str, rows: Sequence[Row], *, unconfirmed: int = 0) -> tuple[str, str]:
    """(subject, body) of a message in plain text. `title` of the project; `unconfirmed`: earlier
    messages that may not have arrived.
    """
    parts = [_body(row) for row in rows[:DIGEST_MAX]]
    if len(rows) > DIGEST_MAX:
        parts.append(f"And {len(rows) - DIGEST_MAX} more: vt watch.")
    if unconfirmed:
        parts.append(
            f"{number(unconfirmed, 'earlier alert')} may not have arrived: vt watch shows which."
        )
    if len(rows) == 1:
        return f"{title}: {_plain(rows[0]['title'])}", "\n\n".join(parts)
    return f"{title}: {number(len(rows), 'alert')}", "\n\n".join(parts)


def _body(row: Row) -> str:
    lines = [_plain(row["title"]), _plain(row["text"])]
    lines += [f"How sure: {row['chance']}"] if row["chance"] else []
    lines += [f"From: {_plain(row['origin'])}"] if row["origin"] else []
    lines += [str(row["url"])] if row["url"] else []
    return "\n".join(lines)


def _plain(text: str | None) -> str:
    """Strangers' text on one line: no control characters, and nothing that calls a whole channel
    (@everyone, <!here>).
    """
    line = "".join(c if c.isprintable() else " " for c in text or "")
    for word in ("everyone", "here", "channel", "all"):
        line = line.replace(f"@{word}", f"@\u200b{word}").replace(f"!{word}", f"!\u200b{word}")
    return line
