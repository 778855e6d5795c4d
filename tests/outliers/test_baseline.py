import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.outliers.baseline import BaselineExclusion, arrange, baselines, central, in_slices

NEAREST, DAYS = 3, 2

posts = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 6).map(float), st.just(np.nan)),  # value
        st.one_of(st.integers(0, 120).map(float), st.just(np.nan)),  # hour
        st.integers(0, 2),  # account
        st.sampled_from(
            [BaselineExclusion.SERVES] * 3 + [BaselineExclusion.PINNED, BaselineExclusion.YOUNG]
        ),
    ),
    max_size=30,
)


def columns(rows):
    table = np.array(rows, dtype=float).reshape(-1, 4)
    kind = np.where(np.isnan(table[:, 0]), BaselineExclusion.NOT_OBSERVED, table[:, 3])
    return table[:, 0], table[:, 1], table[:, 2].astype(np.int64), kind.astype(np.int8)


def judged(x, hour, group, kind, reach=(NEAREST, DAYS)):
    return baselines(arrange(x, posted_h=hour, group=group, kind=kind, reach=reach))


def nearest_slowly(x, hour, group, kind, i):
    """The baseline by the book: sort the others by distance, then time, then value."""
    near = [
        j
        for j in range(len(x))
        if j != i and group[j] == group[i] and abs(hour[j] - hour[i]) <= 24 * DAYS
    ]
    serving = [j for j in near if kind[j] == BaselineExclusion.SERVES]
    serving.sort(key=lambda j: (abs(hour[j] - hour[i]), hour[j], x[j]))
    return serving[:NEAREST], near


@settings(max_examples=150, deadline=None)
@given(posts)
def test_the_fast_way_is_the_slow_way(rows):
    x, hour, group, kind = columns(rows)
    fast = judged(x, hour, group, kind)
    assert len(fast.n) == len(x) == len(rows)
    for i in range(len(x)):
        if np.isnan(x[i]) or np.isnan(hour[i]):
            assert fast.n[i] == 0
            assert np.isnan(fast.median[i])
            continue
        chosen, near = nearest_slowly(x, hour, group, kind, i)
        values = x[chosen]
        assert fast.n[i] == len(chosen)
        if len(chosen) == NEAREST:
            low, high = min(hour[chosen].min(), hour[i]), max(hour[chosen].max(), hour[i])
            near = [j for j in near if low <= hour[j] <= high]
        for which in BaselineExclusion:
            if which != BaselineExclusion.SERVES:
                counted = sum(kind[j] == which for j in near)
                assert fast.left_out[i, which - 1] == counted
        if not chosen:
            assert np.isnan([fast.median[i], fast.mad[i], fast.percentile[i]]).all()
            continue
        assert fast.median[i] == np.median(values)
        assert fast.mad[i] == np.median(np.abs(values - np.median(values)))
        rank = 50 * ((values < x[i]).mean() + (values <= x[i]).mean())
        assert fast.percentile[i] == pytest.approx(rank)


@settings(max_examples=100, deadline=None)
@given(posts, st.randoms(use_true_random=False))
def test_the_order_of_posts_does_not_matter(rows, shuffle):
    x, hour, group, kind = columns(rows)
    order = np.array(shuffle.sample(range(len(x)), len(x)), dtype=int)
    here = judged(x, hour, group, kind)
    there = judged(x[order], hour[order], group[order], kind[order])
    for field in ("n", "left_out", "median", "mad", "percentile"):
        np.testing.assert_array_equal(getattr(here, field)[order], getattr(there, field))


def test_more_posts_than_a_slice_and_windows_of_fifty():
    rng = np.random.default_rng(3)
    n = 40_000
    x, hour = rng.normal(size=n), rng.uniform(0, 24 * 400, n)
    group, kind = rng.integers(0, 200, n), np.zeros(n, np.int8)
    fast = judged(x, hour, group, kind, reach=(50, 180))
    assert (fast.n <= 50).all()
    for i in rng.integers(0, n, 40):
        away = np.abs(np.rint(hour * 3600) - np.rint(hour[i] * 3600))
        here = np.flatnonzero((group == group[i]) & (away <= 180 * 86_400) & (np.arange(n) != i))
        values = x[here[np.argsort(away[here], kind="stable")[:50]]]
        assert fast.median[i] == np.median(values)


def test_an_accounts_own_figures_come_from_its_central_posts():
    x = np.array([9.0, 1, 2, 3, 9, 5])
    line = arrange(
        x,
        posted_h=np.arange(6.0),
        group=np.array([0, 0, 0, 0, 0, 4]),
        kind=np.zeros(6, np.int8),
        reach=(3, 180),
    )
    found = central(line)
    assert found.group.tolist() == [0, 4]
    assert found.n.tolist() == [3, 1]
    assert found.median.tolist() == [2, 5]
    assert found.mad.tolist() == [1, 0]


def test_nothing_at_all():
    empty = np.empty(0)
    out = judged(empty, empty, np.empty(0, np.int64), np.empty(0, np.int8))
    assert out.n.shape == (0,)


def test_account_codes_that_would_overflow_are_refused():
    with pytest.raises(ValueError, match="account codes"):
        judged(np.ones(2), np.array([0.0, 9e5]), np.array([0, 2**60]), np.zeros(2, np.int8))


@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 35])
def test_every_row_is_worked_on_once(n):
    seen = np.zeros(n, int)

    def work(part):
        seen[part] += 1

    in_slices(work, n, rows=10)
    assert (seen == 1).all()


@pytest.mark.parametrize("n", [5, 50])
def test_an_error_in_a_slice_is_raised(n):
    def work(part):
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        in_slices(work, n, rows=10)
