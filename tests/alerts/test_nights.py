"""Night after night: an alert a post and tier, and as many false ones as each night says."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from tests.alerts.world import NO_PAIRS, posts_of_night, world
from vtlib.alerts import breakouts
from vtlib.alerts.breakouts import Night
from vtlib.core.params import Params
from vtlib.outliers.judgement import judge

PARAMS = Params(project="p")
RULE = PARAMS.outliers.model_copy(update={"look": "past"})
NIGHTS = range(66, 100)


@dataclass
class Watched:
    """What one world's nights came to; the first is its past and does not count."""

    nights: list[Night] = field(default_factory=list)
    alerts: pd.DataFrame = field(default_factory=pd.DataFrame)

    def total(self, name: str) -> float:
        return float(sum(getattr(n, name) for n in self.nights))


def watched(posts: pd.DataFrame, alerts=PARAMS.alerts) -> Watched:
    return watched_by(nightly_scores(posts), alerts)


def nightly_scores(posts: pd.DataFrame) -> list[pd.DataFrame]:
    return [judge(posts_of_night(posts, float(n)), NO_PAIRS, RULE).scores for n in NIGHTS]


def watched_by(nights: list[pd.DataFrame], alerts=PARAMS.alerts) -> Watched:
    looked = pd.DataFrame({"post_id": [], "step": []})
    raised = pd.DataFrame({"subject": [], "tier": []})
    out = Watched()
    for number, scores in enumerate(nights):
        one = breakouts.look(scores, looked, raised, rule=RULE, alerts=alerts)
        looked = pd.concat([looked, one.looks]).drop_duplicates("post_id", keep="last")
        new = one.breakouts[["post_id", "tier"]].rename(columns={"post_id": "subject"})
        raised = pd.concat([raised, new])
        if number:
            out.nights.append(one)
            out.alerts = pd.concat([out.alerts, one.breakouts])
    return out


@pytest.fixture(scope="module", params=["normal", "t4"])
def ordinary(request):
    return [watched(world(seed, tail=request.param)) for seed in range(2)]


def test_false_alarms_are_as_many_as_the_nights_say(ordinary) -> None:
    """Ordinary posts alone: every alert is false."""
    n = sum(len(one.alerts) for one in ordinary)
    low, high = (sum(w.total(f"expected_{end}") for w in ordinary) for end in ("low", "high"))
    assert n > 10
    assert low <= n <= high
    assert high < 8 * n  # a range that says something


def test_no_post_is_alerted_twice_for_a_tier(ordinary) -> None:
    alerts = pd.concat([w.alerts.assign(world=n) for n, w in enumerate(ordinary)])
    assert len(alerts) > 10
    assert not alerts.duplicated(["world", "post_id", "tier"]).any()


def test_a_post_is_looked_at_once_an_age(ordinary) -> None:
    looks = pd.concat([night.looks for night in ordinary[0].nights])
    assert not looks.duplicated(["post_id", "step"]).any()
    assert looks.groupby("post_id").size().max() <= len(PARAMS.alerts.looks_d)


def test_a_look_every_night_could_promise_little() -> None:
    """What the ages of looks_d are for: each look adds its chance to what must be stated."""
    daily = PARAMS.alerts.model_copy(update={"looks_d": [float(d) for d in range(3, 31)]})
    nights = nightly_scores(world(2))
    few, many = (watched_by(nights, a) for a in (PARAMS.alerts, daily))
    assert len(many.alerts) >= len(few.alerts) > 0
    assert many.total("expected_high") > 4 * few.total("expected_high")


def test_true_hits_are_found_and_the_range_holds_the_false_ones() -> None:
    posts = world(5, hits=0.05)
    out = watched(posts)
    hits = set(posts.loc[posts["is_hit"], "post_id"])
    found = set(out.alerts["post_id"]) & hits
    judged = {p for n in out.nights for p in n.looks.loc[n.looks["is_first"], "post_id"]} & hits
    assert len(judged) > 40
    assert len(found & judged) / len(judged) > 0.4
    false = len(set(out.alerts["post_id"]) - hits)
    assert out.total("expected_low") * 0.5 <= false <= out.total("expected_high")


def test_no_future_is_used() -> None:
    """The night of day 80 says the same, whatever comes after it."""
    posts = world(1)
    later = posts.assign(ln_views=np.where(posts["day"] > 80, 20.0, posts["ln_views"]))
    none = pd.DataFrame({"post_id": [], "step": []}), pd.DataFrame({"subject": [], "tier": []})
    both = [
        breakouts.look(
            judge(posts_of_night(w, 80.0), NO_PAIRS, RULE).scores,
            *none,
            rule=RULE,
            alerts=PARAMS.alerts,
        )
        for w in (posts, later)
    ]
    assert len(both[0].looks) > 100
    pd.testing.assert_frame_equal(both[0].breakouts, both[1].breakouts)


def test_a_night_without_posts_says_so() -> None:
    none = pd.DataFrame({"post_id": [], "step": []}), pd.DataFrame({"subject": [], "tier": []})
    scores = judge(posts_of_night(world(1), 0.0), NO_PAIRS, RULE).scores
    night = breakouts.look(scores, *none, rule=RULE, alerts=PARAMS.alerts)
    assert (len(night.looks), night.expected_high) == (0, 0.0)
    assert "No post was looked at" in night.sentence
