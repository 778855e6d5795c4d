"""Notebooks of a few cells, and one nursery with few imports for all tests of this room."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from vtlib.core.models import STAGES
from vtlib.run import RunPlan, sequence, warm_kernels
from vtlib.run.fork_server import KernelHome
from vtlib.run.plan import file_stem

LIGHT = ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "numpy")
COMMON = ("project", "profile", "params_file", "run_id", "home")
CONCLUSION = "from vtlib.core import conclusion\nconclusion.done({stage!r}, ['2 rows.'], rows=2)"


@pytest.fixture(scope="session")
def nursery() -> Iterator[KernelHome]:
    with warm_kernels(LIGHT) as home:
        yield home


@pytest.fixture
def light_run(nursery: KernelHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run_project` with the nursery of these tests."""
    monkeypatch.setattr(sequence, "warm_kernels", lambda: contextlib.nullcontext(nursery))


@pytest.fixture
def write_notebook(tmp_path: Path) -> Callable[..., Path]:
    def write(stage: str, *cells: str, folder: Path | None = None) -> Path:
        section = "importing" if stage == "import" else stage
        path = (folder or tmp_path / "notebooks") / f"{file_stem(stage)}.ipynb"
        path.parent.mkdir(exist_ok=True)
        code = nbformat.v4.new_code_cell
        # One assignment a line: papermill's inspection reads no other form.
        declared = "\n".join(
            [*(f"{name} = ''" for name in COMMON), "report = {}", f"{section} = {{}}  # its own"]
        )
        tagged = code(declared, id="parameters", metadata={"tags": ["parameters"]})
        spec = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": spec})
        notebook.cells = [tagged, *(code(c, id=f"cell-{n}") for n, c in enumerate(cells))]
        nbformat.write(notebook, path)
        return path

    return write


@pytest.fixture
def plan(tmp_path: Path, write_notebook: Callable[..., Path]) -> RunPlan:
    """A project of seven notebooks that each conclude with two rows."""
    for stage in STAGES:
        write_notebook(stage, CONCLUSION.format(stage=stage))
    return RunPlan("demo", tmp_path / "notebooks", tmp_path, tmp_path / "outputs")
