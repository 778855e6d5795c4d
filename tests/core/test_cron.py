"""Cron words in a zone, beside systemd's own calendar; and the days on which clocks change."""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.core.cron import is_cron, last_due, next_due
from vtlib.core.errors import BadInput
from vtlib.core.params import parse_params

BERLIN = "Europe/Berlin"
SPRING, AUTUMN = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
WORDS = ("30 2 * * *", "0 * * * *", "15 7 * * 1", "*/30 * * * *", "0 4 1 * *", "@daily")


def times(words, zone, start, days):
    """Every time of the words in so many days."""
    found, now = [], start
    while (now := next_due(words, zone, now)) <= start + timedelta(days=days):
        found.append(now)
    return found


def calendar(expression, start, n):
    """The same of systemd-analyze: UTC."""
    words = ("systemd-analyze", "calendar", f"--iterations={n}", expression)
    base = f"--base-time={start:%Y-%m-%d %H:%M:%S} UTC"
    text = subprocess.run([*words, base], capture_output=True, text=True, check=True).stdout
    # With another zone than UTC the line "(in UTC)" is that which counts.
    lines = [line for line in text.splitlines() if re.search(r"Next elapse|Iter\.|in UTC", line)]
    moments = [re.search(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", line) for line in lines]
    return sorted({datetime.fromisoformat(m[1]).replace(tzinfo=UTC) for m in moments if m})


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
@pytest.mark.parametrize(
    ("words", "expression"),
    [
        ("30 2 * * *", f"*-*-* 02:30:00 {BERLIN}"),
        ("15 7 * * 1", f"Mon *-*-* 07:15:00 {BERLIN}"),
        ("0 4 1 * *", f"*-*-01 04:00:00 {BERLIN}"),
    ],
)
def test_systemd_says_the_same_where_clocks_are_set_back(words, expression):
    ours = times(words, BERLIN, AUTUMN, 95)
    assert ours[:3] == calendar(expression, AUTUMN, 3)


def test_a_time_that_the_clocks_skip_comes_an_hour_later():
    """systemd leaves it out: a nightly run would be missed once a year."""
    assert times("30 2 * * *", BERLIN, SPRING, 2) == [
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
def test_every_hour_is_every_hour_also_where_clocks_change(start):
    found = times("0 * * * *", BERLIN, start, 2)
    assert found == [start + timedelta(hours=n) for n in range(1, 49)]


@given(
    st.sampled_from(WORDS),
    st.sampled_from([BERLIN, "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1)),
)
def test_the_last_and_the_next_time_have_none_between_them(words, zone, wall):
    now = wall.replace(tzinfo=UTC)
    last, following = last_due(words, zone, now), next_due(words, zone, now)
    assert last <= now < following
    assert next_due(words, zone, last) == following
    assert last_due(words, zone, following) == following


def test_words_that_no_time_matches_are_refused_with_their_key():
    assert not any(map(is_cron, ("0 0 31 2 *", "0 3 * *", "0 25 * * *", "* * * * * *", "@dusk")))
    with pytest.raises(BadInput, match=r"schedule\.run: .*five cron words"):
        parse_params({"project": "p", "schedule": {"run": "every night"}})
    with pytest.raises(BadInput, match=r"schedule\.zone: .*Europe/Berlin"):
        parse_params({"project": "p", "schedule": {"zone": "Berlin"}})
    assert parse_params({"project": "p", "schedule": {"run": "@daily"}}).schedule.zone == "UTC"
