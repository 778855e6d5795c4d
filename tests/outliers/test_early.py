"""Early calls: as often true as said, no better than the base rate where nothing is to be known,
never from the future.
"""

from dataclasses import replace

import numpy as np
import pytest

from tests.outliers import early_worlds as worlds
from vtlib.outliers.early import Calls, Captures, Rule, early_calls
from vtlib.outliers.early_odds import MIN_BREAKOUTS, MIN_POSTS, Odds, concatenate, odds, record
from vtlib.outliers.growth import REFERENCE_H
from vtlib.outliers.scores import Posts

INFORMATIVE = {
    "log-normal": {"growth": worlds.saturating(3.0)},
    "t3": {"growth": worlds.saturating(3.0), "tail": worlds.student3},
    "slow, uneven": {"growth": worlds.saturating(8.0, 0.7)},
    "done in a day": {"growth": worlds.saturating(0.5)},
    "late bursts": {"growth": worlds.bursting},
}


def called(posts: Posts, captures: Captures) -> tuple[Calls, Odds]:
    calls = early_calls(posts, captures, Rule())
    return calls, odds(calls)


def outcomes(calls: Calls, found: Odds) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chance, base rate and outcome of each post's first call that came due."""
    first = np.zeros(len(calls.post), bool)
    first[np.unique(calls.post, return_index=True)[1]] = True
    use = first & np.isfinite(calls.end) & np.isfinite(found.chance)
    return found.chance[use], found.base[use], calls.is_breakout[use]


@pytest.mark.parametrize("name", INFORMATIVE)
def test_calls_come_true_as_often_as_they_said(name: str) -> None:
    chance, base, is_true = outcomes(
        *called(*worlds.captured(1, accounts=30, gap_h=48.0, **INFORMATIVE[name]))
    )
    found = record(chance, base, is_true, interval=0.99, edges=(0, 0.05, 0.3, 0.7, 1))
    assert found is not None
    assert found.n > 600
    assert found.brier < 0.75 * found.brier_base
    for band in found.bands:  # five points of grace: chances within a band differ
        assert band.share_low - 0.05 <= band.said <= band.share_high + 0.05, band


def test_where_early_counts_say_nothing_chances_stay_near_the_base_rate() -> None:
    chance, base, is_true = outcomes(
        *called(*worlds.captured(1, growth=worlds.unrelated, accounts=24, gap_h=48.0))
    )
    found = record(chance, base, is_true)
    assert found is not None
    assert found.brier == pytest.approx(found.brier_base, rel=0.05)
    assert np.quantile(chance, 0.98) < 4 * is_true.mean()
    assert (chance >= 0.5).mean() < 0.002


def few(n_accounts: int = 12, **options: float) -> tuple[Posts, Captures]:
    return worlds.captured(3, growth=worlds.saturating(3.0), accounts=n_accounts, **options)


def test_too_little_to_learn_from_is_silence_with_its_counts() -> None:
    for options in ({"n_accounts": 2}, {"hits": 0.0}, {"per_account": 6}):
        calls, found = called(*few(**options))
        short = (found.n < MIN_POSTS) | (found.n_breakouts < MIN_BREAKOUTS) | (found.n_accounts < 3)
        assert len(calls.post)
        assert (np.isnan(found.chance) == short).all()
        assert short.any()


def test_no_captures_in_the_window_are_no_calls() -> None:
    posts, captures = few()
    age = captures.at_h - posts.posted_h[captures.post]
    late = Captures(*(getattr(captures, k)[age > 72] for k in ("post", "at_h", "x")))
    assert not len(early_calls(posts, late, Rule()).post)
    nothing = Captures(np.empty(0, np.int64), np.empty(0), np.empty(0))
    calls = early_calls(posts, nothing, Rule())
    assert not len(odds(calls).chance)


def test_what_is_captured_later_changes_no_earlier_call() -> None:
    """Counts after a day are redrawn, posts after it vanish or appear: calls made by that day
    stay as they were.
    """
    posts, captures = few()
    day = 45 * 24.0
    rng = np.random.default_rng(0)
    is_later = captures.at_h >= day
    x = np.where(is_later, rng.normal(9, 3, len(captures.x)), captures.x)
    drop = is_later & (rng.random(len(x)) < 0.3)
    other = Captures(captures.post[~drop], captures.at_h[~drop], x[~drop])
    before, after = (called(posts, c) for c in (captures, other))
    early = [c.cutoff_h < day for c, _ in (before, after)]
    assert early[0].sum() > 200
    for field in ("post", "at_h", "x7", "level", "need", "ahead", "pace"):
        one, two = (getattr(c, field)[e] for (c, _), e in zip((before, after), early, strict=True))
        np.testing.assert_array_equal(one, two, err_msg=field)
    chances = [o.chance[e] for (_, o), e in zip((before, after), early, strict=True)]
    np.testing.assert_array_equal(*chances)
    assert np.isfinite(chances[0]).sum() > 100


def test_open_calls_are_those_of_posts_under_seven_days_old() -> None:
    posts, captures = few()
    cut = captures.at_h < 60 * 24.0
    captures = Captures(captures.post[cut], captures.at_h[cut], captures.x[cut])
    calls, found = called(posts, captures)
    newest = captures.at_h.max()
    assert calls.is_open.sum() > 10
    assert (posts.posted_h[calls.post[calls.is_open]] + REFERENCE_H > newest).all()
    assert np.isnan(calls.end[calls.is_open]).all()
    assert np.isfinite(found.chance[calls.is_open]).all()


def test_a_breakout_needs_the_rules_multiplier_p_and_least_count() -> None:
    posts, captures = few(gap_h=60.0, per_account=25)
    plain = early_calls(posts, captures, Rule())
    assert (plain.need - plain.level >= np.log(3) - 1e-9).all()
    harder = early_calls(posts, captures, Rule(multiplier=50.0))
    assert (harder.need - harder.level >= np.log(50) - 1e-9).all()
    large = early_calls(posts, captures, Rule(least_ln=20.0))
    assert (large.need >= 20).all()


def test_formats_with_too_few_captures_learn_from_all_together() -> None:
    parts = []
    for seed in range(6):
        world = worlds.captured(
            seed,
            growth=worlds.saturating(2.0 + seed),
            per_account=24,
            accounts=10,
            hits=0.02,
            gap_h=60.0,
        )
        parts.append(early_calls(*world, Rule()))
    alone = [odds(p) for p in parts]
    apart = [replace(p, account=p.account + 100 * k) for k, p in enumerate(parts)]
    joint = odds(*concatenate(apart))
    assert all(np.isnan(a.chance).mean() > 0.6 for a in alone)
    assert np.isfinite(joint.chance).mean() > 0.4
    chance, base, is_true = outcomes(concatenate(apart)[0], joint)
    found = record(chance, base, is_true)
    assert found is not None
    assert found.brier < 0.8 * found.brier_base


def test_a_record_prints_bands_that_hold_calls_alone() -> None:
    chance = np.array([0.01, 0.6, 0.7, 0.7, 1.0])
    found = record(chance, np.full(5, 0.2), np.array([False, True, False, True, True]))
    assert found is not None
    assert [(b.low, b.n, b.n_true) for b in found.bands] == [(0, 1, 0), (0.5, 3, 2), (0.75, 1, 1)]
    assert found.bands[1].said == pytest.approx(2 / 3)
    assert found.bands[1].share_low < 2 / 3 < found.bands[1].share_high
    assert record(np.empty(0), np.empty(0), np.empty(0, bool)) is None
