"""05: claims against facts, distance from the source, and the script that is made of an answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.build import build_world
from vtlib.adaptation import summary
from vtlib.adaptation.answer import AdaptedScript, ClaimMade, complete
from vtlib.adaptation.claims import check
from vtlib.adaptation.comparison.recommendation import rank_products
from vtlib.adaptation.scripts import Distance, adapted_script, structure, wording
from vtlib.adaptation.selection import pairs, patterns
from vtlib.adaptation.source import describe_video, product_facts, shuffle_by_post, source_lines
from vtlib.core.errors import BadInput
from vtlib.scripts.script import parse, plain
from vtlib.scripts.workflow import Situation, missing, require_move

WORLD = build_world(seed=7)
PRODUCT = {
    "product_id": "b/kettle",
    "slug": "kettle",
    "name": "Night kettle",
    "audience": "parents",
    "price": "",
    "problems": ["a whistle wakes the house"],
    "benefits": ["falls silent when it boils"],
    "features": ["holds 1.2 litres"],
    "context_prompt": None,
}
FACTS = product_facts(PRODUCT)["facts"]


@pytest.mark.parametrize(
    ("text", "fact", "held"),
    [
        ("Falls silent the moment it boils.", "benefits.1", "founded"),
        (
            "Silent when it boils, and it cleans itself every single morning.",
            "benefits.1",
            "doubtful",
        ),
        ("It cleans itself.", "benefits.1", "doubtful"),
        ("It cleans itself.", None, "unfounded"),
        ("It cleans itself.", "benefits.9", "unfounded"),
    ],
)
def test_a_claim_stands_only_on_a_fact_that_says_it(text, fact, held):
    (found,) = check([ClaimMade(text=text, fact=fact)], FACTS, lines=[text])
    assert found.held == held


@pytest.mark.parametrize(
    ("line", "strange"),
    [
        ("It holds 1.2 litres.", ""),
        ("Boils in 40 seconds.", "40"),
        ("Guaranteed silence.", "Guaranteed"),
        ("Saves 30 % of power", "30 %"),
        ("A quiet kettle.", ""),
    ],
)
def test_figures_and_promises_that_no_fact_holds_are_found_in_the_lines(line, strange):
    found = check([], FACTS, lines=[line])
    assert [f.reason.removeprefix("no fact holds: ") for f in found] == (
        [strange] if strange else []
    )
    assert [f.held for f in found] == (["unfounded"] if strange else [])


def test_what_is_flagged_is_not_said_twice():
    claim = ClaimMade(text="Boils in 40 seconds.", fact=None)
    assert len(check([claim], FACTS, lines=["Look. Boils in 40 seconds."])) == 1


SOURCE = ["This is what the pocket colander became", "Look at this"]


@pytest.mark.parametrize(
    ("lines", "longest", "is_copied"),
    [
        (["A kettle that falls silent"], 0, False),
        (["This is what the pocket colander became"], 7, True),
        (["THIS IS WHAT, the pocket: colander became!"], 7, True),
        (
            ["Look at this", "a kettle that falls silent while all of them are asleep tonight"],
            3,
            False,
        ),
        (["Now this is what the kettle became"], 0, False),
        (["Now this is what the pocket did"], 5, True),
        ([], 0, False),
    ],
)
def test_wording_taken_over_is_measured(lines, longest, is_copied):
    ratio, run, copied = wording(lines, SOURCE)
    assert run == longest
    assert Distance(1.0, 1.0, 1.0, ratio, run, copied).is_copied == is_copied


@given(st.lists(st.text(max_size=40), max_size=5), st.lists(st.text(max_size=40), max_size=5))
def test_a_ratio_is_a_ratio_and_a_copy_of_all_is_all(lines, source):
    ratio, longest, _ = wording(lines, source)
    assert ratio is None or 0 <= ratio <= 1
    assert longest <= max((len(line) for line in lines), default=0)
    again, _, _ = wording(lines, lines)
    assert again is None or again >= (ratio or 0)


def test_signs_without_spaces_count_as_words():
    assert wording(["すべて架空です"], ["これはすべて架空ですよ"])[0] == 1


@pytest.mark.parametrize(
    ("followed", "expected"),
    [
        ([1, 2, 3], (1.0, 1.0)),
        ([1, 3], (0.8, 1.0)),
        ([3, 2, 1], (1.0, 1 / 3)),
        ([None, 9], (0.0, None)),
    ],
)
def test_structure_is_what_is_followed_and_in_which_order(followed, expected):
    spans = [(0.0, 2.0), (2.0, 4.0), (4.0, 10.0)]
    share, order, pace = structure(spans, followed, length_s=5.0)
    assert (share, order) == pytest.approx(expected)
    assert pace == 0.5
    assert structure([], followed, length_s=5.0) == (None, None, None)


ANALYSIS = {
    "duration_s": 6.0,
    "language": "en",
    "hook": {"types": [{"type": "open_question", "probability": 0.9}], "overlay_text": "Why?"},
    "beats": [
        {"start_s": 0.0, "end_s": 2.0, "shot": "close_up", "overall": {"score": 5}},
        {"start_s": 2.0, "end_s": 6.0, "shot": "medium"},
    ],
    "transcript": [{"text": "why does it hum at noon"}],
    "overlays": [{"text": "Why?"}, {"text": "invented words"}],
    "explanation": [{"text": "a riddle"}],
    "narrative": {"structure": "riddle", "summary": "a hum"},
    "factors": {"emotion": {"score": 4}},
}


def test_what_the_check_refuted_and_scores_are_not_asked_about():
    told = describe_video(ANALYSIS, ["overlays.1"])
    assert [o["text"] for o in told["overlays"]] == ["Why?"]
    assert [b["number"] for b in told["beats"]] == [1, 2]
    assert "factors" not in told
    assert describe_video({})["beats"] == []
    assert "why does it hum at noon" in source_lines(ANALYSIS, "a\nb")


def test_the_order_of_products_is_by_lot_and_the_same_each_time():
    products = [{"product_id": f"b/{n}"} for n in range(6)]
    orders = {
        tuple(p["product_id"] for p in shuffle_by_post(products, post_id=str(i))) for i in range(40)
    }
    assert len(orders) > 20
    assert shuffle_by_post(products, post_id="x") == shuffle_by_post(products[::-1], post_id="x")


def beat(**change):
    base = {
        "kind": "hook",
        "why": "the same riddle",
        "duration_s": 2.0,
        "voice": "voice_over",
        "spoken": "It falls silent when it boils.",
        "overlay": None,
        "visual": "a kettle",
        "shot_size": "close_up",
        "shot_angle": "top_down",
        "shot_movement": "push_in",
        "location": "kitchen",
        "props": ["kettle"],
        "talent": ["a hand"],
        "source_beat": 1,
        "change": "kept",
    }
    return base | change


def answer(**change):
    hook = {"type": "open_question", "spoken": "Hear it?", "visual": "steam", "tests": "a riddle"}
    base = {
        "title": "Silence",
        "logline": "A kettle is quiet.",
        "language": "en",
        "hooks": [hook] * 3,
        "call_to_action": "See it on our page.",
        "audience": "parents",
        "difficulty": "easy",
        "difficulty_why": "one place",
        "claims": [
            {"text": "It falls silent when it boils.", "fact": "benefits.1"},
            {"text": "It never breaks.", "fact": None},
        ],
        "beats": [beat(), beat(kind="cta", spoken="See it.", source_beat=None, change="new")],
        "left_out": [{"source_beat": 2, "why": "the product has answered"}],
    }
    return base | change


def made(**change):
    post = {"url": "https://e.x/1", "caption": "Why?"}
    read = AdaptedScript.model_validate_json(json.dumps(answer(**change)))
    return adapted_script(read, PRODUCT, source=ANALYSIS, post=post)


def test_an_answer_becomes_a_whole_script():
    script = made().script
    assert parse(plain(script)) == script
    assert (script.kind, script.difficulty, len(script.beats)) == ("adaptation", "easy", 2)
    first, second = script.beats
    assert (first.source_start_s, second.source_start_s) == (0.0, None)
    assert (first.shot_angle, first.shot_movement, first.speaker) == (
        "top down",
        "push in",
        "Voice-over",
    )
    assert script.source_patterns == ("open_question", "riddle")
    assert script.notes.count("open question") == 3
    assert [m["change"] for m in made().beat_map] == ["kept", "new", "dropped"]


def test_an_unfounded_claim_keeps_a_script_from_being_approved():
    script = made().script
    assert [c.is_cleared for c in script.claims] == [True, False]
    assert any("It never breaks" in m for m in missing(Situation(script, "review"), "approved"))


@pytest.mark.parametrize(
    ("claims", "spoken"),
    [
        ([{"text": "It never breaks.", "fact": None}], "Hear it?"),
        ([{"text": "It never breaks.", "fact": "benefits.9"}], "Hear it?"),
        ([{"text": "It never breaks.", "fact": "benefits.1"}], "Hear it?"),
        ([], "Boils in 40 seconds."),
        ([], "Guaranteed silence."),
    ],
)
def test_no_script_with_an_invented_claim_figure_or_promise_can_be_approved(claims, spoken):
    beats = [
        beat(spoken=spoken),
        beat(kind="cta", spoken="See it.", source_beat=None, change="new"),
    ]
    script = made(claims=claims, beats=beats).script
    (claim,) = script.claims
    assert (claim.is_cleared, claim.note.partition(":")[0] in ("unfounded", "doubtful")) == (
        False,
        True,
    )
    with pytest.raises(BadInput, match="clearance of 1 claim"):
        require_move(Situation(script, "review"), "approved", by="ada")
    sound = made(claims=[], beats=[beat(spoken="Hear it?"), beats[1]]).script
    require_move(Situation(sound, "review"), "approved", by="ada")


def test_distance_is_measured_from_what_the_source_says():
    assert not made().distance.is_copied
    stolen = made(beats=[beat(spoken="Why does it hum at noon?")])
    assert stolen.distance.is_copied
    assert stolen.distance.copied == ("why does it hum at noon",)
    assert stolen.distance.structure_ratio == pytest.approx(1 / 3)


@pytest.mark.parametrize("change", [{"hooks": []}, {"beats": None}, {"title": None}])
def test_half_an_answer_is_no_script(change):
    assert complete(AdaptedScript, answer(**change)) is None
    assert complete(AdaptedScript, None) is None


def test_pairs_are_the_best_product_of_each_video():
    import pandas as pd

    rows = [
        ("a", "x", 4.0, 1.0), ("a", "y", 3.0, 1.0), ("b", "x", 2.9, 9.0), ("c", "y", 4.0, 5.0),
    ]  # fmt: skip
    columns = ["post_id", "product_id", "score", "multiplier_low"]
    fits = pd.DataFrame(rows, columns=columns).assign(is_recommended=False, reason="r", scores=None)
    none = pd.DataFrame(columns=["post_id", "first_product_id", "second_product_id", "better"])
    ranked = rank_products(fits, none, min_score=3.0)
    found = pairs(ranked, limit=5)
    assert [(f["post_id"], f["product_id"]) for f in found] == [("c", "y"), ("a", "x")]
    assert len(pairs(ranked, limit=1)) == 1
    assert pairs(fits.head(0), limit=5) == []


def test_patterns_go_in_without_their_numbers():
    import pandas as pd

    table = pd.DataFrame(
        {
            "pattern": ["sure", "lead", "noise"],
            "definition": "d",
            "kind": "k",
            "claim": ["more views", "", ""],
            "ratio": [2.0, 0.5, 1.1],
            "ratio_low": [1.5, 0.3, 0.8],
            "ratio_high": [2.5, 0.9, 1.4],
            "q_value": [0.01, 0.3, 0.9],
        }
    )
    found = patterns(table)
    assert [(p["pattern"], p["is_claim"], p["direction"]) for p in found] == [
        ("sure", True, "more views"),
        ("lead", False, "fewer views"),
    ]
    assert all(not isinstance(v, float) for p in found for v in p.values())


def test_a_stage_without_scripts_says_what_it_waits_for():
    assert summary.conclude([], [], has_key=False).reason == "set GEMINI_API_KEY"
    assert "analysis" in summary.conclude([], [], has_key=True, waits="no analysis").reason
    assert summary.overview([]).empty
    assert summary.hooks([]).empty
    assert summary.claims([]).empty
