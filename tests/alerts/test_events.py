"""What is worth an alert besides breakouts: the same cause is the same event."""

from datetime import UTC, datetime, time

import numpy as np
import pandas as pd
import pytest

from tests.store.frames import at
from vtlib.alerts import messages
from vtlib.alerts.channels import outcome_of
from vtlib.alerts.events import (
    BudgetUse,
    budget_events,
    prediction_events,
    schema_events,
    source_events,
)
from vtlib.alerts.origins import origins
from vtlib.core.errors import BadInput
from vtlib.core.params import AlertChannel, QuietHours, WatchedSource, parse_params

# --- scripts, sources, schemas, budgets


def verdict(post: str, actual: float, **facts):
    row = {"script_id": "s1", "post_id": post, "status": "matured", "title": "Hum", "url": "u"}
    row |= {"actual": actual, "actual_ln": np.log1p(actual), "high_ln": np.log1p(900)}
    row |= {"predicted": 300.0, "predicted_low": 100.0, "predicted_high": 900.0}
    return {**row, "is_inside": 100 <= actual <= 900, "captured_at": at(9), **facts}


def test_a_prediction_that_was_beaten_or_missed() -> None:
    rows = [verdict("a", 950), verdict("b", 20), verdict("c", 300)]
    early = verdict("d", 5000, status="too early")
    found = list(prediction_events("p", pd.DataFrame([*rows, early])))
    assert [(e.subject, e.post_id) for e in found] == [("s1", "a"), ("s1", "b")]
    assert "beat" in found[0].title
    assert "missed" in found[1].title
    assert "950" in found[0].text and "100 to 900" in found[0].text  # noqa: PT018
    assert "80 %" in found[0].chance


def captured(*mapped: int) -> pd.DataFrame:
    facts = {"platform": "tiktok", "ask": "search", "target": "colander", "reason": "nothing came"}
    return pd.DataFrame(
        [{**facts, "captured_at": at(d), "mapped": n} for d, n in enumerate(mapped)]
    )


@pytest.mark.parametrize(
    ("mapped", "n"),
    [
        ((5, 0, 0), 1),
        ((5, 0), 0),  # one empty capture may be an outage
        ((0, 0, 0), 0),  # it never gave any
        ((5, 0, 0, 4), 0),
        ((5, 0, 0, 4, 0, 0), 1),
    ],
)
def test_a_source_dries_up(mapped: tuple[int, ...], n: int) -> None:
    assert len(list(source_events("p", captured(*mapped)))) == n


def test_a_dry_source_is_one_event_until_it_gave_again() -> None:
    first, longer, again = (
        list(source_events("p", captured(*m)))[0].event_id  # noqa: RUF015
        for m in ((5, 0, 0), (5, 0, 0, 0, 0), (5, 0, 0, 2, 0, 0))
    )
    assert first == longer != again


def test_a_broken_schema_is_one_event_while_it_stays_broken() -> None:
    facts = {"platform": "tiktok", "actor": "a/b", "reason": "only 3 % could be mapped"}
    rows = [
        {**facts, "capture_id": str(n), "captured_at": at(n), "vanished": v, "is_unmapped": u}
        for n, (v, u) in enumerate([([], False), (["views"], False), ([], True), ([], True)])
    ]
    found = list(schema_events("p", pd.DataFrame(rows)))
    assert [e.happened_at for e in found] == [at(1), at(2)]
    assert "views" in found[0].text
    assert "mapped" in found[1].text


def test_a_budget_at_80_percent_is_one_event_a_day() -> None:
    def ids(spent: float, day: str) -> list[str]:
        uses = [BudgetUse("model.max_cost_day_usd", 10.0, spent, day)]
        return [e.event_id for e in budget_events("p", uses, ratio=0.8, now=at(1))]

    assert ids(7.99, "2026-03-01") == []
    assert ids(8.0, "2026-03-01") == ids(9.5, "2026-03-01") != ids(8.0, "2026-03-02")


# --- where a post came from


