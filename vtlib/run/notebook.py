"""One notebook: its parameters checked, executed by papermill, and its conclusion read back."""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from vtlib.core import errors
from vtlib.core.conclusion import MIMETYPE
from vtlib.core.errors import BadInput, nearest
from vtlib.core.whole_files import write_whole
from vtlib.run.kernels import Kernel
from vtlib.run.plan import StageStatus

ENGINE = "vt"
SAVE_EVERY_S = 2.0
# What a cell's output may be in a copy with pseudonyms: our conclusion, charts, tables; their texts
# beside them.
RESULTS = (MIMETYPE, "application/vnd.vegalite.v5+json", "text/html", "text/plain")
NO_CONCLUSION = "the notebook gave no conclusion"
EXIT_CODES = {
    name: kind.exit_code
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.VtError)
}


@dataclass(frozen=True, slots=True)
class NotebookResult:
    """What a notebook came to; `exit_code` is that of the error class it ended with."""

    status: StageStatus
    reason: str = ""
    headline: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    exit_code: int = 0


class KernelEngine(NBClientEngine):
    """papermill's own engine with a kernel that is ready and stays ours."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        kernel: Kernel,
        timeout_func: Callable[[Any], float] | None = None,
        **_: Any,
    ) -> Any:
        """Run the cells; called by papermill."""
        client = PapermillNotebookClient(
            nb_man, km=kernel.manager, kernel_name=kernel_name, timeout_func=timeout_func
        )
        client.kc = kernel.client
        save = nb_man.save
        # papermill writes all outputs so far before and after each cell: a quarter of a short run.
        nb_man.save = partial(_save_in_between, nb_man, save)
        try:
            return client.execute()
        finally:
            save()


def _save_in_between(nb_man: Any, save: Callable[[], object], **_: Any) -> None:
    if (nb_man.now() - nb_man.last_save_time).total_seconds() >= SAVE_EVERY_S:
        save()


papermill_engines.register(ENGINE, KernelEngine)


def refuse_unknown(path: Path, parameters: Mapping[str, Any]) -> None:
    """Raise BadInput when `path` is missing or does not declare one of `parameters`."""
    if not path.is_file():
        raise BadInput(f"there is no notebook {path}", todo="Run vt from the project's clone.")
    try:
        parameter_names = list(papermill.inspect_notebook(_literal(path)))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the file
        raise BadInput(f"not a notebook: {error}", file=str(path)) from None
    for name in parameters:
        if name not in parameter_names:
            near = nearest(name, parameter_names)
            hint = (
                f"Did you mean {near}?"
                if near
                else f"It has: {', '.join(parameter_names) or 'none'}."
            )
            raise BadInput(f"{path.name} has no parameter {name}.", todo=hint, file=str(path))


def execute(
    source: Path,
    target: Path,
    *,
    parameters: Mapping[str, Any],
    kernel: Kernel,
    timeout_s: float | None = None,
) -> NotebookResult:
    """Run `source` in `kernel` into `target`, which is written every few seconds.

    A failing cell, a dead kernel or a passed time is an Outcome with status `failed`; the partial
    notebook then ends in the error. `timeout_s` is for all cells together.
    """
    end = time.monotonic() + (timeout_s or 0)
    try:
        papermill.execute_notebook(
            _literal(source),
            _literal(target),
            parameters=dict(parameters),
            engine_name=ENGINE,
            kernel_name=kernel.manager.kernel_name,
            language="python",
            progress_bar=False,
            log_output=False,
            kernel=kernel,
            timeout_func=(lambda _: max(0.1, end - time.monotonic())) if timeout_s else None,
        )
    except PapermillExecutionError as error:
        return _failed(error.ename, error.evalue)
    except CellTimeoutError:
        return _stopped(target, "TimeoutError", f"it took longer than {timeout_s:g} s")
    except DeadKernelError:
        return _stopped(target, "DeadKernelError", _death(kernel.exit_code()))
    return read_conclusion(target)


def read_conclusion(path: Path) -> NotebookResult:
    """The conclusion of an executed notebook: its last output of `Conclusion`'s kind."""
    notebook = nbformat.read(path, as_version=4)
    conclusion: Any = None
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            conclusion = output.get("data", {}).get(MIMETYPE, conclusion)
    if conclusion is None:
        return NotebookResult("ok", NO_CONCLUSION)
    if not isinstance(conclusion, dict) or conclusion.get("status") not in (
        "ok",
        "skipped",
        "failed",
    ):
        return NotebookResult(
            "failed", f"the notebook's conclusion cannot be read: {conclusion}", exit_code=1
        )
    return NotebookResult(
        conclusion["status"],
        str(conclusion.get("reason") or ""),
        tuple(str(line) for line in conclusion.get("headline") or ()),
        dict(conclusion.get("counts") or {}),
        exit_code=1 if conclusion["status"] == "failed" else 0,
    )


def redact_outputs(path: Path, redact: Callable[[Any], Any]) -> None:
    """Mask secrets in an executed notebook; a file without any is not written again."""
    before = json.loads(path.read_text(encoding="utf-8"))
    after = redact(before)
    if after != before:
        write_whole(path, json.dumps(after, indent=1, ensure_ascii=False) + "\n")


def reduce_to_results(path: Path) -> None:
    """Leave of an executed notebook what a client may see: its cells, and of outputs results,
    charts and tables.

    Given parameters name accounts and files; streams, errors' messages and pictures may hold what
    strangers wrote.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("papermill", None)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if "injected-parameters" not in cell.metadata.get("tags", ())
    ]
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if cell.cell_type == "code":
            cell.outputs = [result for output in cell.outputs if (result := _result(output))]
    write_whole(path, nbformat.writes(notebook) + "\n")


def _result(output: NotebookNode) -> NotebookNode | None:
    """An output reduced to what pages show of it; None where that is nothing."""
    if output.output_type == "error":
        return nbformat.v4.new_output("error", ename=output.ename, evalue="", traceback=[])
    if output.output_type == "stream":
        return None
    data = {kind: value for kind, value in output.get("data", {}).items() if kind in RESULTS}
    if not set(data) - {"text/plain"}:
        return None
    output["data"] = data
    return output


def cell_seconds(path: Path) -> dict[str, float]:
    """Seconds of each code cell by cell id, from papermill's metadata."""
    return {
        cell.id: float(cell.metadata.get("papermill", {}).get("duration") or 0)
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    }


def _failed(ename: str, evalue: str) -> NotebookResult:
    return NotebookResult("failed", f"{ename}: {evalue}", exit_code=EXIT_CODES.get(ename, 1))


def _stopped(target: Path, ename: str, evalue: str) -> NotebookResult:
    """A failure that left no error in the notebook: it is written into the cell that ran."""
    notebook = nbformat.read(target, as_version=4)
    cell = _running_cell(notebook)
    if cell is not None:
        cell.outputs.append(
            nbformat.v4.new_output(
                "error", ename=ename, evalue=evalue, traceback=[f"{ename}: {evalue}"]
            )
        )
        write_whole(target, nbformat.writes(notebook) + "\n")
    return _failed(ename, evalue)


def _running_cell(notebook: NotebookNode) -> NotebookNode | None:
    cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("papermill", {}).get("start_time")
    ]
    return cells[-1] if cells else None


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        return f"the kernel was killed by signal {-code}"
    return "the kernel died" if code is None else f"the kernel ended with exit code {code}"


def _literal(path: Path) -> str:
    """A path that papermill's formatting of paths leaves as it is."""
    return str(path).replace("{", "{{").replace("}", "}}")
