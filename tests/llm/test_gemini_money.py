"""Prices that are the user's alone, caps that hold before the call, and calls that are all on
record.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from vtlib.core.errors import BudgetReached, StoreBusy
from vtlib.core.params import Price
from vtlib.llm import session
from vtlib.llm.budget import Budget, Cap, Demand, Demands
from vtlib.llm.prices import Prices, Usage
from vtlib.store import runs

MODEL = "gemini-3.8-flash"
DAY = date(2026, 6, 1)
DAY_LONG = timedelta(days=1)


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


def test_what_other_machines_spend_of_a_cap_counts_at_once():
    others = [(0.5, 100)]
    budget = Budget([Cap("day", usd=1.0, tokens=1000, by_all=lambda: others[0])])
    first = budget.reserve(Demand(10, 10, 10, 0.1, 0.01))  # .2 in flight
    budget.settle(first, usd=0.2, tokens=20)
    others[0] = (0.85, 200)
    with pytest.raises(BudgetReached, match=r"\$0\.8500 of the day's"):
        budget.reserve(Demand(10, 10, 10, 0.1, 0.01))
    assert budget.reserve(Demand(10, 5, 5, 0.1, 0.01)).usd == pytest.approx(0.15)


def test_a_day_of_a_project_has_a_cap_of_its_own(ticking):
    now = ticking.workspace.now()
    facts = {"provider": "gemini", "what": "ask", "tokens_in": 10}
    spent = (("p", 0.3, 0), ("p", 5.0, 1), ("q", 0.7, 0))
    rows = [
        {
            **facts,
            "spend_id": f"s{n}",
            "project_id": project,
            "usd": usd,
            "at": now - DAY_LONG * ago,
        }
        for n, (project, usd, ago) in enumerate(spent)
    ]
    runs.add_spend(ticking.store, rows)
    caps = {cap.name: cap.spent_usd for cap in session.caps(ticking, max_cost_usd=1)}
    assert caps == {"run": 0, "project": 5.3, "project's day": 0.3, "day": 1.0}


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


USD_CAP = "${} of the run's $1.00 are spent or set aside, the next call may take ${}."
TOKEN_CAP = "1,800 of the day's 2,000 tokens are used or set aside, the next call may take {}."


@pytest.mark.parametrize(
    ("demand", "says"),
    [
        # 0.25 before the run, 0.125 settled, 0.5 set aside: 0.125 are left
        (Demand(10, 50, 20, 0.0625, 0.003125), None),  # 0.0625 + 20 x 0.003125 = 0.125
        (Demand(10, 50, 20, 0.0625, 0.00325), USD_CAP.format("0.8750", "0.1275")),
        (Demand(10, 50, 20, 0.2, 0.0), USD_CAP.format("0.8750", "0.2000")),
        (Demand(150, 90, 50), None),  # 150 + 50 = 200 tokens are left
        (Demand(150, 90, 51), TOKEN_CAP.format(201)),
        # dollars that just fit are not named when tokens are in the way
        (Demand(190, 50, 20, 0.0625, 0.003125), TOKEN_CAP.format(210)),
        (Demand(1150, 90, 51, 0.0, 0.0), TOKEN_CAP.format("1,201")),
    ],
)
def test_a_refusal_names_the_cap_and_what_is_spent_of_it(demand, says):
    budget = Budget(
        [
            Cap("run", usd=1.0, spent_usd=0.25),
            Cap("week"),
            Cap("day", tokens=2000, spent_tokens=1000),
        ]
    )
    budget.settle(budget.reserve(Demand(1, 1, 1)), usd=0.125, tokens=500)
    budget.keep(budget.reserve(Demand(290, 10, 10, 0.25, 0.025)))
    if says is None:
        held = budget.reserve(demand, end_s=soon())
        assert held.max_output_tokens == demand.min_output_tokens
        assert held.tokens == demand.tokens_in + demand.min_output_tokens
        return
    with pytest.raises(BudgetReached) as raised:
        budget.reserve(demand, end_s=soon())
    assert raised.value.message == says


def test_what_is_set_aside_counts_beside_what_is_spent():
    budget = Budget([Cap("run", usd=1.0, tokens=1000)])
    budget.settle(budget.reserve(Demand(100, 0, 0, 0.125)), usd=0.125, tokens=100)
    open_one = budget.reserve(Demand(200, 50, 50, 0.25, 0.0025))
    assert (open_one.usd, open_one.tokens) == (0.375, 250)
    budget.reserve(Demand(150, 0, 0, None), end_s=soon())
    rest = budget.reserve(Demand(100, 900, 1, 0.25, 0.000625), end_s=soon())
    assert (rest.max_output_tokens, rest.tokens, rest.usd) == (400, 500, 0.5)
    with pytest.raises(TimeoutError):
        budget.reserve(Demand(0, 1, 1, 0.0, 0.001), end_s=time.monotonic() + 0.01)
    budget.settle(rest, usd=None, tokens=0)
    assert budget.reserve(Demand(499, 9, 1, 0.0), end_s=soon()).max_output_tokens == 1


def test_without_a_cap_an_answer_has_full_room():
    assert Budget().reserve(Demand(10, 900, 300, 5.0, 1.0)).max_output_tokens == 900
    none = Budget([Cap("run", usd=0.5)]).reserve(Demand(10, 900, 0, 0.5, 0.0))
    assert (none.max_output_tokens, none.usd) == (900, 0.5)
    spent = Budget([Cap("run", usd=0.5)]).reserve(Demand(10, 900, 0, 0.5, 0.001))
    assert (spent.max_output_tokens, spent.usd) == (0, 0.5)


class Asked:
    """A question of a kind whose formula guesses 1000 tokens of input."""

    def __init__(self, version="v1", most=9000, guess=1000):
        self.prompt = SimpleNamespace(version=version)
        self.options = SimpleNamespace(model=MODEL, max_output_tokens=most)
        self.guess = guess

    def estimate_tokens_in(self, *, tokens_per_s):
        return self.guess


@pytest.mark.parametrize(
    ("counted", "tokens_in", "least"),
    [
        ([], 1000, 4500),  # half of the parameter before any was counted
        ([Usage(400, 1000, 500)], 1000, 1800),  # the longest answer and a fifth more
        ([Usage(400, 1000, 500), Usage(300, 2000)], 1000, 2400),
        ([Usage(400, 200), Usage(500, None, 100), Usage(300, 50)], 600, 512),
        ([Usage(400, 1000)] * 2 + [Usage(None, 10)], 1000, 1200),  # not known: as guessed
        ([Usage(400, 8000)] * 3, 480, 9000),  # never above the parameter
        ([Usage(900, None, 600)] * 3, 1000, 720),  # never above the formula
        ([Usage(400)] * 3, 480, 4500),
    ],
)
def test_a_demand_comes_nearer_with_every_counted_call(counted, tokens_in, least):
    demands = Demands(PRICES)
    for usage in counted:
        demands.count(Asked(), usage)
    usd = tokens_in * 2 / 1e6
    demand = demands.demand(Asked(), on=DAY)
    assert (demand.tokens_in, demand.max_output_tokens, demand.min_output_tokens) == (
        *(tokens_in, 9000),
        least,
    )
    assert demand.usd_in == pytest.approx(usd)
    assert demand.usd_per_output_token == pytest.approx(20 / 1e6)
    assert demand.usd(100) == pytest.approx(usd + 0.002)
    other = demands.demand(Asked("v2"), on=date(2025, 1, 1))  # another kind, before any price
    assert other == Demand(1000, 9000, 4500, None, 0.0)
    assert other.usd(100) is None


def test_an_input_that_is_guessed_as_nothing_divides_by_no_zero():
    demands = Demands(PRICES)
    for _ in range(3):
        demands.count(Asked(guess=0), Usage(0, 10))
    assert demands.demand(Asked(), on=DAY).tokens_in == 0
