"""Prices that are the user's alone, caps that hold before the call, and calls that are all on
record.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from vtlib.core.errors import BudgetReached, StoreBusy
from vtlib.core.params import Price
from vtlib.llm.budget import Budget, Cap, Demand
from vtlib.llm.prices import Prices, Usage

MODEL = "gemini-3.8-flash"
DAY = date(2026, 6, 1)


def price(since, per_in, per_out, cached=None):
    return Price(
        model=MODEL,
        since=since,
        usd_per_million_in=per_in,
        usd_per_million_out=per_out,
        usd_per_million_cached=cached,
    )


PRICES = Prices((price(date(2026, 1, 1), 1, 10), price(date(2026, 5, 1), 2, 20, 0.5)))


def test_we_ship_no_price():
    assert Prices.load().rows == ()
    assert Prices.load().cost_usd(MODEL, Usage(1000, 10), on=DAY) is None


@pytest.mark.parametrize(
    ("usage", "on", "usd"),
    [
        (Usage(1_000_000, 100_000, 0), date(2026, 2, 1), 2.0),
        (Usage(1_000_000, 100_000, 0), DAY, 4.0),
        (Usage(1_000_000, 100_000, 100_000), DAY, 6.0),  # thinking is output
        (Usage(1_000_000, 0, 0, 500_000), DAY, 1.25),
        (Usage(1_000_000, 0), date(2025, 1, 1), None),
        (Usage(), DAY, None),
    ],
)
def test_cost_by_date_with_thinking_and_cache(usage, on, usd):
    assert PRICES.cost_usd(MODEL, usage, on=on) == (usd if usd is None else pytest.approx(usd))


def test_a_price_of_the_project_wins_on_the_same_day():
    prices = Prices((price(DAY, 5, 5), price(DAY, 1, 1)))
    assert prices.of(MODEL, DAY).usd_per_million_in == 5


def take(usd, tokens):
    """A call that may take so much: all of it input, and no room for its answer."""
    return Demand(tokens, 0, 0, usd)


def soon():
    """A second from now: what would wait for ever fails."""
    return time.monotonic() + 1


def test_caps_hold_before_the_call_and_settle_after_it():
    budget = Budget([Cap("run", usd=1.0, tokens=1000), Cap("day", tokens=5000, spent_tokens=4500)])
    held = budget.reserve(take(0.9, 400))
    with pytest.raises(TimeoutError):
        budget.reserve(take(0.2, 10), end_s=time.monotonic() + 0.01)
    budget.settle(held, usd=0.1, tokens=50)
    budget.settle(held, usd=0.9, tokens=900)  # settled is settled
    budget.keep(budget.reserve(take(0.2, 200)))
    with pytest.raises(BudgetReached, match="run's"):
        budget.reserve(take(0.71, 10))
    with pytest.raises(BudgetReached, match="day's"):
        budget.reserve(take(0.0, 251))
    assert budget.reserve(take(0.7, 250), end_s=soon()).is_open


def test_a_call_without_a_price_takes_no_dollar():
    budget = Budget([Cap("run", usd=1.0)])
    budget.settle(budget.reserve(take(None, 10)), usd=None, tokens=10)
    budget.keep(budget.reserve(take(None, 10)))
    assert budget.reserve(take(None, 10), end_s=soon()).usd is None
    assert budget.reserve(take(1.0, 10), end_s=soon()).usd == 1.0


def test_near_a_cap_an_answer_gets_the_room_that_is_left():
    budget = Budget([Cap("run", usd=1.0), Cap("day", tokens=5000)])
    demand = Demand(100, 1000, 300, usd_in=0.1, usd_per_output_token=0.001)
    assert (
        budget.reserve(replace(demand, usd_in=0.0, max_output_tokens=400)).max_output_tokens == 400
    )
    held = budget.reserve(demand, end_s=soon())
    assert (held.max_output_tokens, held.usd) == (500, pytest.approx(0.6))
    budget.keep(held)
    free = replace(demand, usd_in=None, max_output_tokens=9000)
    assert budget.reserve(free, end_s=soon()).max_output_tokens == 5000 - 500 - 600 - 100


def test_what_cannot_fit_whatever_the_others_take_does_not_wait():
    budget = Budget([Cap("run", usd=1.0, spent_usd=0.8)])
    budget.reserve(take(0.1, 1))
    with pytest.raises(BudgetReached):
        budget.reserve(take(0.3, 1), end_s=soon())


class Slow(list):
    """Caps that are read slowly: whoever does not hold the lock meets somebody else here."""

    def __iter__(self):
        time.sleep(0.002)
        return super().__iter__()


class SlowUSD(float):
    """A sum of dollars that is added slowly."""

    def __radd__(self, other):
        time.sleep(0.002)
        return float(other) + float(self)


def together(act, times):
    """`act` in so many threads that begin at one moment."""
    start = threading.Barrier(times)

    def work(_):
        start.wait()
        return act()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(work, range(times)))


def test_threads_never_pass_a_cap_together():
    budget = Budget(Slow([Cap("run", tokens=100)]))

    def act():
        try:
            budget.reserve(take(None, 10), end_s=time.monotonic() + 0.2)
        except (BudgetReached, TimeoutError):
            return False
        return True

    assert sum(together(act, 30)) == 10


def test_threads_that_settle_together_lose_nothing():
    budget = Budget([Cap("run", usd=100.0)])
    together(lambda: budget.settle(budget.reserve(take(1, 1)), usd=SlowUSD(1), tokens=1), 20)
    with pytest.raises(BudgetReached):
        budget.reserve(take(80.1, 1), end_s=soon())
    assert budget.reserve(take(80.0, 1), end_s=soon()).is_open


def test_who_finds_no_room_waits_for_those_in_flight():
    budget, order = Budget([Cap("run", tokens=100)]), []
    first = budget.reserve(take(None, 90))

    def second():
        held = budget.reserve(take(None, 50))
        order.append("reserved")
        return held

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(second)
        time.sleep(0.05)
        order.append("settled")
        budget.settle(first, usd=None, tokens=20)
        assert future.result(timeout=5).is_open
    assert order == ["settled", "reserved"]


def test_a_cap_in_the_way_stops_before_anything_is_sent(lab):
    with lab.gemini(budget=Budget([Cap("run", tokens=100)])) as gemini:
        answers = list(gemini.ask_all([lab.question()] * 5, concurrency=1))
    assert [o.status for _, o in answers] == ["budget"]
    assert "gemini.generate" not in lab.counts()


def test_a_price_makes_a_cap_in_dollars_hold(lab):
    dear = Prices((price(date(2020, 1, 1), 100, 1000),))
    with lab.gemini(prices=dear, budget=Budget([Cap("run", usd=0.01)])) as gemini:
        assert gemini.ask(lab.question()).status == "budget"
    with lab.gemini(prices=dear) as gemini:
        outcome = gemini.ask(lab.question())
    used = outcome.usage
    expected = used.tokens_in * 100 + (used.tokens_out + used.tokens_thinking) * 1000
    assert outcome.usd == pytest.approx(expected / 1e6)


def test_nearly_all_of_a_small_cap_can_be_spent(lab):
    """$0.08 at about $0.003 a call, four at a time, while a whole answer may take half of it."""
    question = lab.question(max_output_tokens=16_384)
    with lab.gemini() as gemini:
        used = gemini.ask(question).usage
    per_million = 0.003 / (used.tokens_in / 4 + used.tokens_out + used.tokens_thinking) * 1e6
    prices = Prices((price(date(2020, 1, 1), per_million / 4, per_million),))
    budget = Budget([Cap("run", usd=0.08)])
    assert prices.cost_usd(MODEL, Usage(used.tokens_in, 16_384), on=DAY) > 0.01
    with lab.gemini(prices=prices, budget=budget) as gemini:
        outcomes = [o for _, o in gemini.ask_all([question] * 60, concurrency=4)]
    spent = sum(o.usd for o in outcomes)
    assert 0.9 * 0.08 <= spent <= 0.08
    assert {o.status for o in outcomes} == {"ok", "budget"}


def test_an_answer_cut_off_by_a_cap_is_no_data(lab):
    """The model did not stop by itself: with more money it is whole, so it is asked again
    another time.
    """
    lab.fault("max_tokens", times=None, share=0.6)
    question = lab.question(max_output_tokens=8192)
    budget = Budget([Cap("run", tokens=question.estimate_tokens_in() + 6000)])
    with lab.gemini(budget=budget, reasks=0) as gemini:
        outcome = gemini.ask(question)
    assert (outcome.status, outcome.value) == ("truncated", None)
    assert "caps left room" in outcome.reason


def test_what_may_have_been_paid_stays_set_aside(lab):
    lab.fault("lost_reply", times=None)
    budget, seen = Budget([Cap("run", tokens=100_000)]), []
    with lab.gemini(budget=budget, journal=seen.append) as gemini:
        outcome = gemini.ask(lab.question())
    kept = sum(c.estimate_tokens for c in outcome.calls)
    assert kept > 0
    assert budget.reserve(take(None, 100_000 - kept)).is_open
    with pytest.raises(TimeoutError):
        budget.reserve(take(None, 1), end_s=time.monotonic())
    assert [(c.status, c.ended_at is None) for c in seen] == [("lost", True), ("lost", False)] * 2


def test_nothing_stays_set_aside_when_the_journal_breaks(lab):
    """A call that cannot be noted is not sent; the error comes out, and the money is free again."""

    def broken(_call):
        raise StoreBusy("held")

    budget = Budget([Cap("run", tokens=100_000)])
    with lab.gemini(budget=budget, journal=broken) as gemini, pytest.raises(StoreBusy):
        gemini.ask(lab.question())
    assert "gemini.generate" not in lab.counts()
    assert budget.reserve(take(None, 100_000)).is_open


def test_every_request_is_journalled_before_and_after(lab):
    seen = []
    lab.fault("server_error", times=1)
    lab.fault("not_json", times=1)
    with lab.gemini(journal=seen.append) as gemini:
        outcome = gemini.ask(lab.question())
    story = [(c.kind, c.status) for c in seen]
    assert story == [
        ("ask", "lost"),
        ("ask", "unavailable"),
        ("ask", "lost"),
        ("ask", "unreadable"),
        ("reask", "lost"),
        ("reask", "ok"),
    ]
    assert len({c.call_id for c in seen}) == 3
    assert [c.status for c in outcome.calls] == ["unavailable", "unreadable", "ok"]
    assert outcome.calls[1].raw.startswith("I am sorry")
    answered = outcome.calls[1:]
    assert outcome.usage.tokens_thinking == sum(c.usage.tokens_thinking for c in answered) > 0
    assert outcome.usd is None


def test_reasks_are_bounded(lab):
    lab.fault("wrong_shape", times=None)
    with lab.gemini(reasks=2) as gemini:
        outcome = gemini.ask(lab.question())
    assert (outcome.status, len(outcome.calls)) == ("invalid", 3)
    with lab.gemini(reasks=0) as gemini:
        assert len(gemini.ask(lab.question()).calls) == 1


def test_a_partial_answer_is_kept_when_asking_again_fails(lab):
    lab.fault("max_tokens", times=1, share=0.6)
    lab.fault("server_error", times=None, skip=1)
    with lab.gemini() as gemini:
        outcome = gemini.ask(lab.question())
    assert outcome.status == "partial"
    assert outcome.missing
    assert "asked again" in outcome.reason
    assert outcome.value.hook is not None
    assert outcome.value.ideas is None


def test_estimates_are_cautious_and_the_count_is_the_services(lab):
    question = lab.question(fps=2.0, resolution="low")
    with lab.gemini() as gemini:
        counted, outcome = gemini.count(question), gemini.ask(question)
    assert question.estimate_tokens_in() >= outcome.usage.tokens_in > 0
    assert counted <= question.estimate_tokens_in()
