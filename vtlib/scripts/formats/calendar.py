"""The schedule as an iCalendar file, each shoot in its own time zone, conflicts named in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from vtlib.scripts.formats.document import Document, FormattedDocument
from vtlib.scripts.schedule import Clash, PlannedDay, Shoot
from vtlib.scripts.timing import spans

_REMIND = timedelta(hours=-12)


def write(document: Document) -> FormattedDocument:
    """The shoots of a script, one event each, with what of its beats is shot."""
    names = {s.shoot_id: _beats(document, s) for s in document.shoots}
    title = f"{document.script.title} (version {document.version})"
    calendar = _calendar(title, document.exported_at)
    calendar.add("x-vt-stamp", document.stamp_token)
    for shoot in document.shoots:
        event = _event(shoot, document.clashes, names[shoot.shoot_id])
        event.add("dtstamp", document.exported_at.astimezone(UTC))
        calendar.add_component(event)
    _add_days(calendar, document.deadlines, document.exported_at)
    return _written(calendar, document.shoots, document.clashes, document.deadlines)


def production(
    shoots: Sequence[Shoot],
    clashes: Sequence[Clash],
    days: Sequence[PlannedDay] = (),
    *,
    made_at: datetime,
    title: str,
) -> FormattedDocument:
    """The shoots of many scripts, and their due and publish `days`, as one calendar; `made_at`
    aware.
    """
    calendar = _calendar(title, made_at)
    for shoot in shoots:
        event = _event(shoot, clashes, ())
        event.add("dtstamp", made_at.astimezone(UTC))
        calendar.add_component(event)
    _add_days(calendar, days, made_at)
    return _written(calendar, shoots, clashes, days)


def _calendar(title: str, made_at: datetime) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//viraltracker//scripts//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", title)
    calendar.add("last-modified", made_at.astimezone(UTC))
    return calendar


def _add_days(calendar: Calendar, days: Sequence[PlannedDay], made_at: datetime) -> None:
    """A due or publish date is an event of the whole day."""
    for day in days:
        event = Event()
        event.add("uid", f"{day.script_id}-{day.kind}@viraltracker")
        event.add("dtstamp", made_at.astimezone(UTC))
        event.add("dtstart", day.on)
        event.add("dtend", day.on + timedelta(days=1))
        event.add("summary", f"{day.kind.capitalize()}: {day.title}")
        event.add("description", day.script_id)
        event.add("transp", "TRANSPARENT")
        event.add("categories", [day.kind.capitalize()])
        calendar.add_component(event)


def _written(
    calendar: Calendar,
    shoots: Sequence[Shoot],
    clashes: Sequence[Clash],
    days: Sequence[PlannedDay] = (),
) -> FormattedDocument:
    warnings = [c.reason for c in clashes]
    if shoots:
        calendar.add_missing_timezones()
    elif not days:
        warnings.append("no shoot is planned: the calendar is empty (vt script schedule)")
    return FormattedDocument(calendar.to_ical(), tuple(warnings))


def _event(shoot: Shoot, clashes: Sequence[Clash], beats: Sequence[str]) -> Event:
    event = Event()
    start, end = shoot.local
    reasons = [c.reason for c in clashes if shoot.shoot_id in c.shoot_ids]
    event.add("uid", f"{shoot.shoot_id}@viraltracker")
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", ("CONFLICT: " if reasons else "") + f"Shoot: {shoot.title}")
    event.add("location", shoot.location)
    event.add("description", "\n".join(_lines(shoot, reasons, beats)))
    event.add("status", "TENTATIVE" if reasons else "CONFIRMED")
    event.add("categories", ["Shoot", *shoot.talent])
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"Shoot: {shoot.title}")
    alarm.add("trigger", _REMIND)
    event.add_component(alarm)
    return event


def _beats(document: Document, shoot: Shoot) -> list[str]:
    own = spans(document.script) if shoot.script_id == document.script_id else ()
    selection = [s for s in own if not shoot.beat_ids or s.beat.beat_id in shoot.beat_ids]
    return [f"{s.number}. {s.beat.kind}, {s.duration_s:g} s" for s in selection]


def _lines(shoot: Shoot, reasons: Sequence[str], beats: Sequence[str]) -> list[str]:
    call = f"{shoot.call_local:%H:%M}" if shoot.call_at else ""
    crew = [
        f"{one['name']} ({one['role']})" if one.get("role") else one["name"] for one in shoot.crew
    ]
    facts = (
        *(f"! {r}" for r in reasons),
        f"Call: {call}" if call else "",
        f"Crew: {', '.join(crew)}" if crew else "",
        f"Talent: {', '.join(shoot.talent)}" if shoot.talent else "",
        f"Props: {', '.join(shoot.props)}" if shoot.props else "",
        *beats,
        shoot.notes,
        f"{shoot.script_id}, version {shoot.version}",
    )
    return [f for f in facts if f]
