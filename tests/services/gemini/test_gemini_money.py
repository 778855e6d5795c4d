"""Prices that are the user's alone, caps that hold before the call, and calls that are all on record."""

import threading
from datetime import date

import pytest

from vtlib.errors import BudgetReached
from vtlib.params import Price
from vtlib.services.gemini import Budget, Cap, Prices, Usage

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


def test_caps_hold_before_the_call_and_settle_after_it():
    budget = Budget([Cap("run", usd=1.0, tokens=1000), Cap("day", tokens=5000, spent_tokens=4500)])
    held = budget.reserve(usd=0.9, tokens=400)
    with pytest.raises(BudgetReached, match="run's"):
        budget.reserve(usd=0.2, tokens=10)
    with pytest.raises(BudgetReached, match="day's"):
        budget.reserve(usd=0.0, tokens=200)
    budget.settle(held, usd=0.1, tokens=50)
    budget.reserve(usd=0.2, tokens=200)


def test_threads_never_pass_a_cap_together():
    budget, passed = Budget([Cap("run", tokens=100)]), []

    def work():
        try:
            budget.reserve(usd=None, tokens=10)
        except BudgetReached:
            return
        passed.append(1)

    threads = [threading.Thread(target=work) for _ in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(passed) == 10


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
    assert question.guessed_tokens_in() >= outcome.usage.tokens_in > 0
    assert counted <= question.guessed_tokens_in()
