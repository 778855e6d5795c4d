"""Films for patterns: half breakouts, half ordinary posts, drawn once; and how many a pattern
needs.
"""

import numpy as np
import pandas as pd
import pytest

from tests.performance.test_patterns import said, world
from vtlib.performance import video_sample
from vtlib.performance.patterns import Feature, find
from vtlib.performance.video_sample import Target, films_needed, power


def films(n: int = 40) -> pd.DataFrame:
    posts = world(accounts=12, n=n).assign(format="video")
    posts["tier"] = np.select(
        [posts["x7_ln"] > 10.5, posts["x7_ln"] > 10.2], ["breakout", "watch"], "none"
    )
    return video_sample.film_posts(posts)


def test_a_draw_has_both_sides_spread_over_accounts_and_goes_on_where_it_stopped() -> None:
    posts = films()
    drawn = video_sample.draw(posts, 40, previous_ids=[], seed="p")
    assert drawn["stratum"].value_counts().to_dict() == {"breakout": 20, "ordinary": 20}
    assert drawn["post_id"].is_unique
    of = posts.set_index("post_id").loc[drawn["post_id"]]
    assert of["is_hit"].tolist() == drawn["stratum"].eq("breakout").tolist()
    assert of.loc[~of["is_hit"], "account_id"].nunique() == 12
    share = drawn.groupby("stratum")["drawn_share"].first()
    assert share["ordinary"] == pytest.approx(20 / (~posts["is_hit"]).sum())
    assert video_sample.draw(posts, 40, previous_ids=list(drawn["post_id"]), seed="p").empty
    more = video_sample.draw(posts, 50, previous_ids=list(drawn["post_id"]), seed="p")
    assert len(more) == 10
    assert not set(more["post_id"]) & set(drawn["post_id"])
    # Fewer breakouts than half: ordinary posts take the rest.
    few = posts[~posts["is_hit"] | (posts["is_hit"].cumsum() <= 5)]
    counts = video_sample.draw(few, 40, previous_ids=[], seed="p")["stratum"].value_counts()
    assert counts.to_dict() == {"ordinary": 35, "breakout": 5}


def test_power_grows_with_films_and_effect_and_is_alpha_without_one() -> None:
    posts = films()
    y, hit = posts["y"].to_numpy(float), posts["is_hit"].to_numpy(bool)

    def at(effect_ln: float) -> Target:
        return Target(0.3, effect_ln, 0.05)

    assert power(y, hit, 200, at(0.0)) <= 0.09
    sizes = [power(y, hit, n, at(0.6)) for n in (20, 80, 300)]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 0.95
    large, small = (films_needed(y, hit, at(e)) for e in (0.9, 0.4))
    assert large is not None
    assert small is None or large < small
    assert films_needed(y[~hit], hit[~hit], at(0.9)) is None


def test_the_plan_names_what_films_are_needed_for() -> None:
    posts, values = said(world(accounts=12, n=40), works=0.7, rare=0.0)
    posts = posts.assign(format="video")
    measured = set(posts["post_id"].iloc[::40])
    values = values[~values["feature"].eq("rare") | values["post_id"].isin(measured)]
    features = [Feature(n, n, "measured") for n in ("works", "rare", "unseen")]
    library = find(posts, values, features)
    rows = video_sample.film_plan(
        video_sample.film_posts(posts), values, features, library, effect=1.8
    ).set_index("pattern")
    assert rows.loc["works", "claim"] == "more views"
    assert rows.loc["rare", "films_known"] == len(
        measured & set(video_sample.film_posts(posts)["post_id"])
    )
    assert rows.loc["rare", "reason"]
    assert rows.loc["unseen", "films_more"] == rows.loc["unseen", "films_needed"] > 0
    assert rows.loc["works", "films_more"] < rows.loc["unseen", "films_more"]
