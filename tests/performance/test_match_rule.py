"""What is stated comes true in simulated worlds that the weights never saw, and words alone in
any writing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulator.build import build_world
from simulator.productions import produce
from vtlib.performance.match_rule import (
    FEATURES,
    MatchContext,
    best_line,
    coverage,
    fit,
    match,
    probabilities,
    rarity,
    words,
)

NONE = pd.DataFrame(columns=["script_id", "post_id"])


def pairs(seed: int) -> pd.DataFrame:
    made = produce(build_world(seed=seed))
    places = pd.DataFrame(made.places, columns=["script_id", "account_id", "format"])
    links = pd.DataFrame(made.links, columns=["script_id", "post_id"])
    known = MatchContext(links, places, made.cuts, NONE)
    found = match(pd.DataFrame(made.posts), pd.DataFrame(made.scripts), known, window_days=60)
    return found.assign(is_true=found["post_id"].map(made.truth).eq(found["script_id"]))


def test_what_is_stated_comes_true_in_a_world_held_out() -> None:
    found = pd.concat([pairs(seed) for seed in (201, 202)], ignore_index=True)
    sure = found[found["probability"] >= 0.95]
    assert len(sure) >= 8
    assert sure["is_true"].mean() >= 0.9
    likely = found[found["probability"].between(0.1, 0.9)]
    assert abs(likely["probability"].mean() - likely["is_true"].mean()) < 0.12
    assert (found.groupby("post_id")["probability"].sum() <= 1).mean() > 0.4


def test_a_world_gives_the_same_production_again() -> None:
    one, two = (produce(build_world(seed=201)) for _ in range(2))
    assert (one.posts, one.scripts, one.truth) == (two.posts, two.scripts, two.truth)
    assert {script for script in one.truth.values() if script} < {
        row["script_id"] for row in one.scripts
    }


def test_the_choice_of_a_post_adds_up_to_at_most_one() -> None:
    x = np.zeros((3, len(FEATURES)))
    weights = np.zeros(len(FEATURES))
    chance = probabilities(x, np.array([0, 0, 1]), weights)
    assert chance == pytest.approx([1 / 3, 1 / 3, 1 / 2])
    assert len(probabilities(x[:0], np.array([]), weights)) == 0


def test_weights_are_found_again() -> None:
    draw = np.random.default_rng(3)
    post = np.repeat(np.arange(1500), 3)
    x = np.column_stack([np.ones(len(post)), draw.normal(size=(len(post), 2))])
    truth = np.array([-1.0, 2.0, 0.0])
    chance = probabilities(x, post, truth).reshape(-1, 3)
    level = draw.random(1500)[:, None]
    chosen = (np.cumsum(chance, axis=1) > level) & (np.cumsum(chance, axis=1) - chance <= level)
    assert fit(x, post, chosen.ravel()) == pytest.approx(truth, abs=0.2)


@pytest.mark.parametrize(
    ("line", "caption"),
    [
        ("Why does the kettle hum at noon?", "why does the KETTLE hum at noon #kettle"),
        ("どうして茶碗は正午に歌うの", "どうして茶碗は正午に歌うの🍵 すべて架空です"),
        ("Größe egal, Löffel fehlt immer", "größe EGAL löffel fehlt immer!"),
    ],
)
def test_a_line_is_found_in_any_writing(line: str, caption: str) -> None:
    others = ["Bake a lemon tart", "すべて架空です", "Alles frei erfunden", "hum at noon"]
    weights = rarity([words(t) for t in (line, caption, *others)])
    assert coverage(words(line), words(caption), weights) == pytest.approx(1)
    assert best_line([others[0], line], words(caption), weights) == (pytest.approx(1), line)
    assert coverage(words(line), words("Bake a lemon tart"), weights) < 0.1
    assert coverage(words("hum"), words("hum"), weights) == 0
