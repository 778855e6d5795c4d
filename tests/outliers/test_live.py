"""Sliders say what `vt analyze outliers` would: the same breakouts, the same range of chance."""

import json

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from tests.store.frames import account, at, begun, capture
from vtlib.capture import store as captures
from vtlib.cli import vt
from vtlib.core.errors import BadInput
from vtlib.core.models import BREAKOUT_TIERS, FLAGGED_TIERS
from vtlib.outliers import stage
from vtlib.outliers.live import LiveRule
from vtlib.store.project import Project

VALUES = [
    {},
    {"breakout_p": 0.05, "breakout_multiplier": 2.0},
    {"breakout_p": 0.0005, "breakout_multiplier": 1.5, "min_value": {"views": 0}},
    {"min_value": {"views": 40_000}},
    {"max_baseline": 8, "breakout_p": 0.03},
]


def _fill(project: Project, day: float, n: int, first: int, ages: tuple = (10, 0.8)) -> None:
    rng = np.random.default_rng(first)
    people, posts, days = [], [], []
    for a in range(14):
        people.append(account(day, str(a), f"acc{a}"))
        views = np.exp(rng.normal(6 + a / 4, 0.4 + a / 12, n))
        views[rng.random(n) < 0.04] *= 40
        posts += [(str(first + a * 1000 + i), f"tiktok:{a}", int(v)) for i, v in enumerate(views)]
        days += [at(day - ages[0] - i * ages[1]) for i in range(n)]
    name = f"c{first}"
    batch = capture(name, day, people, posts)
    batch["posts"]["posted_at"] = days
    captures.begin(project.store, begun(name, day))
    captures.ingest(project.store, batch)
    captures.finish(project.store, name)


@pytest.fixture
def project(ticking: Project) -> Project:
    _fill(ticking, 55, 45, 1)
    return ticking


def _write(project: Project, rule: dict) -> None:
    path = project.workspace.params_path("p")
    path.write_text(yaml.safe_dump({"project": "p", "outliers": rule}))


def _by_command(project: Project, rule: dict) -> dict:
    _write(project, rule)
    words = ["analyze", "outliers", "--project", "p", "--json"]
    answer = CliRunner().invoke(vt, words, catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def _both(project: Project, live: LiveRule, rule: dict) -> tuple[list, list]:
    by_command = _by_command(project, rule)
    there = Project.open("p", home=str(project.workspace.root)).params.outliers
    by_slider = live.judge(there)
    listed = {r["post_id"] for r in by_command["breakouts"] if r["tier"] in BREAKOUT_TIERS}
    return (
        [
            by_slider.breakouts,
            (by_slider.low, by_slider.high),
            [by_slider.count(t) for t in FLAGGED_TIERS],
        ],
        [
            listed,
            (by_command["expected_false_alarms_low"], by_command["expected_false_alarms"]),
            [by_command[f"n_{t}"] for t in FLAGGED_TIERS],
        ],
    )


@pytest.mark.parametrize("rule", VALUES)
def test_a_slider_says_what_the_command_stores(project: Project, rule: dict) -> None:
    live = LiveRule(*stage.load(project))
    live.judge(project.params.outliers)  # scores are held from here on
    by_slider, by_command = _both(project, live, rule)
    assert by_slider == by_command
    assert len(by_slider[0]) > 3


def test_new_posts_are_judged_by_the_past_by_both(project: Project) -> None:
    _by_command(project, {})
    _fill(project, 59.9, 6, 500, (3.5, 0.2))
    posts, pairs = stage.load(project)
    since = stage.since(project, posts)
    assert since is not None
    live = LiveRule(posts, pairs, since)
    by_slider, by_command = _both(project, live, VALUES[1])
    assert by_slider == by_command
    other = LiveRule(posts, pairs).judge(project.params.outliers).scores
    scores = live.judge(project.params.outliers).scores
    assert not scores["p_tail"].equals(other["p_tail"])


def test_thresholds_are_applied_to_scores_that_are_held(project: Project) -> None:
    live, rule = LiveRule(*stage.load(project)), project.params.outliers
    live.judge(rule)
    for p in (0.02, 0.03):
        live.judge(rule.model_copy(update={"breakout_p": p}))
    assert len(live._held) == 1
    live.judge(rule.model_copy(update={"max_baseline": 9}))
    assert len(live._held) == 2


def test_without_posts_and_by_a_classic_rule(ticking: Project) -> None:
    live, rule = LiveRule(*stage.load(ticking)), ticking.params.outliers
    empty = live.judge(rule)
    assert (empty.breakouts, empty.low, empty.high) == (frozenset(), 0, 0)
    with pytest.raises(BadInput, match="states no range of chance"):
        live.judge(rule.model_copy(update={"method": "robust_z"}))
