"""The schedule as an iCalendar file, each shoot in its own time zone, conflicts named in it."""

from __future__ import annotations

from datetime import UTC, timedelta

from icalendar import Alarm, Calendar, Event

from vtlib.export.document import Document, Written
from vtlib.scripts.schedule import Shoot
from vtlib.scripts.timing import spans

_REMIND = timedelta(hours=-12)


def write(document: Document) -> Written:
    """One event a shoot; one calendar for all shoots the document has, maybe of several scripts."""
    calendar = Calendar()
    calendar.add("prodid", "-//viraltracker//scripts//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{document.script.title} (version {document.version})")
    calendar.add("x-vt-stamp", document.stamp_token)
    for shoot in document.shoots:
        calendar.add_component(_event(document, shoot))
    if document.shoots:
        calendar.add_missing_timezones()
    warnings = [c.reason for c in document.clashes]
    if not document.shoots:
        warnings.append("no shoot is planned: the calendar is empty (vt script schedule)")
    return Written(calendar.to_ical(), tuple(warnings))


def _event(document: Document, shoot: Shoot) -> Event:
    event = Event()
    start, end = shoot.local
    reasons = [c.reason for c in document.clashes if shoot.shoot_id in c.shoot_ids]
    event.add("uid", f"{shoot.shoot_id}@viraltracker")
    event.add("dtstamp", document.exported_at.astimezone(UTC))
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", ("CONFLICT: " if reasons else "") + f"Shoot: {shoot.title}")
    event.add("location", shoot.location)
    event.add("description", "\n".join(_lines(document, shoot, reasons)))
    event.add("status", "TENTATIVE" if reasons else "CONFIRMED")
    event.add("categories", ["Shoot", *shoot.talent])
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"Shoot: {shoot.title}")
    alarm.add("trigger", _REMIND)
    event.add_component(alarm)
    return event


def _lines(document: Document, shoot: Shoot, reasons: list[str]) -> list[str]:
    own = spans(document.script) if shoot.script_id == document.script_id else ()
    chosen = [s for s in own if not shoot.beat_ids or s.beat.beat_id in shoot.beat_ids]
    facts = (
        *(f"! {r}" for r in reasons),
        f"Talent: {', '.join(shoot.talent)}" if shoot.talent else "",
        f"Props: {', '.join(shoot.props)}" if shoot.props else "",
        *(f"{s.number}. {s.beat.kind}, {s.duration_s:g} s" for s in chosen),
        shoot.notes,
        f"{shoot.script_id}, version {shoot.version}",
    )
    return [f for f in facts if f]
