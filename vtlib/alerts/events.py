"""What is worth a message, as events: frames in, events out. The same cause is the same event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from vtlib.core.figures import count, times
from vtlib.core.models import AlertKind

EMPTY_CAPTURES = 2  # in a row, after captures that brought posts: one may be an outage


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to know of; `event_id` is a digest of what makes it new.

    `chance`: how it may be a false alarm, "" where it cannot; `post_id` whose picture goes with it;
    `happened_at` naive UTC.
    """

    event_id: str
    kind: AlertKind
    subject: str
    title: str
    text: str
    happened_at: datetime
    tier: str = ""
    chance: str = ""
    origin: str = ""
    url: str = ""
    post_id: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """Money of one cap: `name` its parameter, `period` the day it is for, "" = the project's."""

    name: str
    limit_usd: float
    spent_usd: float
    period: str = ""


def event_id(project: str, kind: AlertKind, *parts: str) -> str:
    """The id of an event, from what makes it new."""
    return hashlib.sha256(json.dumps([project, kind, *parts]).encode()).hexdigest()[:24]


def breakout_events(
    project: str, rows: pd.DataFrame, *, chance: str, origins: Mapping[str, str]
) -> Iterator[Event]:
    """An event a post and tier. `rows`: scores of new breakouts with handle, caption, url as a
    reader may see them, and `shown_id`; `origins`: post_id -> where it came from.
    """
    for row in rows.to_dict("records"):
        post_id, tier = str(row["post_id"]), str(row["tier"])
        interval = f"{times(row['multiplier_low'])} to {times(row['multiplier_high'])}"
        who = _text(row.get("handle")) or _text(row.get("account_id"))
        yield Event(
            event_id(project, "breakout", post_id, tier),
            "breakout",
            post_id,
            f"{tier}: {who} on {row['platform']}, {times(row['multiplier'])} times its usual",
            f"{count(row['value'])} {row['metric']} ({interval} times, 80 %): "
            f"{_text(row.get('caption')) or 'no words shown'}",
            row["captured_at"],
            tier,
            f"{row['sure']}; {chance}",
            origins.get(post_id, ""),
            _text(row.get("url")),
            post_id,
            {
                **{k: row[k] for k in ("account_id", "handle", "platform", "format", "metric")},
                **{k: float(row[k]) for k in ("multiplier", "multiplier_low", "multiplier_high")},
                **{k: float(row[k]) for k in ("value", "p_value", "q_value")},
                "sure": row["sure"],
            },
        )


def prediction_events(project: str, verdicts: pd.DataFrame) -> Iterator[Event]:
    """Scripts whose post left the 80 % interval of its prediction.

    `verdicts`: rows of the query insight_verdicts; only matured ones count, the last a script and
    post.
    """
    rows = verdicts[verdicts["status"].eq("matured") & verdicts["is_inside"].eq(False)]
    for row in rows.drop_duplicates(["script_id", "post_id"], keep="last").to_dict("records"):
        is_over = row["actual_ln"] > row["high_ln"]
        did = "beat" if is_over else "missed"
        title = _text(row.get("title")) or str(row["script_id"])
        low, high = count(row["predicted_low"]), count(row["predicted_high"])
        yield Event(
            event_id(project, "prediction", str(row["script_id"]), str(row["post_id"]), did),
            "prediction",
            str(row["script_id"]),
            f"script {did} its prediction: {title}",
            f"{count(row['actual'])} views at 7 days, predicted {count(row['predicted'])} "
            f"({low} to {high})",
            row["captured_at"],
            chance="1 in 10 scripts does so by chance: the interval holds 80 %",
            url=_text(row.get("url")),
            post_id=str(row["post_id"]),
            facts={k: float(row[k]) for k in ("actual", "predicted")},
        )


def source_events(project: str, targets: pd.DataFrame) -> Iterator[Event]:
    """Sources that gave posts and now give none, two captures in a row.

    `targets`: query alert_targets (platform, ask, target, captured_at, mapped, reason), oldest
    first.
    """
    for (platform, ask, target), group in targets.groupby(["platform", "ask", "target"]):
        is_empty = group["mapped"].fillna(0).eq(0).to_numpy(bool)
        since = _streak(is_empty)
        if len(group) - since < EMPTY_CAPTURES or not since:
            continue
        first, last = group.iloc[since], group.iloc[-1]
        yield Event(
            event_id(project, "source", f"{platform} {ask} {target}", str(first["captured_at"])),
            "source",
            f"{platform} {ask} {target}",
            f"source dried up: {target} on {platform} ({ask})",
            f"{len(group) - since} captures in a row brought no post, since "
            f"{first['captured_at']:%Y-%m-%d %H:%M} UTC. {_text(last['reason'])}".strip(),
            last["captured_at"],
            chance="the account may be empty or private, or the provider may be blocked",
        )


def budget_events(
    project: str, budgets: Sequence[BudgetUse], *, ratio: float, now: datetime
) -> Iterator[Event]:
    """Budgets that are used to `ratio` or more; a daily one is a new event each day."""
    for one in budgets:
        if one.limit_usd > 0 and one.spent_usd >= ratio * one.limit_usd:
            share = one.spent_usd / one.limit_usd
            day = f" of {one.period}" if one.period else ""
            yield Event(
                event_id(project, "budget", one.name, one.period, f"{one.limit_usd:g} {ratio:g}"),
                "budget",
                one.name,
                f"budget at {share:.0%}: {one.name}{day}",
                f"${one.spent_usd:,.2f} of ${one.limit_usd:,.2f} are spent",
                now,
                facts={"spent_usd": one.spent_usd, "limit_usd": one.limit_usd},
            )


def schema_events(project: str, captures: pd.DataFrame) -> Iterator[Event]:
    """Actors and files whose form changed: metrics that vanished, or items that no longer map.

    `captures`: query alert_captures (capture_id, platform, actor, captured_at, vanished,
    is_unmapped, reason), oldest first. What stays broken is one event.
    """
    for (platform, actor), group in captures.groupby(["platform", "actor"]):
        was_unmapped = False
        for row in group.to_dict("records"):
            gone = ", ".join(row["vanished"])
            if gone or (row["is_unmapped"] and not was_unmapped):
                yield Event(
                    event_id(project, "schema", str(row["capture_id"])),
                    "schema",
                    f"{platform} {actor}".strip(),
                    f"schema broken: {actor}{f' ({platform})' if platform else ''}",
                    f"the last capture had {gone}, this one has not"
                    if gone
                    else _text(row["reason"]) or "most items could not be mapped",
                    row["captured_at"],
                )
            was_unmapped = bool(row["is_unmapped"])


def _streak(flags: Any) -> int:
    """Where the run of True at the end begins; the length where the last is False."""
    at = len(flags)
    while at and flags[at - 1]:
        at -= 1
    return at


def _text(value: Any) -> str:
    """One line of at most 200 characters; "" for a missing value."""
    return " ".join(value.split())[:200] if isinstance(value, str) else ""
