"""The fault tour: it meets every fault there is a command for, and it would see a second charge
and a lost row.
"""

import pytest

from simulator.faults import KINDS
from simulator.tour import ASKS, CAPTURES, FETCHES, Stop, as_text, capturing, tour
from simulator.tour.plan import joined
from vtlib.capture import store as captures
from vtlib.capture.apify import Apify

ASKED = [
    s for s in ASKS if s.kind in ("trailing_comma", "prompt_blocked", "lost_reply") and not s.given
]
LOST_REPLY = Stop("lost_reply", "apify.start")


def test_every_fault_there_is_is_on_the_tour() -> None:
    assert {s.kind for s in (*CAPTURES, *FETCHES, *ASKS)} == set(KINDS)


def test_questions_on_a_short_tour_are_paid_once_and_kept() -> None:
    found = tour([], [], ASKED)
    assert all(one.is_sound for one in found), found
    told = {(one.stop.kind, one.stop.where): one.outcome for one in found}
    assert told["trailing_comma", "gemini.generate"] == "1 ok, 1 repaired"
    assert "1 blocked" in told["prompt_blocked", "gemini.generate"]


def test_a_short_tour_is_sound() -> None:
    told = []
    found = tour([LOST_REPLY], [Stop("removed", "media.video", passes=False)], [], tell=told.append)
    assert told == found
    assert all(one.is_sound for one in found), found
    assert [one.outcome.split(":")[0] for one in found] == ["ok", "expired"]
    assert "paid twice 0, rows lost 0" in as_text(found, [])


def test_a_second_charge_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not look for the run before it starts another."""
    monkeypatch.setattr(Apify, "find", lambda *_, **__: None)
    (one,) = tour([LOST_REPLY], [], [])
    assert one.paid_twice == 1
    assert not one.is_sound


def test_a_lost_row_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that forgets the last item of each batch."""
    whole = captures.ingest

    def forgetful(store, frames):
        kept = {
            name: rows.iloc[:-1] if name == "raw_items" else rows for name, rows in frames.items()
        }
        whole(store, kept)

    monkeypatch.setattr(captures, "ingest", forgetful)
    (one,) = tour([LOST_REPLY], [], [])
    assert one.rows_lost >= 2
    assert not one.is_sound


def test_a_fault_that_nobody_meets_proves_nothing(live) -> None:
    assert capturing._unmet(live, LOST_REPLY) == ["the fault was never met"]


def test_what_stays_the_same_is_said_once() -> None:
    assert joined(["private", "private"]) == "private (and stays so)"
    assert joined(["broken", "broken", "kept"]) == "broken; then kept"
