"""Typed parameters: precedence, refusal with the nearest right name, overrides."""

import re
from types import SimpleNamespace

import pytest

from vtlib.core import param_keys
from vtlib.core.errors import BadInput
from vtlib.core.param_keys import merge, parse_overrides, read_yaml
from vtlib.core.params import known_keys, parse_params
from vtlib.core.settings import load_settings
from vtlib.store.project import Workspace, resolve


@pytest.mark.parametrize(
    ("data", "near"),
    [
        ({"project": "p", "outlier": {}}, "outliers"),
        ({"project": "p", "outliers": {"metod": "x"}}, "outliers.method"),
        ({"project": "p", "scraping": {"max_cost": 1}}, "scraping.max_cost_usd"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(data: dict, near: str) -> None:
    with pytest.raises(BadInput, match="Did you mean " + re.escape(near)):
        parse_params(data)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"project": "Not A Slug"}, "project"),
        ({"project": "p", "outliers": {"method": "magic"}}, "outliers.method"),
        ({"project": "p", "outliers": {"watch_p": 2}}, "outliers.watch_p"),
    ],
)
def test_a_wrong_value_names_its_field_and_file(data: dict, field: str) -> None:
    with pytest.raises(BadInput, match=r"p\.yaml") as caught:
        parse_params(data, file="p.yaml")
    assert caught.value.field == field


def test_overrides_are_yaml_and_win_over_the_file() -> None:
    over = parse_overrides(["outliers.method=robust_z", "importing.urls=[a, b]", "title=x=y"])
    params = parse_params(merge({"project": "p", "outliers": {"watch_p": 0.04}}, over))
    assert params.outliers.method == "robust_z"
    assert params.outliers.watch_p == 0.04
    assert (params.importing.urls, params.title) == (["a", "b"], "x=y")


def test_a_malformed_override_says_how() -> None:
    with pytest.raises(BadInput, match=r"section\.key=value"):
        parse_overrides(["outliers.method"])


def test_unset_is_none_and_not_a_number() -> None:
    assert parse_params({"project": "p"}).scraping.days_back is None


def test_no_top_level_key_is_a_python_keyword() -> None:
    """papermill injects the YAML's keys as names."""
    import keyword

    assert not [k for k in known_keys() if keyword.iskeyword(k)]


def test_broken_yaml_names_the_file(tmp_path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: [")
    with pytest.raises(BadInput, match=r"x\.yaml"):
        read_yaml(path)


OLD = {
    "gemini": {"attempts": 2},
    "analysis": {"model": "a", "first_model": "b", "limit": 3},
    "adaptation": {"model": "c", "limit": 4},
}
NEW = {
    "model": {"attempts": 2, "name": "a", "first_pass": "b", "scripts": "c"},
    "analysis": {"limit": 3},
    "adaptation": {"limit": 4},
}


def test_keys_with_a_new_name_are_still_read_and_warned_of_once(monkeypatch):
    warnings = []
    param_keys._warn_of.cache_clear()
    monkeypatch.setattr(param_keys.log, "get", lambda _: SimpleNamespace(warning=warnings.append))
    old = parse_params({"project": "p", **OLD})
    assert old == parse_params({"project": "p", **NEW})
    assert len(warnings) == len(param_keys.NEW_KEYS)
    assert any("analysis.model is now called model.name" in w for w in warnings)
    parse_params({"project": "p", **OLD})
    assert len(warnings) == len(param_keys.NEW_KEYS), "once"


def test_an_old_key_laid_over_a_new_one_wins(tmp_path):
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "p.yaml").write_text("project: p\nmodel: {attempts: 3, name: a}\n")
    over = parse_overrides(["gemini.attempts=7", "analysis.model=b"])
    model = resolve(Workspace(load_settings(tmp_path)), "p", over=over).model
    assert (model.attempts, model.name) == (7, "b")


def test_a_key_under_both_of_its_names_is_refused():
    both = {"project": "p", "model": {"attempts": 3}, "gemini": {"attempts": 4}}
    with pytest.raises(BadInput, match=r"model\.attempts is set twice"):
        parse_params(both)


@pytest.mark.parametrize(
    ("old", "new"),
    [("gemini.attempts", "model.attempts"), ("analysis.limit", "analysis.limit")]
    + [(o, n) for o, n in param_keys.NEW_KEYS.items()],
)
def test_a_dotted_key_by_its_name_today(old, new):
    assert param_keys.new_key(old) == new
