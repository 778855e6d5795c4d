"""Zones in headings, held against the zone database that Python carries."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vtlib.core.time_zones import SeveralZones, time_zone, without_zone, zone_in

WINTER, SUMMER = datetime(2026, 1, 15, 12), datetime(2026, 7, 15, 12)


@pytest.mark.parametrize(
    ("letters", "place", "at"),
    [
        ("PST", "America/Los_Angeles", WINTER),
        ("PDT", "America/Los_Angeles", SUMMER),
        ("EST", "America/New_York", WINTER),
        ("EDT", "America/New_York", SUMMER),
        ("CET", "Europe/Berlin", WINTER),
        ("MESZ", "Europe/Berlin", SUMMER),
        ("BST", "Europe/London", SUMMER),
        ("EEST", "Europe/Athens", SUMMER),
        ("JST", "Asia/Tokyo", SUMMER),
        ("KST", "Asia/Seoul", WINTER),
        ("AEDT", "Australia/Sydney", WINTER),
        ("NZST", "Pacific/Auckland", SUMMER),
        ("BRT", "America/Sao_Paulo", WINTER),
        ("GMT-03:30", "America/St_Johns", WINTER),
        ("utc+5:30", "Asia/Kolkata", SUMMER),
        ("Eastern Time", "America/New_York", SUMMER),
        ("Europe/Warsaw", "Europe/Warsaw", SUMMER),
    ],
)
def test_letters_are_the_zone_of_their_place(letters: str, place: str, at: datetime) -> None:
    zone = time_zone(letters)
    assert zone is not None
    assert at.replace(tzinfo=zone).utcoffset() == at.replace(tzinfo=ZoneInfo(place)).utcoffset()


@pytest.mark.parametrize(
    ("heading", "zone", "rest"),
    [
        ("Published (GMT+2)", "GMT+2", "Published"),
        ("Data publikacji (CET)", "CET", "Data publikacji"),
        ("Publish time - PST", "PST", "Publish time"),
        ("posted_at_utc", "UTC", "posted_at"),
        ("发布时间（UTC+8）", "UTC+8", "发布时间"),
        ("Watch time (hours)", "", "Watch time (hours)"),
        ("LAST", "", "LAST"),
        ("Post ID", "", "Post ID"),
        ("Duration (s)", "", "Duration (s)"),
    ],
)
def test_a_heading_names_a_zone_or_none(heading: str, zone: str, rest: str) -> None:
    assert (zone_in(heading), without_zone(heading)) == (zone, rest)


def test_letters_of_several_zones_are_none_of_them() -> None:
    with pytest.raises(SeveralZones, match="India, Israel or Ireland"):
        time_zone("IST")
    assert zone_in("Published (CST)") == "CST"
    assert time_zone("hours") is None
    assert time_zone("UTC+25") is None
    assert time_zone("UTC") is not None
    assert timedelta(0) == WINTER.replace(tzinfo=time_zone("Z")).utcoffset()
