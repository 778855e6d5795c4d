"""Rate limits on a clock that the test turns, and with threads on a real one."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtlib.core import rate_limits as limits
from vtlib.core.rate_limits import WINDOW_S, CircuitBreaker, RateLimiter


class Time:
    """A clock that passes only while somebody waits."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


def limiter(**limits):
    time = Time()
    return RateLimiter(limits, clock=time, pause=time.wait), time


@given(
    st.integers(1, 5),
    st.integers(10, 50),
    st.lists(st.tuples(st.integers(0, 10), st.floats(0, 30)), max_size=40),
)
def test_no_minute_holds_more_than_its_limit(requests, tokens, asked):
    gate, time = limiter(requests=requests, tokens=tokens)
    passed = []
    for amount, later_s in asked:
        time.now += later_s
        gate.acquire(requests=1, tokens=amount)
        passed.append((time.now, amount))
    assert len(passed) == len(asked)
    for at, _ in passed:
        minute = [n for t, n in passed if at - WINDOW_S + 1e-6 < t <= at]
        assert len(minute) <= requests
        assert sum(minute) <= tokens


def test_it_waits_no_longer_than_it_has_to():
    gate, time = limiter(requests=2)
    for _ in range(2):
        gate.acquire(requests=1)
    assert time.now == 0
    gate.acquire(requests=1)
    assert time.now == WINDOW_S


def test_what_was_booked_too_high_is_given_back():
    gate, time = limiter(tokens=100)
    booking = gate.acquire(tokens=100)
    gate.settle(booking, tokens=10)
    gate.acquire(tokens=90)
    assert time.now == 0


def test_a_request_above_its_limit_waits_for_an_empty_minute_and_passes():
    gate, time = limiter(tokens=100)
    gate.acquire(tokens=10)
    gate.acquire(tokens=500)
    assert time.now == WINDOW_S


def test_a_hold_is_for_everybody():
    gate, time = limiter()
    gate.hold(17)
    gate.acquire(requests=1)
    assert time.now == 17


def test_threads_share_it():
    gate, lock, n = RateLimiter({"requests": 1000}), threading.Lock(), []

    def work(_):
        gate.acquire(requests=1)
        with lock:
            n.append(1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(500)))
    assert len(n) == len(gate._booked) == 500


class SlowLimits(dict):
    """Limits that are looked up slowly: whoever does not hold the lock meets somebody else here."""

    def get(self, name, default=None):
        sleep(0.001)
        return super().get(name, default)


def together(act, times):
    """The results of `act` in so many threads that begin at one moment."""
    start = threading.Barrier(times)

    def work(_):
        start.wait()
        return act()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(work, range(times)))


def test_threads_that_meet_pass_no_limit_together():
    time = Time()
    gate = RateLimiter(SlowLimits(requests=5), clock=time, pause=time.wait)
    minutes = [b.at_s for b in together(lambda: gate.acquire(requests=1), 20)]
    assert sorted(minutes) == [m * WINDOW_S for m in range(4) for _ in range(5)]


class SlowDict(dict):
    """Amounts that are changed slowly."""

    def update(self, *args, **more):
        held = dict(self)
        sleep(0.005)
        self.clear()
        super().update(held | dict(*args, **more))


def test_threads_that_settle_and_hold_together_lose_nothing():
    gate, _ = limiter(tokens=100)
    booking = gate.acquire(tokens=1)
    booking.amounts = SlowDict(booking.amounts)
    names = iter(range(20))
    together(lambda: gate.settle(booking, **{f"n{next(names)}": 1}), 20)
    assert len(booking.amounts) == 21


def test_one_alone_is_on_trial():
    now = [0.0]

    def slow():
        sleep(0.002)
        return now[0]

    breaker = CircuitBreaker(failures_max=1, open_s=10, clock=slow)
    breaker.record(ok=False)
    now[0] = 11
    assert sum(together(breaker.allows, 10)) == 1


def test_a_service_has_one_limiter_for_all(monkeypatch):
    class Slow(RateLimiter):
        def __init__(self, *args):
            sleep(0.005)
            super().__init__(*args)

    monkeypatch.setattr(limits, "RateLimiter", Slow)
    found = together(lambda: limits.manners("http://slow.example", per_minute=5), 10)
    assert len({id(one) for one in found}) == 1


def test_the_breaker_opens_lets_one_try_and_closes():
    time = Time()
    breaker = CircuitBreaker(failures_max=2, open_s=10, clock=time)
    breaker.record(ok=False)
    breaker.record(ok=True)
    breaker.record(ok=False)
    assert breaker.allows()
    breaker.record(ok=False)
    assert not breaker.allows()
    time.now = 10
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.record(ok=False)
    assert not breaker.allows()
    time.now = 25
    assert breaker.allows()
    breaker.record(ok=True)
    assert breaker.allows()
    assert breaker.allows()


class Slow(Time):
    """A clock that lets other threads in whenever it is read: what is read before and written
    after must be locked.
    """

    def __call__(self) -> float:
        now = self.now
        time.sleep(0.002)
        return now


