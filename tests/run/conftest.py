"""Notebooks of a few cells, and one fork server with few imports for all tests of this room."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from vtlib.core.models import STAGES
from vtlib.run import RunPlan, fork_server, sequence
from vtlib.run.kernels import Kernels
from vtlib.run.plan import file_stem

COMMON = ("project", "profile", "params_file", "run_id", "home")
CONCLUSION = (
    "from vtlib.core import conclusion\nconclusion.finish_stage({stage!r}, ['2 rows.'], rows=2)"
)


@pytest.fixture(scope="session")
def kernels() -> Iterator[Kernels]:
    with fork_server(()) as kernels:
        yield kernels


@pytest.fixture
def light_run(kernels: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run_project` with the fork server of these tests."""
    monkeypatch.setattr(sequence, "fork_server", lambda _: contextlib.closing(kernels))


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
