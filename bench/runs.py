"""A whole run against plain papermill: the same seven notebooks, one after the other, in one
session.

Overhead is wall time of a fresh process beyond the cells' own work. That work is the same in both:
it is read from papermill's cell durations in `vt run`, where the cells find their imports done.
Plain papermill is given its best case: one process for all notebooks, which imports it once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

from vtlib.core.models import STAGES
from vtlib.run.notebook import cell_seconds
from vtlib.run.plan import RunPlan

TARGET = 5.0
OURS = Path(__file__).parents[1] / "notebooks"
PLAIN = """
import json, sys, papermill
for source, target, parameters in json.load(sys.stdin):
    papermill.execute_notebook(source, target, parameters, kernel_name="python3", cwd=sys.argv[1],
                               language="python", progress_bar=False)
"""
OUR_RUN = """
import sys
from pathlib import Path
from vtlib.run import RunPlan, run_project
home = Path(sys.argv[1])
run = run_project(RunPlan("bench", Path(sys.argv[2]), home, home / "outputs"))
sys.exit(run.exit_code)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of a run: the whole process, and what its cells say they took."""

    wall_s: float
    cells_s: float


def main() -> int:
    """Print both runs and the ratio of their overheads; 1 when it is under the target."""
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        ours = run_ours(home=workspace(folder, "ours"))
        plain = run_plain(home=workspace(folder, "plain"))
    rows = [
        (name, m.wall_s, m.cells_s, m.wall_s - ours.cells_s)
        for name, m in (("plain papermill", plain), ("vt run", ours))
    ]
    headers = ("", "wall s", "in cells s", "overhead s")
    print(tabulate(rows, headers=headers, floatfmt=".2f"))
    ratio = rows[0][3] / rows[1][3]
    print(f"overhead: {ratio:.1f} x less (target: at least {TARGET:g} x)")
    return 0 if ratio >= TARGET else 1


def run_ours(*, home: Path) -> Measured:
    """`run_project` in a fresh process, its own start included; nothing is rendered."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", OUR_RUN, str(home), str(OURS)], check=True)  # noqa: S603
    wall_s = time.monotonic() - began
    return Measured(wall_s, in_cells((home / "outputs").rglob("0*.ipynb")))


def run_plain(*, home: Path) -> Measured:
    """Papermill in a fresh process, one plain kernel a notebook."""
    plan = RunPlan("bench", OURS, home, home / "outputs")
    jobs = [
        (str(plan.notebook(s)), str(home / plan.notebook(s).name), plan.parameters(s))
        for s in STAGES
    ]
    began = time.monotonic()
    subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", PLAIN, str(home)], input=json.dumps(jobs), text=True, check=True
    )
    return Measured(time.monotonic() - began, in_cells(home.glob("0*.ipynb")))


def in_cells(paths: object) -> float:
    """Seconds in all cells of executed notebooks."""
    return sum(sum(cell_seconds(path).values()) for path in paths)  # type: ignore[attr-defined]


def workspace(folder: str, name: str) -> Path:
    """An empty workspace."""
    home = Path(folder) / name
    (home / "params").mkdir(parents=True)
    return home


if __name__ == "__main__":
    sys.exit(main())
