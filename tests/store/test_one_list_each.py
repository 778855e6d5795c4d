"""Metrics, platforms, formats, states and tiers are listed in core/models.py alone; SQL and
Python follow.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import vtlib
from vtlib.core import models
from vtlib.store import migrate, sql_lists

PACKAGE = Path(vtlib.__file__).parent
# name: (its members, how many of them side by side are a list that is spelled out)
LISTS = {
    "metrics": (set(models.METRICS), 3),
    "platforms": (set(models.PLATFORMS), 3),
    "formats": (set(models.FORMATS), 3),
    "states": (set(models.STATES), 3),
    "tiers": (set(models.TIERS), 2),
}
ALLOWED = {
    "core/models.py": "the lists",
    "capture/table_numbers.py": "a count that a table of posts has",
    "outliers/counters.py": "formats that one platform has",
    "charts/captures.py": "a colour a state",
    "charts/theme.py": "a colour and a shape a tier",
}


def spelled_out(words: set[str]) -> list[str]:
    return [name for name, (members, n) in LISTS.items() if len(words & members) >= n]


def literals(tree: ast.AST) -> Iterator[tuple[int, set[str]]]:
    """Line and texts of every collection that is written out."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Tuple, ast.List, ast.Set, ast.Dict)):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            constants = (p.value for p in parts if isinstance(p, ast.Constant))
            yield node.lineno, {c for c in constants if isinstance(c, str)}


def python_lists(source: str) -> list[tuple[int, str]]:
    return [
        (line, name) for line, words in literals(ast.parse(source)) for name in spelled_out(words)
    ]


def sql_words(sql: str) -> list[set[str]]:
    """Texts and columns of each part of a file that lists them with commas."""
    code = re.sub(r"--.*", "", sql)
    return [
        set(re.findall(r"[a-z_]+", part)) for part in re.findall(r"[\w.']+(?:,\s*[\w.']+)+", code)
    ]


def test_no_python_file_spells_a_list_out() -> None:
    files = sorted(p for p in PACKAGE.rglob("*.py") if p.parent.name != "platforms")  # the sources
    assert len(files) > 100
    held = {str(p.relative_to(PACKAGE)): python_lists(p.read_text(encoding="utf-8")) for p in files}
    assert {name for name, lists in held.items() if lists} == set(ALLOWED), held
    assert python_lists('X = ("likes", "comments", "shares")') == [(1, "metrics")]


def test_no_sql_file_spells_a_list_out() -> None:
    folders = ("views", "checks", "queries", "comments")
    files = [p for f in folders for p in sorted((PACKAGE / "store" / f).glob("*.sql"))]
    assert len(files) > 100
    held = {
        p.name: [n for w in sql_words(p.read_text(encoding="utf-8")) for n in spelled_out(w)]
        for p in files
    }
    assert {name: lists for name, lists in held.items() if lists} == {}
    assert [spelled_out(w) for w in sql_words("SELECT s.views, s.likes,\n s.shares FROM s")] == [
        ["metrics"]
    ]


def test_groups_are_of_their_lists() -> None:
    assert {*models.REACH_METRICS, *models.RATE_METRICS} <= set(models.METRICS)
    assert set(models.STATES_BEST_FIRST) == set(models.STATES)
    assert set(models.TIERS_STRONGEST_FIRST) == set(models.TIERS)
    assert {*models.VIDEO_FORMATS, *models.STILL_FORMATS, "text"} == set(models.FORMATS)


@pytest.mark.parametrize(
    ("sql", "filled"),
    [
        ("IN ({{breakout tiers}})", "IN ('breakout', 'extreme')"),
        ("IS '{{reach metrics in words}}'", "IS 'views, plays or impressions'"),
        ("{{each reach metric: s.<metric>_state}},", (
"s.views_state, s.plays_state, "
"s.impressions_state,"
)),
        ("{{each reach metric:\nA <metric>;\n}}", "A views;\nA plays;\nA impressions;"),
        ("{'a': 1}", "{'a': 1}"),
    ],
)  # fmt: skip
def test_lists_are_filled_in(sql: str, filled: str) -> None:
    assert sql_lists.fill_lists(sql) == filled


def test_an_unknown_list_is_refused() -> None:
    with pytest.raises(KeyError, match="metrix"):
        sql_lists.fill_lists("{{metrix}}")


def test_views_are_made_anew_when_a_list_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = migrate._digest(migrate.view_files())
    migrations = migrate._digest([path for _, path in migrate.files()])
    monkeypatch.setitem(sql_lists.LISTS, "platforms", (*models.PLATFORMS, "threads"))
    assert migrate._digest(migrate.view_files()) != before
    assert migrate._digest([path for _, path in migrate.files()]) == migrations
