"""What a nursery imports, and whether it may be forked from afterwards."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from vtlib.core.quick_start import GRAMMAR, leave_out_grammar

# What notebooks import, then what a kernel would import while starting or at its first outputs.
MODULES = (
    "pandas",
    "altair",
    "scipy.stats",
    "duckdb",
    "pyarrow.compute",
    "pydantic_settings",
    "structlog",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "jupyter_client.localinterfaces",
    "narwhals._pandas_like.namespace",
    "narwhals.stable.v1._namespace",
    "pandas.io.formats.style",
    "psutil",
    "pyarrow.pandas_compat",
    "sqlite3",
    "tornado.platform.asyncio",
)
# What the seven notebooks import of ours (a test holds it against them); the rest follows from
# these.
OUR_MODULES = (
    "vtlib.adaptation.fits",
    "vtlib.adaptation.stage",
    "vtlib.adaptation.summary",
    "vtlib.analysis.answers",
    "vtlib.analysis.stage",
    "vtlib.analysis.summary",
    "vtlib.capture.imports",
    "vtlib.capture.stage",
    "vtlib.charts",
    "vtlib.media.stage",
    "vtlib.analysis.timelines",
    "vtlib.outliers.stage",
    "vtlib.performance.competitor_stage",
    "vtlib.performance.stage",
    "vtlib.report.advice",
    "vtlib.adaptation.storyboards",
    "vtlib.tables",
)
# Libraries start threads at import; with these settings they do not. A forked kernel therefore
# computes linear algebra in one thread.
SINGLE_THREADED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


def warm_up(modules: Sequence[str]) -> None:
    """Import `modules`. What cannot be imported is left: the notebook will say so."""
    leave_out_grammar()
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    del sys.modules[GRAMMAR]  # a notebook that wants it gets it
    duckdb = sys.modules.get("duckdb")
    if duckdb is not None:
        # `import duckdb` opens an in-memory database with a thread pool (seen in 1.5.6).
        duckdb.default_connection().close()


def edited_since(moment: float) -> str:
    """The first imported module of ours whose file changed after `moment` (Unix seconds), or ''."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) if name.startswith("vtlib.") else None
        try:
            if file and Path(file).stat().st_mtime > moment:
                return name
        except OSError:
            return name
    return ""


def why_unfit() -> str:
    """Why this process must not be forked from, or ''."""
    tasks = Path("/proc/self/task")
    threads = len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()
    if threads > 1:
        return f"the nursery runs {threads} threads"
    pid = os.fork()
    if pid == 0:
        os._exit(_trial())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return "" if code == 0 else f"a forked trial process ended with {code}"


def _trial() -> int:
    """Linear algebra in a fork: what breaks first where a platform's libraries dislike forking."""
    try:
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            numpy.linalg.svd(numpy.eye(64))
    except Exception:  # noqa: BLE001 - any failure is the answer
        return 1
    return 0