def test_threads_that_meet_inside_do_not_pass_the_limit_together():
    clock = Slow()
    shared = RateLimiter({"requests": 3}, clock=clock, pause=clock.wait)
    at: list[float] = []
    gate = threading.Barrier(8)

    def ask(_: int) -> None:
        gate.wait()
        at.append(shared.acquire(requests=1).at_s)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert len(at) == 8
    for start in at:
        assert sum(start <= other < start + WINDOW_S for other in at) <= 3


def test_only_one_of_many_is_on_trial():
    clock = Slow()
    breaker = CircuitBreaker(1, 10.0, clock=clock)
    breaker.record(ok=False)
    clock.now += 11
    gate = threading.Barrier(8)

    def ask(_: int) -> bool:
        gate.wait()
        return breaker.allows()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 1


def test_all_threads_share_one_treatment_of_a_service(monkeypatch):
    """Making it takes a moment: without its lock each thread would get its own."""
    monkeypatch.setattr(limits, "_shared", {})
    made = limits.CircuitBreaker

    def slow(*settings) -> CircuitBreaker:
        time.sleep(0.01)
        return made(*settings)

    monkeypatch.setattr(limits, "CircuitBreaker", slow)
    gate = threading.Barrier(8)

    def ask(_: int) -> int:
        gate.wait()
        return id(limits.manners("service", per_minute=1))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def test_a_hold_says_how_long_it_lasts():
    held, _ = limiter()
    assert held.hold_s() == 0
    held.hold(30)
    held.hold(10)  # the longer one stays
    assert held.hold_s() == 30
    held.acquire()
    assert held.hold_s() == 0


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("30", 30),
        (" 7 ", 7),
        ("Wed, 10 Jun 2026 12:01:00 GMT", 60),
        ("Wed, 10 Jun 2026 11:00:00 GMT", 0),
    ]
    + [(bad, None) for bad in ("soon", "", None, "-3", "²", "1e3")],
)
def test_retry_after_is_seconds_or_a_date(value, wait_s):
    assert limits.retry_after(value, now=datetime(2026, 6, 10, 12, tzinfo=UTC)) == wait_s


def test_defaults_are_three_failures_and_a_minute():
    time = Time()
    breaker = CircuitBreaker(clock=time)
    said = []
    for _ in range(3):
        said.append((breaker.allows(), breaker.rest_s()))
        breaker.record(ok=False)
    assert said == [(True, 0.0)] * 3
    time.now = 20
    assert (breaker.allows(), breaker.rest_s()) == (False, 40.0)
    time.now = 59.9
    assert not breaker.allows()
    time.now = 60
    assert (breaker.rest_s(), breaker.allows(), breaker.allows()) == (0.0, True, False)
    time.now = 190
    assert breaker.rest_s() == 0.0
    breaker.record(ok=True)
    assert (breaker.rest_s(), breaker.allows()) == (0.0, True)


def test_a_service_is_treated_as_its_first_caller_says(monkeypatch):
    monkeypatch.setattr(limits, "_shared", {})
    plain = limits.manners("plain", per_minute=7)
    assert plain.limiter.limits == {"requests": 7}
    assert (plain.breaker.failures_max, plain.breaker.open_s) == (5, 60.0)
    own = limits.manners("own", per_minute=8, failures_max=2, open_s=9.0)
    assert (own.breaker.failures_max, own.breaker.open_s) == (2, 9.0)
    assert limits.manners("own", per_minute=1) is own
    assert own is not plain


def test_room_comes_as_each_booking_leaves_the_minute():
    gate, time = limiter(tokens=100, requests=50)
    for at, tokens in ((0, 30), (10, 40), (25, 20)):
        time.now = at
        gate.acquire(tokens=tokens, other=999)
    gate.acquire(tokens=10)  # the minute is full to the last token
    assert time.now == 25
    gate.acquire(tokens=60)  # 30 leave at 60, 40 at 70: then 30 + 60 are within 100
    assert time.now == 70
    gate.acquire(tokens=10)
    assert time.now == 70
    gate.acquire(tokens=1)  # 20 of those leave at 85
    assert time.now == 85
    assert [b.at_s for b in gate._booked] == [70, 70, 85]


def test_the_longer_of_a_hold_and_a_full_minute_counts():
    gate, time = limiter(requests=1)
    gate.acquire(requests=1)
    time.now = 10
    gate.hold(20)
    assert gate.hold_s() == 20
    gate.acquire(requests=1)
    assert time.now == 60
    gate.hold(80)
    time.now = 70
    assert gate.hold_s() == 70
    gate.acquire(requests=1)
    assert time.now == 140
    time.now = 300
    assert gate.hold_s() == 0


def test_a_wait_shorter_than_a_second_is_waited_for():
    gate, time = limiter(requests=1)
    gate.acquire(requests=1)
    time.now = 59.5
    gate.acquire(requests=1)
    assert time.now == 60
