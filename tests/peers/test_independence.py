"""The second mocks share no code with what they test: a misunderstanding of ours is not theirs
too.
"""

import ast
from pathlib import Path

import pytest

MOCKS = ("apify.py", "base.py", "gemini.py", "host.py", "inboxes.py")


@pytest.mark.parametrize("name", MOCKS)
def test_a_mock_imports_neither_the_package_nor_the_simulator(name: str) -> None:
    tree = ast.parse((Path(__file__).parent / name).read_text(encoding="utf-8"))
    modules = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    modules += [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    assert len(modules) > 3
    assert not [m for m in modules if m.split(".")[0] in ("vtlib", "simulator")]
    assert not [m for m in modules if m.startswith("tests.") and m != "tests.peers.base"]
