"""The seven notebooks as files: small, with literal parameters that papermill knows, nothing
hidden.
"""

import ast
import logging
import re
from pathlib import Path

import papermill
import pytest
import yaml
from papermill.execute import parameterize_notebook
from papermill.iorw import load_notebook_node

from tests.run.cells import FOLDER, code_cells
from vtlib.core.param_keys import NEW_KEYS
from vtlib.core.params import Params
from vtlib.store.notebook import BESIDE, RUN_KEYS

NOTEBOOKS = sorted(FOLDER.glob("0*.ipynb"))
SECTION = {
    "01_import": "importing",
    "02_scraping": "scraping",
    "03_outliers": "outliers",
    "04_analysis": "analysis",
    "05_adaptation": "adaptation",
    "06_comparison": "comparison",
    "07_performance": "performance",
}
KEYS = {*Params.model_fields, *(old for old in NEW_KEYS if "." not in old)} - {*BESIDE}
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def lines(source: str) -> list[str]:
    return [x for x in source.splitlines() if x.strip() and not x.strip().startswith("#")]


@each
def test_small_cells_and_no_function(path: Path) -> None:
    cells = code_cells(path)
    assert sum(len(lines(source)) for source in cells.values()) <= 80
    for key, source in cells.items():
        # papermill reads one cell, one name a line: every key of a YAML is declared there.
        assert len(lines(source)) <= 12 or key == "parameters", key
        assert not [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]


@each
def test_every_notebook_has_its_steps(path: Path) -> None:
    cells = code_cells(path)
    assert {"parameters", "imports", "what-if", "one-post-numbers", "conclusion"} <= set(cells)
    assert any(key.endswith("to-pick-from") for key in cells), "a selection that filters"
    assert not [s for s in cells.values() if re.search(r"\.work\(|for_notebook", s)]
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", key) for key in cells)


@each
def test_literals_are_the_defaults_and_say_what_they_mean(path: Path) -> None:
    declared = papermill.inspect_notebook(path)
    default = getattr(Params(project="x"), SECTION[path.stem])
    own = [n for n in type(default).model_fields if n in declared]
    assert own, "no setting as a literal"
    for name in own:
        assert ast.literal_eval(declared[name]["default"]) == getattr(default, name), name
    for name, one in declared.items():
        assert len(one["help"]) > 8, f"{name} says nothing"
    assert {*KEYS, *RUN_KEYS, "what_if", "look_at"} <= set(declared)


@each
def test_a_yaml_by_itself_brings_no_warning(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What `papermill NOTEBOOK out.ipynb -f params/demo.yaml` does before it executes."""
    demo = yaml.safe_load((FOLDER.parent / "params" / "demo.yaml").read_text())
    values = {name: demo.get(name, {}) for name in KEYS} | demo
    with caplog.at_level(logging.WARNING, logger="papermill"):
        papermill.execute_notebook(
            path, None, parameters=values, prepare_only=True, progress_bar=False
        )
        notebook = parameterize_notebook(load_notebook_node(str(path)), values)
    assert caplog.messages == []
    assert any("injected-parameters" in c.metadata.get("tags", ()) for c in notebook.cells)


@each
def test_no_import_hides_a_parameter(path: Path) -> None:
    tree = ast.parse(code_cells(path)["imports"])
    names = {a.asname or a.name for n in ast.walk(tree) for a in getattr(n, "names", [])}
    assert not names & set(papermill.inspect_notebook(path))
