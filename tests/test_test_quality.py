"""Tests that could not fail: without an assertion, or with assertions only where nothing may
lead to them.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
MODULES = sorted(ROOT.rglob("test_*.py"))
RAISING = (
    "raises",
    "warns",
    "fail",
    "deprecated_call",
    "wait_for",
    "assert_",
    "check_",
    "expect_",
    "test_",
)
WRAPPERS = ("enumerate", "zip", "sorted", "reversed", "list", "tuple", "set", "range", "product")
METHODS = ("items", "values", "keys")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def weak_tests(source: str) -> Iterator[tuple[str, str]]:
    """Names of test functions that could not fail, and why.

    A loop counts only where something is sure to be in it: a literal, a constant, or what an
    assertion outside named before.
    """
    tree = ast.parse(source)
    helpers = {f.name for f in ast.walk(tree) if isinstance(f, Function) and _asserts(f)}
    for function in ast.walk(tree):
        if not isinstance(function, Function) or not function.name.startswith("test_"):
            continue
        if not _asserts(function, helpers):
            yield function.name, "no assertion"
        elif not any(_is_sure(s, helpers) for s in function.body):
            yield function.name, "assertions only in a loop over what may be empty, or in an if"


def _asserts(node: ast.AST, helpers: set[str] = frozenset()) -> bool:  # type: ignore[assignment]
    return any(_is_assertion(n, helpers) for n in ast.walk(node))


def _is_assertion(node: ast.AST, helpers: set[str]) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
    return name in helpers or name.startswith(RAISING)


def _is_sure(statement: ast.stmt, helpers: set[str]) -> bool:
    """Whether a statement that is reached meets an assertion."""
    if isinstance(statement, ast.If | ast.While):
        both = (statement.body, statement.orelse)
        return all(any(_is_sure(s, helpers) for s in side) for side in both)
    if isinstance(statement, ast.For):
        return _is_filled(statement.iter) and any(_is_sure(s, helpers) for s in statement.body)
    if isinstance(statement, ast.With | ast.AsyncWith | ast.Try):
        heads = statement.items if not isinstance(statement, ast.Try) else []
        inner = any(_is_sure(s, helpers) for s in statement.body)
        return inner or any(_asserts(h, helpers) for h in heads)
    if isinstance(statement, Function):
        return False  # defined here, called elsewhere
    return _asserts(statement, helpers)


def _is_filled(node: ast.expr) -> bool:
    """Whether something is surely in it: a literal with elements, a constant by its name, or
    made of such.
    """
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return bool(node.elts)
    if isinstance(node, ast.Dict):
        return bool(node.keys)
    if isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        return name.isupper()
    if isinstance(node, ast.BinOp):
        return _is_filled(node.left) or _is_filled(node.right)
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS and not node.args:
        return _is_filled(node.func.value)
    name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
    return name in WRAPPERS and bool(node.args) and all(map(_is_filled, node.args))


def test_every_test_can_fail():
    assert len(MODULES) > 100
    weak = [
        f"{path.relative_to(ROOT)}: {name}: {why}"
        for path in MODULES
        for name, why in weak_tests(path.read_text(encoding="utf-8"))
    ]
    assert not weak, "\n".join(weak)


@pytest.mark.parametrize(
    ("body", "is_weak"),
    [
        ("run()", True),
        ("for x in found: assert x", True),
        ("if found: assert found", True),
        ("for x in []: assert x", True),
        ("def inner(): assert False", True),
        ("for x in (1, 2): assert x", False),
        ("for x in NAMES.items(): assert x", False),
        ("assert found\n    for x in found: assert x", False),
        ("with pytest.raises(ValueError): run()", False),
        ("with open(a) as b: assert b", False),
        ("check_all(found)", False),
    ],
)
def test_what_is_weak(body, is_weak):
    assert bool(list(weak_tests(f"def test_it(found):\n    {body}\n"))) == is_weak


def test_no_two_files_of_tests_have_one_name() -> None:
    """pytest imports them by name: the second would not be collected."""
    names = Counter(path.name for path in MODULES)
    assert [name for name, n in names.items() if n > 1] == []
