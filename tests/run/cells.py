"""A notebook's cells run in this process: what papermill does, without a kernel."""

import ast
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "notebooks"


def code_cells(path: Path) -> dict[str, str]:
    """The code of a notebook by cell id."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {c["id"]: "".join(c["source"]) for c in cells if c["cell_type"] == "code"}


def run_cells(name: str, **parameters: Any) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """(names, what was shown by cell id) after running a notebook with `parameters` injected."""
    names: dict[str, Any] = {}
    outputs: dict[str, list[Any]] = {}
    for key, source in code_cells(FOLDER / name).items():
        shown = outputs.setdefault(key, [])
        names["display"] = shown.append
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{name}:{key}", "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), f"{name}:{key}", "eval"), names))
        if key == "parameters":
            names.update(parameters)
    return names, outputs
