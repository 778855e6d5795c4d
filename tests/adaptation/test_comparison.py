"""06: answers read into rows, products ranked, disagreement counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.adaptation import selection as choosing
from vtlib.adaptation.comparison import ranking, recommendation, summary
from vtlib.adaptation.comparison.answer import fit_rows, judgement_rows
from vtlib.adaptation.comparison.ranking import circular_triads, ranking_weight, strengths
from vtlib.report.answers import outcomes
from vtlib.report.insight import Facts

PRODUCTS = ("b/x", "b/y", "b/z")


def fit(product, *scores):
    names = ("hook_relevance", "audience_match", "transition_ease", "replicability")
    text = {"reason": "r", "best_use": "u", "obstacles": [], "confidence": "low"}
    return {"product": product, **dict(zip(names, scores, strict=True)), **text}


def duel(first, second, better):
    return {"first": first, "second": second, "better": better, "why": "w"}


def question(fits, duels, post="p1"):
    return {
        "analysis_id": f"q-{post}",
        "post_id": post,
        "answer": {"fits": fits, "duels": duels, "recommended": "b/x", "recommended_why": "best"},
        "model": "m",
        "prompt_version": "fits/1",
        "input_hash": "h",
        "answered_at": pd.Timestamp("2026-01-01"),
    }


def frames(*questions):
    fits, pairs = [], []
    for q in questions:
        rows = fit_rows(q, PRODUCTS)
        names = {"analysis_id": q["analysis_id"], "n_judged": 1}
        fits += [{**r, **names, "product": r["product_id"][2:], "product_name": None} for r in rows]
        pairs += [{**r, **names} for r in judgement_rows(q, [r["product_id"] for r in rows])]
    columns = ["analysis_id", "post_id", "first_product_id", "second_product_id", "better"]
    return pd.DataFrame(fits), pd.DataFrame(pairs, columns=columns)


GOOD = [fit("b/x", 5, 5, 4, 4), fit("b/y", 3, 3, 3, 3), fit("b/z", 0, 1, 1, 0)]
CLEAR = [duel("b/x", "b/y", "first"), duel("b/z", "b/x", "second"), duel("b/y", "b/z", "first")]


def test_only_what_was_asked_is_taken():
    odd = [
        *GOOD[:1],
        fit("b/other", 5, 5, 5, 5),
        GOOD[0],
        {"product": "b/y"},
        fit("b/z", 9, 0, 0, 0),
    ]
    rows = fit_rows(question(odd, []), PRODUCTS)
    assert [(r["product_id"], r["score"], r["position"]) for r in rows] == [("b/x", 4.5, 1)]
    assert rows[0]["is_recommended"]
    assert fit_rows(question(None, None), PRODUCTS) == []


def test_a_pair_is_kept_once_in_the_order_of_the_question():
    rows = judgement_rows(question([], [*CLEAR, duel("b/x", "b/x", "first")]), PRODUCTS)
    assert [(r["first_product_id"], r["second_product_id"], r["better"]) for r in rows] == [
        ("b/x", "b/y", "first"),
        ("b/x", "b/z", "first"),
        ("b/y", "b/z", "first"),
    ]


def test_a_pair_that_is_judged_both_ways_is_even():
    both = [duel("b/x", "b/y", "first"), duel("b/y", "b/x", "first")]
    (row,) = judgement_rows(question([], both), PRODUCTS)
    assert row["better"] == "even"


def test_one_video_is_ranked_by_score_then_by_pairs_won():
    level = [fit("b/x", 3, 3, 3, 3), fit("b/y", 3, 3, 3, 3), fit("b/z", 1, 1, 1, 1)]
    table = ranking.per_video(*frames(question(level, [duel("b/x", "b/y", "second")])))
    assert list(zip(table["product"], table["rank"], strict=True)) == [("y", 1), ("x", 2), ("z", 3)]
    alone = ranking.per_video(*frames(question(level, [])))
    assert list(alone["rank"]) == [1, 2, 3], "the model's own choice is b/x"


def ranked(fits, duels, own="b/x", least=3.0):
    asked = question(fits, duels)
    asked["answer"]["recommended"] = own
    return recommendation.rank_products(*frames(asked), min_score=least)


LEVEL = [fit("b/x", 3, 3, 3, 3), fit("b/y", 3, 3, 3, 3)]


@pytest.mark.parametrize(
    ("fits", "duels", "own", "first", "says"),
    [
        (GOOD, CLEAR, "b/x", "b/x", ""),
        (GOOD, CLEAR, "b/y", "b/x", "The model's own choice is y."),
        (GOOD, CLEAR, None, "b/x", "The model itself recommends none."),
        (
            GOOD,
            [duel("b/x", "b/y", "second"), *CLEAR[1:]],
            "b/x",
            "b/x",
            "Pairs put y first (2 of 2 won, x 1 of 2 won).",
        ),
        (LEVEL, [], "b/y", "b/y", ""),
        (LEVEL, [], None, "b/x", "X and y are tied, taken in the order of their names; the"),
    ],
)
def test_one_rule_recommends_and_says_who_disagrees(fits, duels, own, first, says):
    table = ranked(fits, duels, own)
    assert table.loc[table["is_recommended"], "product_id"].tolist() == [first]
    said = table["disagreement"].iloc[0]
    assert said.startswith(says) if says else said == ""


def test_every_place_takes_the_product_that_the_rule_recommends():
    table = ranked(GOOD, [duel("b/x", "b/y", "second")], own="b/z")
    best = summary.best_table(table.assign(url=""))
    (pair,) = choosing.pairs(table, limit=5)
    (card,) = outcomes(Facts(fits=table.assign(handle="h")), spend=None)
    assert best["product_id"].tolist() == [pair["product_id"]] == ["b/x"]
    assert card.figure == "x: 1 of 1 video"
    assert "For 1 of 1 video pairs or the model's own choice differ." in card.sentences


def test_no_script_says_the_best_pair_the_threshold_and_two_ways_on():
    low = ranked(GOOD[1:], [], own=None, least=3.5)
    assert not low["is_recommended"].any()
    said = recommendation.shortfall(low, min_score=3.5, project="spring")
    assert "y with p1, 3.00 of 5, under adaptation.min_score 3.5" in said
    assert "-p adaptation.min_score=3." in said
    assert "vt script adapt --project spring --video p1 --product y" in said
    assert recommendation.shortfall(ranked(GOOD, []), min_score=3.0, project="spring") == ""
    assert recommendation.shortfall(low.head(0), min_score=3.0, project="spring") == ""


def test_products_are_ranked_over_videos_with_intervals():
    fits, pairs = frames(*(question(GOOD, CLEAR, post=f"p{n}") for n in range(8)))
    table = ranking.over_videos(fits, pairs)
    assert list(table["product"]) == ["x", "y", "z"]
    assert list(table["rank"]) == [1, 2, 3]
    assert (table["won"].iloc[0], table["lost"].iloc[0], table["n_videos"].iloc[0]) == (16, 0, 8)
    assert table["p_first"].iloc[0] > summary.SURE_P
    found = ranking.disagreement(fits, pairs)
    assert (found.against_scores.k, found.minority.k, found.circles, found.triads) == (0, 0, 0, 8)
    assert found.first_named.share == 1


def test_disagreement_is_counted():
    circle = [
        duel("b/x", "b/y", "first"),
        duel("b/y", "b/z", "first"),
        duel("b/x", "b/z", "second"),
    ]
    fits, pairs = frames(question(GOOD, circle), question(GOOD, CLEAR, post="p2"))
    found = ranking.disagreement(fits, pairs)
    assert (found.against_scores.k, found.against_scores.n) == (1, 6)
    assert (found.minority.k, found.minority.n) == (1, 6)
    assert (found.circles, found.triads) == (1, 2)
    one = ranking.disagreement(*frames(question(GOOD, circle)))
    assert one.first_named.n == 0


def test_few_judgements_make_no_claim():
    fits, pairs = frames(question(GOOD, [duel("b/x", "b/y", "first")]))
    ranks = ranking.over_videos(fits, pairs)
    said = summary.conclude(fits, ranks, ranking.disagreement(fits, pairs), has_key=True)
    assert "not surely" in " ".join(said.headline)
    bare = ranking.over_videos(fits, pairs.head(0))
    assert bare["rank_high"].eq(3).all()
    assert "cannot be ranked" in summary.order(bare, 0)


@pytest.mark.parametrize(("has_key", "reason"), [(False, "set GEMINI_API_KEY"), (True, "why")])
def test_nothing_judged_is_a_skipped_stage(has_key, reason):
    empty, pairs = frames()
    ranks = ranking.over_videos(empty, pairs)
    assert list(ranks.columns) == list(ranking.RANK_COLUMNS)
    found = ranking.disagreement(empty, pairs)
    said = summary.conclude(empty, ranks, found, has_key=has_key, waits="why")
    assert (said.status, said.reason) == ("skipped", reason)
    assert list(summary.pair_table(empty).columns[1:]) == list(summary.PAIR_COLUMNS)
    assert summary.best_table(empty).empty
    assert np.isnan(found.minority.share)


FEW = settings(max_examples=40, deadline=None)


@st.composite
def tournaments(draw):
    k = draw(st.integers(2, 6))
    pairs = st.tuples(st.integers(0, k - 1), st.integers(0, k - 1)).filter(lambda p: p[0] != p[1])
    rows = draw(st.lists(st.tuples(pairs, st.sampled_from([0.0, 0.5, 1.0])), max_size=25))
    judged = np.array([p for p, _ in rows], dtype=np.int64).reshape(-1, 2)
    return k, judged, np.array([o for _, o in rows], dtype=float)


@FEW
@given(tournaments())
def test_strengths_are_centred_and_lie_inside_their_intervals(played):
    k, judged, outcomes = played
    found = strengths(judged, outcomes, n_items=k)
    assert abs(found.strength.sum()) < 1e-6
    assert (found.low <= found.strength + 0.05).all()
    assert (found.strength <= found.high + 0.05).all()
    assert (found.rank_low <= found.rank_high).all()
    assert found.p_first.sum() == pytest.approx(1)


@FEW
@given(tournaments())
def test_who_is_named_first_does_not_matter(played):
    k, judged, outcomes = played
    one = strengths(judged, outcomes, n_items=k)
    other = strengths(judged[:, ::-1].copy(), 1 - outcomes, n_items=k)
    assert np.allclose(one.strength, other.strength)


@FEW
@given(tournaments(), st.randoms(use_true_random=False))
def test_names_do_not_matter(played, random):
    k, judged, outcomes = played
    names = list(range(k))
    random.shuffle(names)
    one = strengths(judged, outcomes, n_items=k)
    other = strengths(np.array(names)[judged].reshape(-1, 2), outcomes, n_items=k)
    assert np.allclose(one.strength, other.strength[names])


@FEW
@given(tournaments())
def test_one_more_win_never_harms(played):
    k, judged, outcomes = played
    before = strengths(judged, outcomes, n_items=k).strength
    more = np.vstack([judged, [[0, 1]]])
    after = strengths(more, np.append(outcomes, 1.0), n_items=k).strength
    assert after[0] > before[0]
    assert after[1] < before[1]


def test_without_judgements_nothing_is_known():
    found = strengths(np.zeros((0, 2), dtype=np.int64), np.zeros(0), n_items=4)
    assert list(found.strength) == [0, 0, 0, 0]
    assert list(found.rank) == [1, 1, 1, 1]
    assert (found.rank_low.max(), found.rank_high.min()) == (1, 4)


def test_one_that_never_lost_stays_finite():
    judged = np.array([[0, 1]] * 50, dtype=np.int64)
    found = strengths(judged, np.ones(50), n_items=2)
    assert 1 < found.strength[0] < 6
    assert found.p_first[0] > 0.99


def test_intervals_hold_what_they_promise_for_judges_who_rank_all_items():
    """Worlds drawn from the prior, videos whose pairs come of one ranking each (Plackett-Luce by
    Gumbel noise).
    """
    rng, k, videos, hits, worlds = np.random.default_rng(5), 4, 6, 0, 150
    pairs = [(a, b) for a in range(k) for b in range(a + 1, k)]
    for _ in range(worlds):
        truth = rng.normal(0, 1.5, k)
        felt = [truth + rng.gumbel(size=k) for _ in range(videos)]
        judged = np.array(pairs * videos, dtype=np.int64)
        outcomes = np.array([float(f[a] > f[b]) for f in felt for a, b in pairs])
        weights = np.full(len(outcomes), ranking_weight(k))
        found = strengths(judged, outcomes, n_items=k, weights=weights)
        centred = truth - truth.mean()
        hits += int(((found.low <= centred) & (centred <= found.high)).sum())
    assert 0.75 < hits / (worlds * k) < 0.92, "an 80 % interval, slightly wide at worst"


@pytest.mark.parametrize("k", [3, 5, 7])
def test_circles_are_counted_as_kendall_does(k):
    transitive = np.triu(np.ones((k, k), dtype=bool), 1)
    assert circular_triads(transitive) == (0, k * (k - 1) * (k - 2) // 6)
    regular = np.zeros(
        (k, k), dtype=bool
    )  # each beats the next half of the others: as circular as can be
    for a in range(k):
        for step in range(1, k // 2 + 1):
            regular[a, (a + step) % k] = True
    assert circular_triads(regular)[0] == (k**3 - k) // 24


def test_an_even_pair_leaves_its_triads_undecided():
    wins = np.zeros((3, 3), dtype=bool)
    wins[0, 1] = wins[1, 2] = True
    assert circular_triads(wins) == (0, 0)
