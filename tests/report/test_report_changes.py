"""What changed between reports, and what it is put down to: honest when two causes changed at
once.
"""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtlib.report.insight import ReportRecord, change_findings, compare, tier_changes
from vtlib.report.insight.changes import CAUSES, changed_inputs

INPUTS = {
    "data": {"posts": "10 #a", "counts": "30 #b"},
    "code": {"vtlib": "#1"},
    "parameters": {
        "outliers.method": '"calibrated"',
        "performance.min_matured": "20",
        "analysis.limit": "8",
    },
    "prompt": {"analysis": "analysis/1 aa"},
    "model": {"analysis": "m-1"},
}
DATA, CODE = ("data", "counts", "31 #c"), ("code", "vtlib", "#2")
METHOD, LIMIT = (
    ("parameters", "outliers.method", '"robust_z"'),
    ("parameters", "analysis.limit", "9"),
)
PROMPT, MODEL = ("prompt", "analysis", "analysis/2 bb"), ("model", "analysis", "m-2")
GROUNDED, PATTERN = "claims that agree with the file", "pattern weekend"
WHY = [  # figure, what changed, what it is put down to
    ("breakouts", [DATA], "data"),
    ("breakouts", [CODE], "code"),
    ("breakouts", [METHOD], "parameters"),
    ("breakouts", [DATA, METHOD], "data and parameters changed together"),
    ("breakouts", [DATA, CODE, METHOD], "data, code and parameters changed together"),
    ("breakouts", [LIMIT], "nothing recorded explains it"),
    ("breakouts", [PROMPT, MODEL], "nothing recorded explains it"),
    ("breakouts", [], "nothing recorded explains it"),
    ("posts", [METHOD], "nothing recorded explains it"),
    (GROUNDED, [PROMPT], "the prompt"),
    (GROUNDED, [PROMPT, MODEL], "the prompt and the model changed together"),
    (GROUNDED, [LIMIT], "parameters"),
    (PATTERN, [MODEL], "the model"),
    ("spent", [DATA], "counts what was done since"),
]


def report(name: str, figures: dict[str, float], changes=(), day: int = 1) -> ReportRecord:
    inputs = {cause: dict(held) for cause, held in INPUTS.items()}
    for cause, key, value in changes:
        inputs[cause][key] = value
    rows = [
        {"figure": k, "value": v, "low": None, "high": None, "n": 100} for k, v in figures.items()
    ]
    return ReportRecord(name, pd.Timestamp(2026, 3, day), pd.DataFrame(rows), inputs)


@pytest.mark.parametrize(("figure", "changes", "because"), WHY)
def test_a_change_is_put_down_to_what_changed(figure, changes, because) -> None:
    found = compare(report("a", {figure: 0.5}), report("b", {figure: 0.75}, changes))
    assert found.figures["because"].tolist() == [because]


@settings(deadline=None)  # pandas is slow on a busy machine
@given(st.sets(st.sampled_from([DATA, CODE, METHOD, PROMPT, MODEL])))
def test_only_what_changed_is_ever_named(changes) -> None:
    found = compare(report("a", {GROUNDED: 0.5}), report("b", {GROUNDED: 0.6}, changes))
    said = found.figures["because"].iloc[0]
    changed = {cause for cause, _, _ in changes}
    assert {c for c in CAUSES if c in said} <= changed
    assert ("together" in said) == (len(changed) > 1)


def test_what_is_the_same_is_not_listed() -> None:
    both = {"posts": 10.0, "breakouts": 3.0}
    found = compare(report("a", both), report("b", both, [CODE]))
    assert found.figures.empty
    assert found.n_same == 2
    (only,) = change_findings(found, pd.DataFrame())
    assert only.sentence.startswith(
        "Since the report of 2026-03-01 00:00 UTC no figure changed, though code"
    )


def test_two_causes_are_told_apart_by_computing_anew() -> None:
    old, new = report("a", {"breakouts": 37.0}), report("b", {"breakouts": 30.0}, [DATA, METHOD])
    found = compare(old, new, recomputation={"breakouts": 41.0})
    assert found.figures["because"].tolist() == [
        "data: 37 to 41; then parameters: 41 to 30 (computed anew)"
    ]
    # One cause alone needs no second computation.
    alone = compare(
        old, report("b", {"breakouts": 30.0}, [METHOD]), recomputation={"breakouts": 37.0}
    )
    assert alone.figures["because"].tolist() == ["parameters"]


def test_a_pattern_no_longer_claimed_is_said_so() -> None:
    found = compare(report("a", {PATTERN: 1.5, "posts": 1.0}), report("b", {"posts": 1.0}, [DATA]))
    (row,) = found.figures.to_dict("records")
    assert (row["before"], row["after"], row["because"]) == ("x1.50", "not claimed", "data")


def test_inputs_that_one_side_lacks_count_as_changed() -> None:
    rows = changed_inputs({}, {"code": {"vtlib": "#1"}}).values.tolist()
    assert rows == [["code", "vtlib", "none", "#1"]]


TIERS = [  # tier and count before, tier and count after, what changed, why
    (None, None, "breakout", 9, [DATA], "data: a post not seen before"),
    ("watch", 5, "breakout", 9, [DATA], "data: its count was read again"),
    (
        "watch",
        5,
        "breakout",
        9,
        [DATA, METHOD],
        "its count was read again; data and parameters changed together",
    ),
    ("breakout", 9, "none", 9, [METHOD], "same count, another baseline: parameters"),
    ("breakout", 9, None, None, [DATA], "data: the post is gone"),
]


@pytest.mark.parametrize(("before", "count_before", "tier", "count", "changes", "why"), TIERS)
def test_why_a_post_changed_its_tier(before, count_before, tier, count, changes, why) -> None:
    row = {"tier_before": before, "value_before": count_before, "tier": tier, "value": count}
    times = {
        "captured_before_at": pd.Timestamp(2026, 3, 1),
        "captured_at": pd.Timestamp(2026, 3, 1),
    }
    old, new = report("a", {"posts": 1.0}), report("b", {"posts": 2.0}, changes)
    causes = compare(old, new).causes
    assert tier_changes(pd.DataFrame([{**row, **times}]), causes)["why"].tolist() == [why]


def test_what_is_asked_for_the_first_time_is_no_change_of_prompt_or_model() -> None:
    old, new = report("a", {"posts": 1.0}), report("b", {"posts": 1.0, GROUNDED: 0.9}, [DATA])
    old.inputs["prompt"].clear()
    old.inputs["model"].clear()
    found = compare(old, new)
    assert found.figures["because"].tolist() == ["data"]
    said = change_findings(found, pd.DataFrame())[0].sentence
    assert "a model was asked for the first time (analysis)" in said
    assert "prompt (" not in said


@pytest.mark.parametrize(
    ("figure", "changes", "because"),
    [
        ("mean product fit", [("parameters", "comparison.limit", "9")], "parameters"),
        ("mean product fit", [PROMPT, MODEL], "the prompt and the model changed together"),
        ("claims without grounds in adaptations", [PROMPT], "the prompt"),
        ("adaptations", [DATA, PROMPT], "counts what was done since"),
        ("products judged for videos", [DATA, MODEL], "counts what was done since"),
    ],
)
def test_fits_and_adaptations_are_put_down_to_what_made_them(figure, changes, because) -> None:
    found = compare(report("a", {figure: 2.0}), report("b", {figure: 3.0}, changes))
    assert found.figures["because"].tolist() == [because]
