"""Forked kernels behave like plain ones, and nothing of them outlives its owner."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import papermill
import psutil
import pytest
from jupyter_core.utils import run_sync

from vtlib.core.models import STAGES
from vtlib.run import RunPlan, fork_server
from vtlib.run.kernels import FORK, PLAIN, ForkedProcess, Kernel, Kernels
from vtlib.run.plan import imported_by

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are plain here")
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LAUNCH = [sys.executable, "-m", "ipykernel_launcher", "-f", "k.json"]


@contextlib.contextmanager
def taken(kernels: Kernels, cwd: Path) -> Iterator[Kernel]:
    kernel = kernels.take(cwd, more=False)
    try:
        yield kernel
    finally:
        kernel.end(at_once=True)


def ask(kernel: Kernel, code: str) -> Any:
    """The value of the last expression of `code`."""
    heard: list[Any] = []

    def hook(message: dict[str, Any]) -> None:
        if message["msg_type"] == "execute_result":
            heard.append(message["content"]["data"]["text/plain"])
        elif message["msg_type"] == "error":
            heard.append(message["content"]["ename"])

    run_sync(kernel.client.execute_interactive)(code, output_hook=hook, timeout=20)
    return heard[-1] if heard else None


def ends(pids: list[int], *, within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_siblings_share_nothing(kernels: Kernels, tmp_path: Path) -> None:
    one, other = kernels.take(tmp_path, more=True), kernels.take(tmp_path, more=False)
    try:
        draw = "import random, numpy; (random.random(), numpy.random.rand())"
        (a, b), (c, d) = eval(ask(one, draw)), eval(ask(other, draw))
        assert a != c
        assert b != d
        assert ask(one, "import os; os.getcwd()") == repr(str(tmp_path))
        assert ask(one, "os.getpid() == os.getpgid(0)") == "True"
        supervisors = {int(ask(k, "import os; os.getppid()")) for k in (one, other)}
        assert len(supervisors) == 2
        (server,) = {psutil.Process(pid).ppid() for pid in supervisors}
        assert server != os.getpid()
        assert ask(one, "import sys; sys.stdin.read()") == "''"
    finally:
        one.end(at_once=True)
        other.end(at_once=True)


def test_a_kernel_shows_no_progress_bar_of_duckdb(kernels: Kernels, tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
import duckdb
from vtlib.store.connection import Store
setting = "SELECT current_setting('enable_progress_bar')"
with Store(Path({str(tmp_path / "v.duckdb")!r})).read() as connection:
    ours = connection.execute(setting).fetchone()[0]
[duckdb.connect().execute(setting).fetchone()[0], ours]
"""
    with taken(kernels, tmp_path) as kernel:
        assert ask(kernel, code) == "[True, False]"


def test_an_interrupt_reaches_the_cell(kernels: Kernels, tmp_path: Path) -> None:
    with taken(kernels, tmp_path) as kernel:
        code = (
            "import os, signal, threading, time\n"
            "threading.Timer(.2, os.killpg, (os.getpgid(0), signal.SIGINT)).start(); time.sleep(30)"
        )
        assert ask(kernel, code) == "KeyboardInterrupt"
        assert ask(kernel, "6 * 7") == "42"


def test_a_kernel_ends_politely_and_soon(kernels: Kernels, tmp_path: Path) -> None:
    kernel = kernels.take(tmp_path, more=False)
    ask(kernel, "import atexit, pathlib\natexit.register(pathlib.Path('said').write_text, 'bye')")
    ask(kernel, "file = open('unflushed', 'w'); _ = file.write('kept')")
    began = time.monotonic()
    kernel.ask_to_end()
    kernel.end()
    assert kernel.exit_code() in (0, None)
    assert time.monotonic() - began < 3
    assert (tmp_path / "said").read_text() == "bye"
    assert (tmp_path / "unflushed").read_text() == "kept"


@pytest.mark.parametrize(
    ("code", "ended_with"), [("os._exit(3)", 3), ("os.kill(os.getpid(), 9)", -9)]
)
def test_a_dead_kernel_tells_what_it_died_of(
    kernels: Kernels, tmp_path: Path, code: str, ended_with: int
) -> None:
    kernel = kernels.take(tmp_path, more=False)
    kernel.client.execute(f"import os; {code}")
    end = time.monotonic() + 10
    while kernel.exit_code() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert kernel.exit_code() == ended_with
    kernel.end(at_once=True)


def test_papermill_takes_the_kernel_by_name(
    kernels: Kernels, write_notebook: Callable[..., Path], tmp_path: Path
) -> None:
    source = write_notebook("outliers", "import os; os.getppid()")
    done = papermill.execute_notebook(
        source, tmp_path / "out.ipynb", kernel_name=kernels.kernel_name, progress_bar=False
    )
    assert int(done.cells[-1].outputs[0].data["text/plain"]) != os.getpid()
    assert done.metadata.kernelspec.name == "python3"


def test_what_cannot_be_forked_is_refused(kernels: Kernels, tmp_path: Path) -> None:
    address = str(kernels.folder / "fork-server")
    with pytest.raises(OSError, match="PYTHONHASHSEED"):
        ForkedProcess(address, LAUNCH, env=os.environ | {"PYTHONHASHSEED": "123"})
    with pytest.raises(OSError, match="no IPython kernel"):
        ForkedProcess(address, ["R", "--slave"])
    with pytest.raises(OSError, match="pipe"):
        ForkedProcess(address, LAUNCH, stdout=subprocess.PIPE)
    with pytest.raises(OSError, match="No such file"):
        ForkedProcess(str(tmp_path / "nobody"), LAUNCH)


