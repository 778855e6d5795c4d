"""Claims against measures: what is right, late, invented, impossible, or beyond what is
measured.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.analysis_samples import answer, beat, measures, plain, rating, span
from vtlib.analysis.answer import VideoAnalysis
from vtlib.analysis.checks import TESTS, check
from vtlib.analysis.evidence import MATCH_S, likeness, match_cuts


def held(found, path):
    return [(f.held, f.kind) for f in found.findings if f.path == path]


def test_an_answer_that_agrees_is_grounded_and_unflagged():
    found = check(answer(), measures())
    assert (found.n("drifted"), found.n("unsupported")) == (0, 0)
    assert found.grounding_share == 1
    assert found.n("not_checked") > 0, "some claims nothing can measure"
    assert [f.status for f in found.flags] == ["ok"] * len(TESTS)
    assert not found.excluded
    assert found.to_row()["cuts"]["n_matched"] == 3


def late(offset):
    return [beat(0, 3 + offset), beat(3 + offset, 10)]


# what is changed in the answer, the claim, how it stands
CLAIMS = [
    ({"beats": late(0.4)}, "beats.1", "supported"),
    ({"beats": late(-1.2)}, "beats.1", "drifted"),
    ({"beats": [beat(0, 9.3), beat(9.3, 10)]}, "beats.1", "unsupported"),
    ({"beats": [beat(0, 3), beat(3, 14)]}, "beats.1", "unsupported"),
    ({"beats": [beat(0, 3), beat(5, 4)]}, "beats.1", "unsupported"),
    (
        {"overlays": [span(0, 2) | {"text": "everyone FOLDS", "style": ""}]},
        "overlays.0",
        "supported",
    ),
    ({"overlays": [span(6, 8) | {"text": "Everyone folds", "style": ""}]}, "overlays.0", "drifted"),
    (
        {"overlays": [span(0, 2) | {"text": "Link in bio", "style": ""}]},
        "overlays.0",
        "unsupported",
    ),
    (
        {"overlays": [span(0, 2) | {"text": "Всё выдумано", "style": ""}]},
        "overlays.0",
        "not_checked",
    ),
    (
        {"transcript": [span(7, 8) | {"speaker": "narrator", "text": "x"}]},
        "transcript.0",
        "unsupported",
    ),
    (
        {"transcript": [span(1, 4) | {"speaker": "narrator", "text": "x"}]},
        "transcript.0",
        "drifted",
    ),
    (
        {"transcript": [span(0, 2) | {"speaker": "overlay", "text": "Everyone folds"}]},
        "transcript.0",
        "supported",
    ),
    (
        {"explanation": [{"text": "x", "sense": "read", "evidence": [span(5, 6)]}]},
        "explanation.0",
        "unsupported",
    ),
    (
        {"explanation": [{"text": "x", "sense": "heard", "evidence": [span(9.2, 9.8)]}]},
        "explanation.0",
        "unsupported",
    ),
    (
        {"explanation": [{"text": "x", "sense": "heard", "evidence": [span(7, 8)]}]},
        "explanation.0",
        "not_checked",
    ),
    (
        {"explanation": [{"text": "x", "sense": "seen", "evidence": [span(11, 12)]}]},
        "explanation.0",
        "unsupported",
    ),
    (
        {"explanation": [{"text": "x", "sense": "seen", "evidence": []}]},
        "explanation.0",
        "unsupported",
    ),
    (
        {"explanation": [{"text": "x", "sense": "read", "evidence": [span(11, 12), span(1, 2)]}]},
        "explanation.0",
        "supported",
    ),
    ({"overall": rating(3) | {"evidence": []}}, "overall", "unsupported"),
    (
        {"key_moments": [{"kind": "climax", "span": span(12, 13), "what": "x"}]},
        "key_moments.0",
        "unsupported",
    ),
    (
        {"call_to_action": {"text": "follow", "means": "read", "span": span(1, 2)}},
        "call_to_action",
        "supported",
    ),
]


@pytest.mark.parametrize(("changed", "path", "expected"), CLAIMS)
def test_each_claim_stands_as_it_was_measured(changed, path, expected):
    found = check(answer(**changed), measures())
    assert [h for h, _ in held(found, path)] == [expected]
    assert (path in found.excluded) == (expected == "unsupported")


UNMEASURED = {"status": "absent", "reason": "install viraltracker[media]"}


@pytest.mark.parametrize("part", ["speech", "text", "faces"])
def test_what_was_not_measured_is_never_right_and_never_wrong(part):
    found = check(answer(), measures(**{part: UNMEASURED}))
    assert found.n("unsupported") == 0
    if part == "text":
        assert held(found, "overlays.0") == [("not_checked", "overlay")]
        assert found.flags[list(TESTS).index("words on screen")].status == "not_checked"
    if part == "speech":
        assert held(found, "transcript.0") == [("not_checked", "speech")]


def test_a_file_without_sound_has_no_speech_and_no_music():
    silent = {p: {"status": "no_sound"} for p in ("sound", "speech", "tempo")}
    found = check(answer(), measures(**silent))
    for path in ("transcript.0", "hook.spoken", "sound.music", "sound.is_cut_to_beat"):
        assert [h for h, _ in held(found, path)] == ["unsupported"], path


FLAGS = [
    ({"duration_s": 13.0}, {}, "duration"),
    ({"beats": [beat(0, 3), beat(3, 16)]}, {}, "times inside"),
    ({"beats": [beat(5, 10), beat(0, 5)]}, {}, "order"),
    ({"beats": [beat(0, 6.5)]}, {}, "last scene"),
    ({"beats": [beat(0, 1), beat(8, 10)]}, {}, "coverage"),
    ({"transcript": []}, {}, "transcript"),
    ({"overlays": []}, {}, "words on screen"),
    ({"beats": []}, {}, "required parts"),
    ({"overall": rating(5)}, {}, "overall"),
    (
        {"factors": {n: rating(4) for n in plain()["factors"]}, "overall": rating(4)},
        {},
        "constant scores",
    ),
    ({"hook": plain()["hook"] | {"modality": {"audio": 1, "visual": 1, "overlay": 0}}}, {}, "hook"),
    ({"hook": plain()["hook"] | {"types": plain()["hook"]["types"] * 2}}, {}, "hook"),
]


@pytest.mark.parametrize(("changed", "seen", "name"), FLAGS)
def test_each_self_check_finds_its_mistake(changed, seen, name):
    found = check(answer(**changed), measures(**seen))
    assert name in [f.name for f in found.failed]


def test_a_partial_answer_is_checked_as_far_as_it_goes():
    whole = answer()
    kept = {n: getattr(whole, n) for n in ("duration_s", "hook", "beats")}
    missing = dict.fromkeys(set(VideoAnalysis.model_fields) - set(kept))
    found = check(VideoAnalysis.model_construct(**kept, **missing), measures())
    assert found.grounding_share == 1
    assert [f.name for f in found.failed] == ["required parts"]
    assert found.claim_rows()[0]["position"] == 0


def test_an_empty_film_of_claims_has_no_share():
    nothing = VideoAnalysis.model_construct(**dict.fromkeys(VideoAnalysis.model_fields))
    found = check(nothing, measures())
    assert found.grounding_share is None
    assert found.to_row()["grounding_share"] is None


@pytest.mark.parametrize(
    ("claimed", "read", "same"),
    [
        ("Everyone folds this wrong", "Everyone folds", True),
        ("Save 25% today!", "SAVE25%TODAY", True),
        ("Moms, 10 meals in 1 hour", "Moms 1O meals in 1 hour", True),
        ("Follow for more", "The moon spatula", False),
        ("on", "one two three", False),
        ("", "x", False),
    ],
)
def test_likeness_of_words(claimed, read, same):
    assert (likeness(claimed, read) >= 0.75) is same


def test_drift_missed_and_invented():
    found = match_cuts([3.2, 8.9, 15.0, 22.1], [3.0, 7.5, 12.0, 22.0, 26.0])
    assert found.pairs == ((3.2, 3.0), (8.9, 7.5), (22.1, 22.0))
    assert found.invented_s == (15.0,)
    assert found.missed_s == (12.0, 26.0)
    assert found.worst_s == pytest.approx(1.4)
    assert found.drift_s == pytest.approx(0.2)


def test_no_pair_is_given_up_for_a_nearer_one():
    found = match_cuts([1.0, 2.0], [2.1, 3.4])
    assert len(found.pairs) == 2


def test_nothing_claimed_or_nothing_measured():
    assert match_cuts([], [1.0]).missed_s == (1.0,)
    assert match_cuts([1.0], []).invented_s == (1.0,)
    assert match_cuts([], []).to_row()["drift_s"] is None


times = st.lists(st.floats(0, 60, allow_nan=False).map(lambda t: round(t, 2)), max_size=15)


@given(times, times)
def test_every_cut_is_counted_once(claimed, measured):
    found = match_cuts(claimed, measured)
    assert sorted([*(c for c, _ in found.pairs), *found.invented_s]) == sorted(claimed)
    assert sorted([*(m for _, m in found.pairs), *found.missed_s]) == sorted(measured)
    assert all(abs(c - m) <= MATCH_S for c, m in found.pairs)
    assert match_cuts(measured, measured).spread_s in (None, 0)
