"""What a first draft is filled with: an analysis, a pattern with its doubt, a forecast in words."""

import pytest

from vtlib.core.errors import BadInput
from vtlib.performance.patterns.video_features import analysed_features
from vtlib.scripts import origins
from vtlib.scripts.forecast_text import prediction_lines, sentences
from vtlib.scripts.origins import difficulty, from_pattern
from vtlib.scripts.script import PlannedBeat, Script
from vtlib.scripts.timing import duration_s

ANSWER = {
    "language": "de",
    "hook": {
        "span": {"start_s": 0, "end_s": 2},
        "types": [{"type": "open_question", "probability": 0.8}, {"type": "humor_gag", "probability": 0.1}],  # noqa: E501
        "catalysts": [{"kind": "numbers", "span": {"start_s": 0, "end_s": 1}}],
    },
    "beats": [
        {"start_s": 0, "end_s": 2, "shot": "close_up", "action": "looks up", "speech": None, "overlay": None},  # noqa: E501
        {"start_s": 2, "end_s": 5, "shot": "wide", "action": "turns", "speech": (
"Own "
"words."
), "overlay": None},
    ],
    "transcript": [
        {"start_s": 0.2, "end_s": 1.8, "speaker": "character", "text": "Warum?"},
        {"start_s": 2.1, "end_s": 4, "speaker": "narrator", "text": "Anders."},
    ],
    "overlays": [{"start_s": 0, "end_s": 1, "text": "3 Tricks", "style": "bold"}],
    "key_moments": [{"kind": "reveal", "span": {"start_s": 2, "end_s": 5}, "what": "the lamp"}],
    "narrative": {"structure": "question and answer", "summary": "A question."},
    "sound": {"music": "slow piano", "role": "calm"},
    "explanation": [{"text": "It asks at once.", "sense": "heard"}],
    "risks": [{"kind": "minors", "severity": "low", "why": "a child is seen"}],
    "ideas": [{"idea": "start later", "why": "x"}],
}  # fmt: skip
PATTERN = {
    "pattern": "hook_open_question + length_under_15s",
    "definition": "A question, and short.",
    "parts": ["hook_open_question", "length_under_15s"],
    "kind": "model",
    "ratio": 1.41,
    "ratio_low": 1.1,
    "ratio_high": 1.9,
    "q_value": 0.03,
    "claim": "more views",
    "n_with": 63,
    "n_without": 1204,
    "accounts_with": 14,
    "replicates": "repeatable",
    "trend": "steady or unknown",
    "note": "",
}


def test_words_and_speakers_come_from_the_transcript_where_a_beat_has_none() -> None:
    one, two = origins.from_analysis(ANSWER, "T", post={}).beats
    assert (one.spoken, one.overlay, one.speaker) == ("Warum?", "3 Tricks", "character")
    assert (two.spoken, two.speaker, two.kind) == ("Own words.", "narrator", "reveal")
    assert (one.talent, two.talent) == ((origins.ON_CAMERA,), ())


def test_patterns_of_an_analysis_are_those_of_the_library() -> None:
    import pandas as pd

    frame = pd.DataFrame([{"post_id": "p", "answer": ANSWER, "prompt_version": "v"}])
    values, _ = analysed_features(frame)
    has = set(values.loc[values["value"].eq(1), "feature"])
    assert set(origins.from_analysis(ANSWER, "T", post={}).source_patterns) == has


def test_what_the_analysis_says_stands_in_the_notes_and_what_it_does_not_say_too() -> None:
    notes = origins.from_analysis(ANSWER, "T", post={}).notes
    for said in ("question and answer", "slow piano; calm", "It asks at once.", "minors (low)", "start later"):  # fmt: skip  # noqa: E501
        assert said in notes
    assert "names no places and props" in notes
    bare = origins.from_analysis({}, "T", post={})
    assert (bare.beats, bare.difficulty, bare.source_patterns) == ((), None, ())


def test_a_pattern_brings_its_effect_interval_and_n() -> None:
    script = from_pattern(PATTERN, "T", examples=["https://x.com/a/status/1"])
    for said in ("x1.4", "x1.1 to x1.9", "n = 63 posts with it of 14 accounts, 1,204 without", "q = 0.03"):  # fmt: skip  # noqa: E501
        assert said in script.notes
    assert script.source_patterns == ("hook_open_question", "length_under_15s")
    assert script.references == ("https://x.com/a/status/1",)
    assert duration_s(script) == pytest.approx(13, abs=0.5)
    assert "Here: A question" in script.beats[0].notes


def test_without_a_claim_nothing_is_claimed() -> None:
    script = from_pattern({**PATTERN, "claim": "", "ratio": float("nan"), "parts": None}, "T")
    assert "nothing can be claimed yet" in script.notes
    assert "xunknown" in script.notes
    with pytest.raises(BadInput, match="no script template"):
        from_pattern(PATTERN, "T", template="nothing")


@pytest.mark.parametrize(
    ("beats", "places", "level"), [(0, 0, None), (3, 1, "easy"), (7, 1, "medium"), (3, 4, "hard")]
)
def test_difficulty_is_read_off_counts(beats: int, places: int, level: str | None) -> None:
    script = Script(
        "x",
        tuple(PlannedBeat(f"b{n}") for n in range(beats)),
        locations=tuple(f"place {n}" for n in range(places)),
    )
    assert difficulty(script)[0] == level


def test_a_forecast_in_words_has_interval_and_n_and_says_its_reason_once() -> None:
    place = {
        "account_id": "tiktok:7",
        "platform": "tiktok",
        "format": "video",
        "predicted_ln": 8.517,
        "low_ln": 6.8,
        "high_ln": 10.2,
        "n_baseline": 34,
        "reason": "own median alone",
    }
    one = sentences([place])
    assert one == [
        (
            "tiktok video of tiktok:7: 5,000 views after 7 days, 900 to 27,000 (n = 34 own posts; "
            "own median alone)"
        )
    ]
    rate = {
        **place,
        "target": "ln_engagement_rate",
        "predicted_ln": -3.0,
        "low_ln": -4.0,
        "high_ln": -2.0,
    }
    assert "5.0% engagement rate after 7 days, 1.8% to 13.5%" in sentences([rate])[0]
    assert sentences([place, place])[-1] == "own median alone"
    assert prediction_lines({"places": [], "reason": "no own account"}) == [
        "no forecast: no own account"
    ]
    assert prediction_lines(None) == prediction_lines({"target": "views"}) == []
