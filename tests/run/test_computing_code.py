"""What counts as a change of code: the sources that compute, and not what only tells or looks."""

from pathlib import Path

import pytest

from vtlib.run import record


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "vtlib"
    for name in (
        "__init__.py",
        "core/proportions.py",
        "performance/creatives.py",
        "report/pages.py",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n")
    monkeypatch.setattr(record.vtlib, "__file__", str(root / "__init__.py"))
    return root


@pytest.mark.parametrize(
    ("edited", "changed"),
    [
        ("core/proportions.py", {"core"}),
        ("store/new.sql", {"store"}),
        ("store/notes.md", set()),
        ("performance/creatives.py", set()),
        ("report/pages.py", set()),
        ("../notebooks/03_outliers.ipynb", {"notebooks"}),
    ],
)
def test_only_what_computes_counts(tree: Path, edited: str, changed: set[str]) -> None:
    before = record.computing_code.__wrapped__()
    (tree / edited).parent.mkdir(parents=True, exist_ok=True)
    (tree / edited).write_text("x = 2\n")
    after = record.computing_code.__wrapped__()
    assert {name for name in after if after[name] != before[name]} == changed
    assert {"numpy", "python"} <= set(after)