def test_a_refused_kernel_is_plain(
    kernels: Kernels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "123")
    with taken(kernels, tmp_path) as kernel:
        assert ask(kernel, "import os; os.getppid()") == str(os.getpid())


def test_a_server_that_died_is_replaced_by_plain_kernels(tmp_path: Path) -> None:
    with fork_server(()) as kernels:
        with taken(kernels, tmp_path) as kernel:
            supervisor = psutil.Process(int(ask(kernel, "import os; os.getppid()")))
            supervisor.parent().kill()  # type: ignore[union-attr]
            assert ask(kernel, "6 * 7") == "42"  # a kernel at work goes on
        with taken(kernels, tmp_path) as kernel:
            assert ask(kernel, "import os; os.getppid()") == str(os.getpid())


def test_without_fork_kernels_are_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with fork_server(()) as kernels:
        assert (kernels.kernel_name, kernels.transport) == (PLAIN, "tcp")
        with taken(kernels, tmp_path) as kernel:
            assert ask(kernel, "import os; os.getppid()") == str(os.getpid())


def test_a_kernel_dies_with_its_supervisor(kernels: Kernels, tmp_path: Path) -> None:
    with taken(kernels, tmp_path) as kernel:
        pid, supervisor = eval(ask(kernel, "import os; (os.getpid(), os.getppid())"))
        os.kill(supervisor, signal.SIGKILL)
        assert ends([pid], within_s=10)
        assert kernel.exit_code() == -signal.SIGKILL


def test_a_kernel_dies_with_whoever_asked_for_it(kernels: Kernels, tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom vtlib.run.kernels import ForkedProcess\n"
        "kernel = ForkedProcess(sys.argv[1], ['python', '-m', 'ipykernel_launcher'])\n"
        "print(kernel.pid, flush=True)\ntime.sleep(60)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(kernels.folder / "fork-server")],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert owner.stdout
    pid = int(owner.stdout.readline())
    assert alive(pid)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert ends([pid], within_s=10)


OWNER = """
import time
from pathlib import Path
from vtlib.run import fork_server
with fork_server(()) as kernels:
    kernel = kernels.take(Path.cwd(), more=True)
    kernel.client.execute("import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)")
    time.sleep(.3)
    print(kernels.folder, flush=True)
    time.sleep(60)
"""  # noqa: E501


def test_nothing_outlives_a_killed_owner(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert owner.stdout
    folder = Path(owner.stdout.readline().strip())
    family = [p.pid for p in psutil.Process(owner.pid).children(recursive=True)]
    assert len(family) >= 6  # the server, two kernels, their supervisors, what a cell started
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert ends(family, within_s=10)
    assert not folder.exists()


IMPORTED = """
import importlib, sys
before = set(sys.modules)
for name in {names}:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
sorted(set(sys.modules) - before)
"""


def test_the_seven_notebooks_find_their_imports_done(tmp_path: Path) -> None:
    """Fails when a library that notebooks use begins to start threads at its import."""
    plan = RunPlan("demo", NOTEBOOKS, tmp_path, tmp_path)
    with fork_server(plan.imports) as kernels:
        assert kernels.kernel_name == FORK
        with taken(kernels, tmp_path) as kernel:
            assert ask(kernel, "import os; os.getppid()") != str(os.getpid())
            assert ask(kernel, IMPORTED.format(names=plan.imports)) == "[]"
            total = (
                "duckdb.sql('select count(*) from range(3000000) where range % 7 = 0').fetchone()"
            )
            assert ask(kernel, f"import duckdb; {total}") == "(428572,)"


def test_only_what_the_planned_notebooks_import_is_preloaded(tmp_path: Path) -> None:
    plan = RunPlan("demo", NOTEBOOKS, tmp_path, tmp_path, only="outliers")
    assert {"vtlib.charts", "vtlib.outliers.stage", "vtlib.store.notebook"} <= set(plan.imports)
    rooms = {name.split(".")[1] for name in plan.imports if name.startswith("vtlib.")}
    assert rooms == {"charts", "tables", "outliers", "store", "report", "desk"}


@pytest.mark.parametrize("stage", STAGES)
def test_every_import_of_a_notebook_is_seen(stage: str) -> None:
    """Held against the text of the cells, line by line."""
    path = RunPlan("demo", NOTEBOOKS, NOTEBOOKS, NOTEBOOKS).notebook(stage)
    names = imported_by(path)
    cells = json.loads(path.read_text())["cells"]
    lines = [line for c in cells if c["cell_type"] == "code" for line in c["source"]]
    modules = [line.split()[1] for line in lines if line.startswith(("from ", "import "))]
    assert len(modules) >= 3
    assert set(modules) <= set(names)


def test_a_notebook_that_cannot_be_read_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_text("{}")
    assert imported_by(tmp_path / "n.ipynb") == imported_by(tmp_path / "none.ipynb") == []


def test_a_forked_kernel_is_waited_for(kernels: Kernels, tmp_path: Path) -> None:
    kernel = ForkedProcess(str(kernels.folder / "fork-server"), LAUNCH, cwd=tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        kernel.wait(0.01)
    kernel.send_signal(signal.SIGKILL)
    assert kernel.wait(5) == -signal.SIGKILL
    assert kernel.poll() == -signal.SIGKILL
