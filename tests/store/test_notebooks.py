"""Every frame that a notebook shows has come through what its reader may see."""

import ast
import json
from pathlib import Path

import pytest

from vtlib.store.notebook import literals

FOLDER = Path(__file__).parents[2] / "notebooks"
SAFE = (
    "visible",
    "shown",
    "reader_verdicts",
    "shown_targets",
    "visible_costs",
    "visible_text",
    "films",
    "numbers",
    "baseline",
    "shown_rows",
    "early_shown",
    "tags_shown",
)  # give what a reader may see


def code(path: Path) -> ast.Module:
    cells = json.loads(path.read_text())["cells"]
    return ast.parse("\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code"))


def is_safe(node: ast.expr, names: dict[str, ast.expr]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names and is_safe(names[node.id], names)
    pictures = ("pictured", "with_pictures")
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in pictures:
        return is_safe(node.args[1], names)  # adds pictures, none with pseudonyms
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") in SAFE


@pytest.mark.parametrize("path", sorted(FOLDER.glob("0*.ipynb")), ids=lambda p: p.stem)
def test_tables_and_charts_take_only_what_the_reader_may_see(path: Path) -> None:
    tree, names, drawn = code(path), {}, 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        room = getattr(node.func.value, "id", "")
        if (room == "tables" and node.func.attr == "show") or (room == "charts" and node.args):
            drawn += 1
            assert is_safe(node.args[0], names), ast.unparse(node)
    assert drawn > 0


@pytest.mark.parametrize("path", sorted(FOLDER.glob("0*.ipynb")), ids=lambda p: p.stem)
def test_literals_of_a_notebook_are_the_defaults(path: Path) -> None:
    """One that is not the default would go before the project's YAML in every run."""
    source = next(
        "".join(cell["source"])
        for cell in json.loads(path.read_text())["cells"]
        if "parameters" in cell["metadata"].get("tags", [])
    )
    cell: dict[str, object] = {}
    exec(source, cell)
    own = path.stem.partition("_")[2]
    assert literals(cell, {"import": "importing"}.get(own, own)) == {}
