"""`make types`: mypy over the packages and over the cells of the notebooks, in one run.

A notebook's call of a function that has another name by now would show only when it runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("vtlib", "simulator")
CELLS = "notebook_cells"  # pyproject.toml says what is not held against it


def main() -> int:
    """Mypy's exit code."""
    with tempfile.TemporaryDirectory(prefix="vt-types-") as folder:
        cells = Path(folder) / CELLS
        cells.mkdir()
        (cells / "__init__.py").touch()
        for path in (ROOT / "notebooks").glob("*.ipynb"):
            (cells / f"of_{path.stem}.py").write_text(_code(path), encoding="utf-8")
        words = [sys.executable, "-m", "mypy", *PACKAGES, str(cells)]
        return subprocess.run(words, cwd=ROOT, check=False).returncode  # noqa: S603


def _code(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


if __name__ == "__main__":
    sys.exit(main())
