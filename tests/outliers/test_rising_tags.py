"""Tags that gather pace: found where they rise, next to never where they do not, and replayed as
they were seen.
"""

import numpy as np
import pandas as pd
import pytest

from vtlib.core.params import Outliers
from vtlib.outliers import rising_tags
from vtlib.outliers.rising_tags import REACH_DAYS, WINDOW_H, Uses, gathering, sequel, trends

WEEKS, TAGS = 12, 60


def world(seed: int, *, rising: int = 0, growing_captures: bool = False) -> tuple[Uses, float]:
    """40 creators with habits of their own; the first `rising` tags spread over the last four
    weeks.
    """
    rng = np.random.default_rng(seed)
    creators, per_week = 40, 3
    n = creators * WEEKS * per_week
    creator = np.repeat(np.arange(creators), WEEKS * per_week)
    posted = rng.uniform(0, WEEKS * WINDOW_H, n)
    habit = np.exp(rng.normal(-4, 1, TAGS) + rng.normal(0, 1, (creators, TAGS)))
    chance = np.minimum(habit[creator], 0.8)
    late = np.clip(posted / WINDOW_H - (WEEKS - 4), 0, 4) / 4
    chance[:, :rising] = np.maximum(chance[:, :rising] * 0.2, 0.3 * late[:, None] ** 2)
    if growing_captures:  # of old weeks a third of the posts was captured
        use = (posted > (WEEKS - 1) * WINDOW_H) | (rng.random(n) < 1 / 3)
        creator, posted, chance = creator[use], posted[use], chance[use]
    post, tag = np.nonzero(rng.random(chance.shape) < chance)
    seen = posted + rng.uniform(1, 24, len(posted))
    return Uses(creator, posted, seen, tag, post), WEEKS * WINDOW_H


@pytest.mark.parametrize("growing_captures", [False, True])
def test_where_nothing_rises_next_to_nothing_is_called(growing_captures: bool) -> None:
    found = [gathering(*world(seed, growing_captures=growing_captures)) for seed in range(30)]
    n_called = [int(f.is_gathering.sum()) for f in found if f]
    p = np.concatenate([f.p for f in found if f])
    assert len(n_called) == 30
    assert np.mean([n > 0 for n in n_called]) <= 0.1
    assert (p < 0.05).mean() <= 0.05


def test_what_rises_is_found_with_its_counts() -> None:
    uses, at_h = world(1, rising=5)
    found = gathering(uses, at_h)
    assert found is not None
    called = set(found.tag[found.is_gathering])
    assert len(called & set(range(5))) >= 4
    assert len(called - set(range(5))) <= 1
    tag = found.tag[found.is_gathering][0]
    inside = (uses.posted_h > at_h - WINDOW_H) & (uses.seen_h <= at_h)
    users = uses.creator[uses.post[uses.tag == tag]][inside[uses.post[uses.tag == tag]]]
    assert found.n[found.tag == tag] == len(set(users))


def test_one_creator_is_no_movement() -> None:
    uses, at_h = world(2)
    mine = np.flatnonzero((uses.creator == 0) & (uses.posted_h > at_h - WINDOW_H))
    tag = np.concatenate([uses.tag, np.full(len(mine), TAGS)])
    more = Uses(uses.creator, uses.posted_h, uses.seen_h, tag, np.concatenate([uses.post, mine]))
    found = gathering(more, at_h)
    assert found is not None
    assert TAGS not in found.tag[found.is_gathering]


def test_the_record_tells_what_became_of_earlier_calls() -> None:
    uses, at_h = world(3, rising=5)
    found = sequel(uses, at_h)
    assert found.n_rose <= found.n
    assert found.n_stayed >= found.n_rose > 0
    assert found.n_stayed / found.n > found.n_stayed_others / found.n_others


def test_posts_seen_later_change_no_earlier_window() -> None:
    uses, at_h = world(4, rising=5)
    end = at_h - 2 * WINDOW_H
    rng = np.random.default_rng(0)
    later = uses.seen_h > end
    tag = np.where(later[uses.post], rng.integers(0, TAGS, len(uses.tag)), uses.tag)
    other = Uses(uses.creator, uses.posted_h, uses.seen_h, tag, uses.post)
    one, two = gathering(uses, end), gathering(other, end)
    assert one is not None
    assert two is not None
    np.testing.assert_array_equal(one.p, two.p)
    np.testing.assert_array_equal(one.tag, two.tag)


def test_few_creators_are_silence() -> None:
    uses, at_h = world(5)
    assert gathering(uses, at_h + 2 * WINDOW_H) is None
    assert gathering(uses, WINDOW_H) is None


def test_a_tag_counts_once_a_post_and_a_search_or_nothing_counts_not() -> None:
    day = pd.Timestamp("2026-06-01")
    tags = [["b", "a", "b"], [], None, np.array(["a", "", None], object), ["asked"]]
    posts = pd.DataFrame(
        {
            "account_id": ["x", "y", "x", "z", "z"],
            "posted_at": day,
            "first_seen_at": day,
            "hashtags": tags,
            "audio_id": ["s2", None, "s1", "s2", ""],
        }
    )
    names, uses = rising_tags._uses(posts, "hashtags", {"asked"})
    assert names == ["a", "b"]
    assert sorted(zip(uses.post, uses.tag, strict=True)) == [(0, 0), (0, 1), (3, 0)]
    names, uses = rising_tags._uses(posts, "audio_id", set())
    assert [(int(p), names[t]) for p, t in zip(uses.post, uses.tag, strict=True)] == [
        (0, "s2"),
        (2, "s1"),
        (3, "s2"),
    ]


def test_posts_out_of_reach_change_nothing() -> None:
    rng = np.random.default_rng(8)
    n, end = 3000, pd.Timestamp("2026-06-01")
    posted = end - pd.to_timedelta(rng.uniform(0, 2 * REACH_DAYS, n), unit="D")
    posts = pd.DataFrame(
        {
            "account_id": pd.Series(rng.integers(0, 60, n)).map("tiktok:{}".format),
            "platform": "tiktok",
            "posted_at": posted,
            "first_seen_at": posted + pd.Timedelta(hours=5),
            "captured_at": end,
            "hashtags": [[f"t{k}" for k in rng.integers(0, 30, 3)] for _ in range(n)],
            "audio_id": pd.Series(rng.integers(0, 40, n)).map("s{}".format),
            "audio_title": "a song",
        }
    )
    everything = trends(posts, Outliers())
    near = trends(posts[posted >= end - pd.Timedelta(days=REACH_DAYS)], Outliers())
    assert len(everything.tags) > 40
    assert everything.sequel is not None
    assert everything.sequel.n + everything.sequel.n_others > 100
    pd.testing.assert_frame_equal(near.tags, everything.tags)
    assert near.sequel == everything.sequel
