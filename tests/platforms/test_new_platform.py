"""A platform added as docs/adding-a-platform.md says passes import, run and check: the edits in a
copy of the package, then the real commands.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import vtlib

DOC = Path(__file__).parents[2] / "docs" / "adding-a-platform.md"


def block(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    return code


def put(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{before!r} in {path.name}"
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package and the notebooks, and in it the new platform."""
    root = tmp_path_factory.mktemp("fork")
    source = Path(vtlib.__file__).parent
    shutil.copytree(source, root / "vtlib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(source.parent / "notebooks", root / "notebooks")
    (root / "vtlib/platforms/threads.py").write_text(block("python"), encoding="utf-8")
    put(
        root / "vtlib/core/models.py",
        '"linkedin", "pinterest"]',
        '"linkedin", "pinterest", "threads"]',
    )
    return root


def run(package: Path, home: Path, *words: str) -> tuple[int, Any]:
    environment = {**os.environ, "VT_HOME": str(home), "PYTHONPATH": str(package)}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from vtlib.cli import main; sys.exit(main())",
            *words,
            "--json",
        ],
        env=environment,
        cwd=package,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def posts(n: int) -> list[dict[str, Any]]:
    """The doc's own item, `n` times with other codes, days and likes."""
    (item,) = [c["payload"] for c in json.loads(block("json"))["items"] if "expect" in c][:1]
    return [
        {
            **item,
            "url": f"https://www.threads.com/@creator_1/post/CODE{i:05d}",
            "takenAt": 1_754_058_314 + i * 86_400,
            "likeCount": 40 + i % 7 + (4_000 if i == 20 else 0),
            "replyCount": 5,
        }
        for i in range(n)
    ]


def test_import_run_and_check(package: Path, tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text(json.dumps(posts(30)))
    assert run(package, tmp_path, "init", str(tmp_path))[0] == 0
    assert run(package, tmp_path, "project", "create", "New platform")[0] == 0
    code, answer = run(
        package, tmp_path, "import", "dataset", str(tmp_path / "export.json"), "--project",
        "new-platform", "--captured-at", "2025-11-01T00:00:00Z",
    )  # fmt: skip
    assert code == 0, answer
    assert "threads" in json.dumps(answer), answer
    code, answer = run(package, tmp_path, "run", "new-platform")
    assert code == 0, answer
    code, answer = run(package, tmp_path, "check")
    assert code == 0, answer
