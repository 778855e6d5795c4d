"""People beside the model: corrections that fit the schema, labels, agreement, and what it bars."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.analysis_samples import plain
from vtlib.analysis import labels, summary
from vtlib.analysis.answer import VideoAnalysis
from vtlib.analysis.answer_rows import fields, side_by_side
from vtlib.analysis.corrections import apply_corrections, open_claims, valid_value
from vtlib.analysis.labels import cohen_kappa
from vtlib.core.errors import BadInput

FIELD = {f.path: f for f in labels.FIELDS}


@pytest.mark.parametrize(
    ("field", "value", "stands"),
    [
        ("factors.emotion.score", 5, 5),
        ("hook.payoff_s", "0:07.5", 7.5),
        ("hook.spoken", None, None),
        ("beats.1.action", "a lid is turned", "a lid is turned"),
        ("hook.types", ["open_question"], [{"type": "open_question", "probability": 1.0}]),
        ("risks", [], []),
    ],
)
def test_a_correction_is_taken_as_the_schema_has_it(field, value, stands):
    assert valid_value(VideoAnalysis, plain(), field, value) == stands


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("factors.emotion.score", 9, "factors.emotion.score"),
        ("hook.types", ["a_new_one"], "hook.types"),
        ("beats.9.action", "x", "no place"),
        ("beats.x", "x", "no place"),
        ("hook.no_such", 1, "no place"),
        ("hok.types", [], "hook"),
    ],
)
def test_what_the_schema_refuses_is_named(field, value, said):
    with pytest.raises(BadInput, match=said):
        valid_value(VideoAnalysis, plain(), field, value)


def test_the_last_correction_counts_and_the_answer_stays():
    answer = plain()
    words = [{"field": "overall.score", "value": v} for v in (1, 5)]
    gone = {"field": "beats.99.action", "value": "x"}
    assert apply_corrections(answer, [*words, gone])["overall"]["score"] == 5
    assert answer["overall"]["score"] == 3
    assert open_claims(["overall", "beats.1"], words) == ["beats.1"]


def test_labels_are_words_of_the_field():
    assert FIELD["hook.types"].read("open_question; humor_gag") == ["open_question", "humor_gag"]
    assert FIELD["hook.types"].read("none") == []
    assert FIELD["overall.score"].read("4") == 4
    for path, text in (
        ("hook.types", "problem|story"),
        ("overall.score", "7"),
        ("overall.score", "1,2"),
    ):
        with pytest.raises(BadInput):
            FIELD[path].read(text)


def frames(scores, people):
    """Answers with these overall scores, and labels by people."""
    answers = [plain() | {"overall": {"score": s, "why": "", "evidence": []}} for s in scores]
    posts = [f"p{n}" for n in range(len(scores))]
    rows = [
        (post, "overall.score", value, name)
        for name, values in people.items()
        for post, value in zip(posts, values, strict=True)
    ]
    columns = ["post_id", "field", "value", "corrected_by"]
    return pd.DataFrame({"post_id": posts, "answer": answers}), pd.DataFrame(rows, columns=columns)


GIVEN = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("scores", "person", "verdict"),
    [
        (GIVEN, GIVEN, "may be used"),
        (GIVEN, GIVEN[::-1], "barred"),
        (GIVEN[:5], GIVEN[:5], "too early"),
        ([3] * 12, [3] * 12, "one value only"),
    ],
)
def test_agreement_bars_what_people_do_not_confirm(scores, person, verdict):
    found = labels.agreement(*frames(scores, {"ada": person}))
    assert list(found["verdict"]) == [verdict]
    assert list(labels.barred(found)) == (["overall.score"] if verdict == "barred" else [])
    said = " ".join(labels.sentences(found))
    assert ("barred from statistics" in said) == (verdict == "barred")


def test_people_are_held_against_each_other_too():
    found = labels.agreement(*frames(GIVEN, {"ada": GIVEN, "bob": GIVEN[::-1]}))
    assert list(found["between"]) == ["model and people", "people"]
    assert found["people"].tolist() == [2, 2]
    assert found["kappa"].iloc[1] < 0
    assert "Nobody has labelled" in labels.sentences(labels.agreement(*frames([1], {})))[0]


def test_a_rubric_that_never_varies_says_nothing():
    rows = [
        {"status": "ok", "model": "m", "prompt_version": "analysis/1", "scores": {"a": 8, "b": n}}
        for n in range(6)
    ]
    found = summary.constant_scores(pd.DataFrame(rows))
    assert found[["rubric", "score", "n"]].to_numpy().tolist() == [["a", 8, 6]]
    assert summary.constant_scores(pd.DataFrame(rows[:4])).empty


def test_an_answer_is_read_field_by_field_and_side_by_side():
    before, after = plain(), apply_corrections(plain(), [{"field": "overall.score", "value": 5}])
    claims = [
        {"path": "beats.1", "held": "drifted", "reason": "late", "start_s": 3.0, "end_s": 5.0},
    ]
    found = fields(after, before, claims).set_index("field")
    assert found.loc["beats.1", ["file", "when"]].tolist() == ["at another time", "3.0–5.0"]
    assert found.loc["overall.score", ["says", "model_said"]].tolist() == ["5", "3"]
    facts = {"model": "m", "prompt_version": "p", "answered_at": "2026", "cost": "unknown"}
    both = [facts | {"status": "ok", "grounding_share": None, "answer": a} for a in (after, before)]
    table = side_by_side(both).set_index("field")
    assert table.loc["overall.score"].tolist() == ["5", "3"]
    assert table.loc["cost"].tolist() == ["unknown", "unknown"]


def rated(table):
    """Two raters from a table of counts."""
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in cells], [j for _, j in cells]


@pytest.mark.parametrize(
    ("table", "weights", "kappa"),
    [
        ([[20, 5], [10, 15]], "none", 0.4),
        ([[10, 0], [0, 10]], "none", 1.0),
        ([[0, 10], [10, 0]], "none", -1.0),
        ([[5, 5], [5, 5]], "none", 0.0),
        ([[4, 0, 0], [0, 4, 0], [0, 0, 4]], "quadratic", 1.0),
        ([[2, 2, 0], [2, 2, 2], [0, 2, 2]], "quadratic", 0.5),
    ],
)
def test_tables_with_a_known_kappa(table, weights, kappa):
    first, second = rated(table)
    found = cohen_kappa(first, second, n_categories=len(table), weights=weights)
    assert found.kappa == pytest.approx(kappa)


def test_a_rater_who_knows_one_word_says_nothing():
    found = cohen_kappa([1, 1, 1], [1, 1, 1], n_categories=2)
    assert math.isnan(found.kappa)
    assert math.isnan(found.low)
    assert cohen_kappa([], [], n_categories=2).n == 0


def test_the_interval_covers_and_units_widen_it():
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 60)
    flip = rng.random(60) < 0.15
    other = np.where(flip, 1 - truth, truth)
    alone = cohen_kappa(truth, other, n_categories=2)
    assert alone.low < alone.kappa < alone.high
    copies = np.repeat(np.arange(60), 5)
    many = cohen_kappa(truth[copies], other[copies], n_categories=2, units=copies)
    assert (many.n, many.pairs) == (60, 300)
    assert many.high - many.low == pytest.approx(alone.high - alone.low, rel=0.05)


@pytest.mark.parametrize(
    ("n", "kappa", "k"), [(12, 0.6, 2), (12, 0.8, 3), (20, 0.4, 2), (12, 0.0, 3)]
)
def test_the_interval_holds_from_12_labels_on(n, kappa, k):
    rng = np.random.default_rng(n + k)
    cells = ((1 - kappa) / k**2 + kappa / k * np.eye(k)).ravel()
    inside = []
    for _ in range(300):
        first, second = np.divmod(rng.choice(k * k, n, p=cells), k)
        found = cohen_kappa(first, second, n_categories=k)
        inside.append(found.low <= kappa <= found.high or math.isnan(found.kappa))
    assert np.mean(inside) >= 0.92


def test_complete_agreement_of_few_labels_is_not_certainty():
    found = cohen_kappa([0, 1] * 6, [0, 1] * 6, n_categories=2)
    assert found.kappa == 1
    assert 0.4 < found.low < 0.6  # 12 of 12 go with 24 % disagreement or less
    assert found.high == 1


ratings = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30)


@settings(max_examples=40, deadline=None)
@given(ratings, st.sampled_from(["none", "quadratic"]))
def test_it_does_not_matter_who_is_first_and_it_stays_in_its_bounds(pairs, weights):
    first, second = zip(*pairs, strict=True)
    one = cohen_kappa(first, second, n_categories=4, weights=weights)
    other = cohen_kappa(second, first, n_categories=4, weights=weights)
    assert one.kappa == pytest.approx(other.kappa, nan_ok=True)
    assert math.isnan(one.kappa) or -1 - 1e-9 <= one.kappa <= 1 + 1e-9
    assert math.isnan(one.low) or one.low <= one.high
    same = cohen_kappa(first, first, n_categories=4, weights=weights)
    assert math.isnan(same.kappa) or same.kappa == pytest.approx(1)
