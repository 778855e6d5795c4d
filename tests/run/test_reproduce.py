"""nbval executes executed notebooks again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from vtlib.core.errors import BadInput
from vtlib.run import RunPlan, run_project
from vtlib.run.kernels import Kernels
from vtlib.run.reproduce import reproduce


@pytest.mark.usefixtures("light_run")
def test_what_differs_is_named(
    plan: RunPlan, write_notebook: Callable[..., Path], kernels: Kernels
) -> None:
    chart = write_notebook("comparison", "import random; random.random()", "6 * 7")
    notebook = nbformat.read(chart, 4)
    notebook.cells[1].metadata["tags"] = ["nbval-ignore-output"]
    nbformat.write(notebook, chart)
    write_notebook("performance", "import random; random.random()", "6 * 7")
    run = run_project(replace(plan, from_stage="adaptation"))
    done = [run.folder / s.notebook for s in run.stages]
    differing = reproduce(done, kernel=kernels.kernel_name)
    assert differing["05_adaptation.ipynb"] == []  # a conclusion is compared and the same
    assert differing["06_comparison.ipynb"] == []  # a chart is not compared
    (cell,) = differing["07_performance.ipynb"]
    assert "random" in cell


def test_nothing_to_reproduce_is_said() -> None:
    with pytest.raises(BadInput):
        reproduce([])