def test_origins_of_watched_sources() -> None:
    watch = [
        WatchedSource(name="drawers", platform="tiktok", searches=["Folding  Colander"]),
        WatchedSource(name="tag", platform="tiktok", hashtags=["#KitchenHacks"], sounds=["777"]),
        WatchedSource(name="rivals", platform="tiktok", accounts=["@Ann"]),
    ]
    blank = {"platform": "tiktok", "handle": "bob", "account_id": "tiktok:2", "role": "competitor"}
    blank |= {"hashtags": [], "audio_id": None, "targets": None}
    posts = [
        {**blank, "post_id": "1", "targets": ["search folding colander"]},
        {**blank, "post_id": "2", "hashtags": ["kitchenhacks"], "handle": "ann"},
        {**blank, "post_id": "3", "audio_id": "777"},
        {**blank, "post_id": "4"},
        {**blank, "post_id": "5", "targets": ["search a", "search folding colander"]},
        {**blank, "post_id": "6", "platform": "youtube", "audio_id": "777"},
    ]
    assert origins(posts, watch) == {
        "1": "drawers",
        "2": "tag, rivals",
        "3": "tag",
        "4": "competitor",
        "5": "competitor",  # which word brought it is not known
        "6": "competitor",
    }


# --- words and times


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-07-01T20:30", True),  # 22:30 in Berlin
        ("2026-07-01T19:59", False),
        ("2026-07-02T04:59", True),
        ("2026-07-02T05:00", False),
        ("2026-12-01T20:59", False),  # winter: 21:59
        ("2026-12-01T21:00", True),
    ],
)
def test_quiet_hours_pass_midnight_in_their_zone(moment: str, quiet: bool) -> None:
    hours = QuietHours(start=time(22), end=time(7), zone="Europe/Berlin")
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert messages.is_quiet(now, hours) is quiet
    assert not messages.is_quiet(now, None)


def test_yaml_reads_times_without_quotes_as_numbers() -> None:
    data = {"project": "p", "alerts": {"quiet": {"start": 22 * 60 + 30, "end": "07:00"}}}
    quiet = parse_params(data).alerts.quiet
    assert (quiet.start, quiet.end) == (time(22, 30), time(7))


@pytest.mark.parametrize(
    "channel",
    [
        {"variable": "https://hooks.slack.com/services/T1/B1/secret"},
        {"config": "https://example.org/alerts.yml"},
        {"variable": "VT_A", "config": "alerts.txt"},
        {},
    ],
)
def test_an_address_is_never_in_the_yaml(channel: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        parse_params({"project": "p", "alerts": {"channels": [{"name": "a", **channel}]}})


def event(kind: str = "breakout", **facts):
    row = {"event_id": "e", "kind": kind, "title": "breakout: ann", "text": "x", "chance": "lead"}
    return {**row, "origin": "", "url": "https://t.co/1", "facts": {"multiplier": 5.0}, **facts}


def test_a_digest_is_one_message_what_matters_first() -> None:
    rows = [
        event("budget", facts={}),
        event(facts={"multiplier": 4}),
        event(facts={"multiplier": 9}),
    ]
    channel = AlertChannel(name="a", variable="VT_A")
    (batch,) = messages.batches(rows, channel)
    assert [r["facts"].get("multiplier") for r in batch] == [9, 4, None]
    each = messages.batches(rows, channel.model_copy(update={"messages": "each"}))
    assert [len(b) for b in each] == [1, 1, 1]
    only = messages.batches(rows, channel.model_copy(update={"kinds": ["budget"]}))
    assert [[r["kind"] for r in b] for b in only] == [["budget"]]
    assert messages.batches([], channel) == []


def test_strangers_words_call_nobody_and_stay_on_a_line() -> None:
    bad = "win\r\nBcc: x@y.example @everyone <!here> \x1b[31m"
    title, body = messages.compose("P", [event(title=bad, text=bad)], unconfirmed=2)
    assert "\n" not in title
    assert "@everyone" not in title + body
    assert "!here" not in title + body
    assert "\x1b" not in title + body
    assert "2 earlier alerts may not have arrived" in body


def test_a_long_digest_is_cut_and_says_so() -> None:
    title, body = messages.compose("P", [event()] * 25)
    assert title == "P: 25 alerts"
    assert "And 5 more" in body


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("Failed to send JSON notification: Server Error, error=500.", "refused"),
        ("Failed to send JSON notification: error=429.", "refused"),
        ("Failed to send JSON notification: error=504.", "unconfirmed"),
        ("Socket Exception: (451, b'try later')", "refused"),
        ("SMTP recipient a@b was refused: 450 b'later'", "refused"),
        ("Socket Exception: HTTPConnectionPool: Failed to establish a new connection", "refused"),
        ("Socket Exception: HTTPConnectionPool: Read timed out. (read timeout=1)", "unconfirmed"),
        ("Socket Exception: Connection unexpectedly closed", "unconfirmed"),
        ("", "unconfirmed"),
    ],
)
def test_what_a_failed_try_means(line: str, outcome: str) -> None:
    assert outcome_of([line])[0] == outcome
    assert outcome_of([line], n_targets=2)[0] == "unconfirmed"
