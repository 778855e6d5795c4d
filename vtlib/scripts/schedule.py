"""Shooting schedule: shoots, strip board, and conflicts of time and place."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from vtlib.core.errors import BadInput
from vtlib.scripts.script import Script
from vtlib.scripts.timing import BeatSpan, spans

NO_LOCATION = "no location yet"
_MOVE = timedelta(minutes=30)  # the least time from one place to another


@dataclass(frozen=True, slots=True)
class Shoot:
    """One stretch of shooting. Times are aware; `beat_ids` empty = the whole script.

    `call_at`: when everybody has to be there (None: at the start); `crew`: name, role, contact,
    call (local HH:MM, "" = as everybody).
    """

    shoot_id: str
    script_id: str
    title: str
    version: int
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    location: str = ""
    beat_ids: tuple[str, ...] = ()
    talent: tuple[str, ...] = ()
    props: tuple[str, ...] = ()
    notes: str = ""
    call_at: datetime | None = None
    crew: tuple[Mapping[str, str], ...] = ()

    @property
    def call_local(self) -> datetime:
        """When everybody has to be there, in the zone it was planned in: the call, else the
        start.
        """
        start = self.local[0]
        return self.call_at.astimezone(start.tzinfo) if self.call_at else start

    @property
    def local(self) -> tuple[datetime, datetime]:
        """Start and end in the zone it was planned in. Raises BadInput for an unknown zone."""
        try:
            zone = ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            raise BadInput(
                f"there is no time zone {self.time_zone}.", todo="E.g. Europe/Berlin, UTC."
            ) from None
        return self.starts_at.astimezone(zone), self.ends_at.astimezone(zone)


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """A day that is planned for a script: `kind` is due or publish."""

    script_id: str
    title: str
    kind: str
    on: date


@dataclass(frozen=True, slots=True)
class Availability:
    """When an asset can be had; aware times, the end not included."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Clash:
    """A conflict: `kind` is talent, prop, location, move, away, release or
    unregistered.
    """

    kind: str
    name: str
    shoot_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One strip of the board: a beat as it is shot."""

    location: str
    span: BeatSpan


def strip_board(script: Script, *, only: Sequence[str] = ()) -> tuple[Strip, ...]:
    """The beats grouped by location, places in the order they first appear; `only` some beats,
    if given.
    """
    selection = [s for s in spans(script) if not only or s.beat.beat_id in only]
    places = {_place(s): n for n, s in reversed(list(enumerate(selection)))}
    return tuple(
        Strip(_place(s), s) for s in sorted(selection, key=lambda s: (places[_place(s)], s.number))
    )


def clashes(
    shoots: Sequence[Shoot],
    *,
    available: Mapping[str, Sequence[Availability]] | None = None,
    without_release: Iterable[str] = (),
    register: Mapping[str, Collection[str]] | None = None,
) -> tuple[Clash, ...]:
    """Conflicts of a schedule, in order of time.

    Two shoots at once that share talent, a prop or a place; talent in two places with less than 30
    min between; an asset outside the times it can be had (`available`: by name in lower case; one
    without windows can always be had); whatever needs a release that is not signed
    (`without_release`: names); and, with `register` (kind -> names in lower case), whatever the
    register does not have: nobody can say whether it can be had, or may be shown.
    """
    by_time = sorted(shoots, key=lambda s: (s.starts_at, s.shoot_id))
    out = [c for i, one in enumerate(by_time) for two in by_time[i + 1 :] for c in _pair(one, two)]
    open_ = {n.casefold() for n in without_release}
    for shoot in by_time:
        names = (*shoot.talent, *shoot.props, *((shoot.location,) if shoot.location else ()))
        out += [c for n in names if (c := _away(shoot, n, (available or {}).get(n.casefold(), ())))]
        out += [
            Clash("release", n, (shoot.shoot_id,), f"{n} has no signed release for {shoot.title}")
            for n in names
            if n.casefold() in open_
        ]
        out += _unregistered(shoot, register) if register is not None else []
    return tuple(out)


def _unregistered(shoot: Shoot, register: Mapping[str, Collection[str]]) -> list[Clash]:
    places = (shoot.location,) if shoot.location else ()
    needs = {"talent": shoot.talent, "prop": shoot.props, "location": places}
    return [
        Clash(
            "unregistered",
            name,
            (shoot.shoot_id,),
            f"{name} ({kind} of {shoot.title}) is not in the register: vt script asset "
            f"{shlex.quote(name)} --kind {kind}",
        )
        for kind, names in needs.items()
        for name in names
        if name.casefold() not in register.get(kind, ())
    ]


def _place(span: BeatSpan) -> str:
    return span.beat.location or NO_LOCATION


def _pair(one: Shoot, two: Shoot) -> list[Clash]:
    ids = (one.shoot_id, two.shoot_id)
    both_shoots = f"{one.title} ({_when(one)}) and {two.title} ({_when(two)})"
    both = _shared(one.talent, two.talent)
    if two.starts_at >= one.ends_at:
        far = one.location and two.location and one.location.casefold() != two.location.casefold()
        if far and two.starts_at - one.ends_at < _MOVE:
            return [
                Clash(
                    "move", n, ids, f"{n} has too little time from {one.location} to {two.location}"
                )
                for n in both
            ]
        return []
    out = [Clash("talent", n, ids, f"{n} is in {both_shoots} at once") for n in both]
    out += [
        Clash("prop", n, ids, f"{n} is in {both_shoots} at once")
        for n in _shared(one.props, two.props)
    ]
    if one.location and one.location.casefold() == two.location.casefold():
        out.append(
            Clash("location", one.location, ids, f"{one.location} is used by {both_shoots} at once")
        )
    return out


def _shared(one: Sequence[str], two: Sequence[str]) -> list[str]:
    other = {n.casefold() for n in two}
    return [n for n in one if n.casefold() in other]


def _away(shoot: Shoot, name: str, windows: Sequence[Availability]) -> Clash | None:
    if not windows or any(
        w.starts_at <= shoot.starts_at and shoot.ends_at <= w.ends_at for w in windows
    ):
        return None
    return Clash(
        "away",
        name,
        (shoot.shoot_id,),
        f"{name} cannot be had for {shoot.title} on {_when(shoot)}",
    )


def _when(shoot: Shoot) -> str:
    """The start where the shoot is, with its zone."""
    return f"{shoot.local[0]:%d %b %H:%M} {shoot.time_zone}"


def common_zone(shoots: Sequence[Shoot]) -> str:
    """The zone to list shoots in: theirs where they share one, else UTC."""
    zones = {s.time_zone for s in shoots}
    return zones.pop() if len(zones) == 1 else "UTC"


def windows(rows: Iterable[Mapping[str, Any]]) -> tuple[Availability, ...]:
    """Windows from the register's rows (starts_at, ends_at as ISO 8601 with an offset)."""
    pairs = ((str(w["starts_at"]), str(w["ends_at"])) for w in rows)
    return tuple(
        Availability(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in pairs
    )
