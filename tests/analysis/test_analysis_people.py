"""People beside the model: corrections that fit the schema, labels, agreement, and what it bars."""

import pandas as pd
import pytest

from tests.analysis.analysis_samples import plain
from vtlib.analysis import labels, summary
from vtlib.analysis.answer import VideoAnalysis
from vtlib.analysis.answer_rows import fields, side_by_side
from vtlib.analysis.corrections import checked, effective, standing
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
    assert checked(VideoAnalysis, plain(), field, value) == stands


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
        checked(VideoAnalysis, plain(), field, value)


def test_the_last_correction_counts_and_the_answer_stays():
    answer = plain()
    words = [{"field": "overall.score", "value": v} for v in (1, 5)]
    gone = {"field": "beats.99.action", "value": "x"}
    assert effective(answer, [*words, gone])["overall"]["score"] == 5
    assert answer["overall"]["score"] == 3
    assert standing(["overall", "beats.1"], words) == ["beats.1"]


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
    before, after = plain(), effective(plain(), [{"field": "overall.score", "value": 5}])
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
