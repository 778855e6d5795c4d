"""Cron words in a time zone: when they were last due, and when they are next.

croniter counts in wall time; zones are resolved here, since croniter 7 goes back a day, or skips
an hour, where clocks are set back. Times that a change of clocks skips come an hour later; those
that come twice count once, except for words that name every hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHIFT = timedelta(hours=2)  # no zone sets its clocks by more


def is_cron(words: str) -> bool:
    """Whether `words` are five cron words, or one such as @daily, that some time matches."""
    # Most projects have no schedule: it is imported late.
    from croniter import croniter  # type: ignore[import-untyped]  # noqa: PLC0415

    if len(words.split()) != (1 if words.startswith("@") else 5) or not croniter.is_valid(words):
        return False
    try:
        croniter(words, datetime(2026, 1, 1)).get_next(datetime)  # noqa: DTZ001 - wall time
    except ValueError:  # 31 February
        return False
    return True


def last_due(words: str, zone: str, now: datetime) -> datetime:
    """The latest time that `words` name in `zone`, up to and including `now`; UTC."""
    latest: datetime | None = None
    wall = _wall(now, zone)
    for local in _walls(words, wall + SHIFT + timedelta(seconds=1), back=True):
        if latest is not None and local < wall - SHIFT:
            return latest
        due = [m for m in _moments(local, zone, words) if m <= now]
        latest = max([*due, *([latest] if latest else [])], default=None)
    raise AssertionError("croniter has no end")


def next_due(words: str, zone: str, now: datetime) -> datetime:
    """The first time that `words` name in `zone` after `now`; UTC."""
    first: datetime | None = None
    wall = _wall(now, zone)
    for local in _walls(words, wall - SHIFT - timedelta(seconds=1), back=False):
        if first is not None and local > wall + SHIFT:
            return first
        due = [m for m in _moments(local, zone, words) if m > now]
        first = min([*due, *([first] if first else [])], default=None)
    raise AssertionError("croniter has no end")


def _wall(now: datetime, zone: str) -> datetime:
    return now.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)


def _walls(words: str, start: datetime, *, back: bool) -> Iterator[datetime]:
    from croniter import croniter  # noqa: PLC0415 - as in is_cron

    times = croniter(words, start)
    while True:
        yield times.get_prev(datetime) if back else times.get_next(datetime)


def _moments(local: datetime, zone: str, words: str) -> set[datetime]:
    """A wall time as UTC: both where clocks are set back and the words name every hour."""
    from croniter import croniter  # noqa: PLC0415 - as in is_cron

    is_hourly = croniter.expand(words)[0][1] == ["*"]
    folds = (0, 1) if is_hourly else (0,)
    times = {local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in folds}
    # Of the two readings of a skipped time the later is the next whole turn: it is in wall time.
    return {t for t in times if not is_hourly or _is_wall(t, local, zone)}


def _is_wall(moment: datetime, local: datetime, zone: str) -> bool:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
