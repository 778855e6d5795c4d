"""Every name that notebooks, tests and benchmarks take from vtlib is there.

mypy holds vtlib itself; these files are not typed, and a notebook would tell only when it runs.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.run.cells import code_cells

ROOT = Path(__file__).parents[1]
OURS = ("vtlib", "simulator", "tests")
FILES = sorted(
    path.relative_to(ROOT)
    for folder, pattern in (("notebooks", "*.ipynb"), ("tests", "**/*.py"), ("bench", "*.py"))
    for path in (ROOT / folder).glob(pattern)
    if "peers" not in path.parts  # they know nothing of vtlib, which has a test of its own
)


def code(path: Path) -> ast.Module:
    if path.suffix == ".ipynb":
        return ast.parse("\n".join(code_cells(ROOT / path).values()))
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    """(module, name in it, name here) of every `from ours import name`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OURS:
            for alias in node.names:
                yield str(node.module), alias.name, alias.asname or alias.name


def there(module: str, name: str) -> object | None:
    """What `module` has under `name`, a submodule too; None where there is none."""
    place = importlib.import_module(module)
    if not hasattr(place, name):
        try:
            importlib.import_module(f"{module}.{name}")
        except ModuleNotFoundError:
            return None
    return getattr(place, name)


def taken(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name, attribute) of `name.attribute` and of `monkeypatch.setattr(name, "attribute")`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                yield name, attribute
            case ast.Call(
                func=ast.Attribute(attr="setattr"),
                args=[ast.Name(id=name), ast.Constant(value=str(attribute)), *_],
            ):
                yield name, attribute


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_name_of_ours_is_there(path: Path) -> None:
    tree = code(path)
    found = {
        here: (f"{module}.{name}", there(module, name)) for module, name, here in imports(tree)
    }
    missing = {label for label, thing in found.values() if thing is None}
    modules = {here: thing for here, (_, thing) in found.items() if isinstance(thing, ModuleType)}
    # A local variable may have the name of a module.
    hidden = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    hidden |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    for name, attribute in taken(tree):
        module = modules.get(name)
        if module and name not in hidden and not hasattr(module, attribute):
            missing.add(f"{module.__name__}.{attribute}")
    assert not missing


def test_the_notebooks_take_names_from_us() -> None:
    assert len(FILES) > 100
    names = [i for path in FILES if path.suffix == ".ipynb" for i in imports(code(path))]
    assert len(names) > 20
