"""A whole run against plain papermill: the same seven notebooks, one after the other, in one session.

Overhead is wall time of a fresh process beyond the cells' own work. That work is the same in both:
it is read from papermill's cell durations in the warm run, where the cells find their imports done.
Plain papermill is given its best case: one process for all notebooks, which imports it once.
Uses the notebooks of this clone, else seven generated ones that import what a stage imports.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from tabulate import tabulate

from vtlib.models import STAGES
from vtlib.run.notebook import cell_seconds
from vtlib.run.plan import RunPlan, file_stem

TARGET = 5.0
OURS = Path(__file__).parents[1] / "notebooks"
PLAIN = """
import json, sys, papermill
for source, target, parameters in json.load(sys.stdin):
    papermill.execute_notebook(source, target, parameters, kernel_name="python3", cwd=sys.argv[1],
                               language="python", progress_bar=False)
"""
WARM = """
import sys
from pathlib import Path
from vtlib.run import RunPlan, run_project
home = Path(sys.argv[1])
run = run_project(RunPlan("bench", Path(sys.argv[2]), home, home / "outputs"))
sys.exit(run.exit_code)
"""
PARAMETERS = (
    "project = ''\nprofile = ''\nparams_file = ''\nrun_id = ''\nhome = ''\n{section} = {{}}"
)
CELLS = (
    "import altair as alt\nimport duckdb\nimport pandas as pd\nimport scipy.stats\nimport vtlib.params",
    "frame = pd.DataFrame({'x': range(1000)})\nframe.describe()",
    "duckdb.sql('select sum(x) as total from frame').df()",
    "scipy.stats.rankdata(frame.x).sum()",
    "chart = alt.Chart(frame.head(50)).mark_point().encode(x='x:Q', y='x:Q')\nlen(chart.to_dict())",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of a run: the whole process, and what its cells say they took."""

    wall_s: float
    cells_s: float


def main() -> None:
    """Print both runs and the ratio of their overheads."""
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        notebooks = OURS if (OURS / f"{file_stem('import')}.ipynb").exists() else None
        notebooks = notebooks or generate(Path(folder) / "notebooks")
        warm = run_warm(notebooks, home=workspace(folder, "warm"))
        plain = run_plain(notebooks, home=workspace(folder, "plain"))
    rows = [
        (name, m.wall_s, m.cells_s, m.wall_s - warm.cells_s)
        for name, m in (("plain papermill", plain), ("vt run", warm))
    ]
    print(f"seven notebooks of {'this clone' if notebooks == OURS else 'generated cells'}")
    headers = ("", "wall s", "in cells s", "overhead s")
    print(tabulate(rows, headers=headers, floatfmt=".2f"))
    ratio = rows[0][3] / rows[1][3]
    print(f"overhead: {ratio:.1f} x less (target: at least {TARGET:g} x)")


def run_warm(notebooks: Path, *, home: Path) -> Measured:
    """`run_project` in a fresh process, its own start included; nothing is rendered."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", WARM, str(home), str(notebooks)], check=True)  # noqa: S603
    wall_s = time.monotonic() - began
    return Measured(wall_s, in_cells((home / "outputs").rglob("0*.ipynb")))


def run_plain(notebooks: Path, *, home: Path) -> Measured:
    """Papermill in a fresh process, one plain kernel a notebook."""
    plan = RunPlan("bench", notebooks, home, home / "outputs")
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


def generate(folder: Path) -> Path:
    """Seven notebooks that import what a stage imports and do a little with it."""
    folder.mkdir()
    for stage in STAGES:
        section = "importing" if stage == "import" else stage
        spec = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": spec})
        notebook.cells = [
            nbformat.v4.new_code_cell(
                PARAMETERS.format(section=section), metadata={"tags": ["parameters"]}
            ),
            *(nbformat.v4.new_code_cell(cell) for cell in CELLS),
        ]
        nbformat.write(notebook, folder / f"{file_stem(stage)}.ipynb")
    return folder


if __name__ == "__main__":
    main()
