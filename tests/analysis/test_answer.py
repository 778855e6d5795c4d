"""What is accepted from a model, and what is not."""

import json

import pytest
from pydantic import ValidationError

from tests.analysis.analysis_samples import plain
from vtlib.analysis.answer import CATALYSTS, FACTORS, Factors, VideoAnalysis, read_time
from vtlib.core.models import HOOK_TYPES


def test_the_taxonomy_is_the_domains():
    assert len(HOOK_TYPES) == len(set(HOOK_TYPES)) == 14
    assert set(FACTORS) == set(Factors.model_fields)
    assert "words_on_screen_2s" in CATALYSTS


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("0:05", 5), ("1:02.5", 62.5), ("00:01:30", 90), ("4.2s", "4.2"), (7, 7), ("soon", "soon")],
)
def test_times_as_models_write_them(given, seconds):
    assert read_time(given) == seconds


def test_what_is_null_may_be_left_out_and_nothing_else():
    lean = plain()
    del lean["call_to_action"], lean["language"], lean["hook"]["spoken"]
    assert VideoAnalysis.model_validate(lean).call_to_action is None
    for name in ("beats", "hook", "explanation", "factors"):
        with pytest.raises(ValidationError):
            VideoAnalysis.model_validate({k: v for k, v in plain().items() if k != name})


@pytest.mark.parametrize(
    "change",
    [
        {"duration_s": -1},
        {"duration_s": "NaN"},
        {"beats": None},
        {"beats": {"start_s": 0}},
        {"overall": {"score": 9, "why": "", "evidence": []}},
        {"overall": {"score": 4.5, "why": "", "evidence": []}},
        {
            "key_moments": [
                {"kind": "reveal|climax", "span": {"start_s": 0, "end_s": 1}, "what": ""}
            ]
        },
    ],
)
def test_what_is_outside_its_meaning_is_refused(change):
    with pytest.raises(ValidationError):
        VideoAnalysis.model_validate_json(json.dumps(plain() | change))
