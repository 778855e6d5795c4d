"""Forked kernels behave like plain ones, and nothing of them outlives its owner."""

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

from vtlib.run.fork_server import WARM_KERNEL, KernelHome, warm_kernels
from vtlib.run.kernels import Kernel, Kernels, kernels
from vtlib.run.provisioner import ForkedKernel, Refused, fork_kernel

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are plain here")
LAUNCH = [sys.executable, "-m", "ipykernel_launcher", "-f", "k.json"]


@pytest.fixture
def pool(nursery: KernelHome, tmp_path: Path) -> Iterator[Kernels]:
    with kernels(nursery, cwd=tmp_path) as pool:
        yield pool


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


def test_siblings_share_nothing(pool: Kernels, tmp_path: Path) -> None:
    one, other = pool.take(more=True), pool.take(more=False)
    try:
        draw = "import random, numpy; (random.random(), numpy.random.rand())"
        (a, b), (c, d) = eval(ask(one, draw)), eval(ask(other, draw))
        assert a != c
        assert b != d
        assert ask(one, "import os; os.getcwd()") == repr(str(tmp_path))
        assert ask(one, "os.getpid() == os.getpgid(0)") == "True"
        parents = {ask(k, "import os; os.getppid()") for k in (one, other)}
        assert len(parents) == 1
        assert parents != {str(os.getpid())}
    finally:
        one.end(at_once=True)
        other.end(at_once=True)


def test_an_interrupt_reaches_the_cell(pool: Kernels) -> None:
    kernel = pool.take(more=False)
    try:
        code = (
            "import os, signal, threading, time\n"
            "threading.Timer(.2, os.killpg, (os.getpgid(0), signal.SIGINT)).start(); time.sleep(30)"
        )
        assert ask(kernel, code) == "KeyboardInterrupt"
        assert ask(kernel, "6 * 7") == "42"
    finally:
        kernel.end(at_once=True)


def test_a_kernel_ends_politely_and_soon(pool: Kernels, tmp_path: Path) -> None:
    kernel = pool.take(more=False)
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
def test_a_dead_kernel_tells_what_it_died_of(pool: Kernels, code: str, ended_with: int) -> None:
    kernel = pool.take(more=False)
    kernel.client.execute(f"import os; {code}")
    end = time.monotonic() + 10
    while kernel.exit_code() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert kernel.exit_code() == ended_with
    kernel.end(at_once=True)


def test_papermill_takes_the_kernel_by_name(
    nursery: KernelHome, write_notebook: Callable[..., Path], tmp_path: Path
) -> None:
    source = write_notebook("outliers", "import os; os.getppid()")
    done = papermill.execute_notebook(
        source, tmp_path / "out.ipynb", kernel_name=nursery.kernel_name, progress_bar=False
    )
    parent = int(done.cells[-1].outputs[0].data["text/plain"])
    assert "vtlib.run.fork_process" in " ".join(psutil.Process(parent).cmdline())
    assert done.metadata.kernelspec.name == "python3"


def test_what_cannot_be_forked_is_refused(nursery: KernelHome, tmp_path: Path) -> None:
    socket = str(nursery.folder / "nursery")
    with pytest.raises(Refused, match="PYTHONHASHSEED"):
        fork_kernel(socket, LAUNCH, env=os.environ | {"PYTHONHASHSEED": "123"})
    with pytest.raises(Refused, match="cannot be forked"):
        fork_kernel(socket, ["R", "--slave"])
    with pytest.raises(Refused, match="pipe"):
        fork_kernel(socket, LAUNCH, stdout=subprocess.PIPE)
    with pytest.raises(OSError, match="No such file"):
        fork_kernel(str(tmp_path / "nobody"), LAUNCH)


def test_without_a_nursery_kernels_are_plain(
    nursery: KernelHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "123")
    with kernels(nursery, cwd=tmp_path) as pool:
        kernel = pool.take(more=False)
        try:
            assert ask(kernel, "import os; os.getppid()") == str(os.getpid())
        finally:
            kernel.end(at_once=True)


def test_a_kernel_dies_with_whoever_asked_for_it(nursery: KernelHome, tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom vtlib.run.provisioner import fork_kernel\n"
        "kernel = fork_kernel(sys.argv[1], ['python', '-m', 'ipykernel_launcher'])\n"
        "print(kernel.pid, flush=True)\ntime.sleep(60)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(nursery.folder / "nursery")],
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
import os, sys, time
from pathlib import Path
from vtlib.run.kernels import kernels
from vtlib.run.fork_server import warm_kernels
with warm_kernels(("ipykernel.kernelapp",)) as home, kernels(home, cwd=Path.cwd()) as pool:
    kernel = pool.take(more=True)
    kernel.client.execute("import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)")
    time.sleep(.3)
    print(home.folder, flush=True)
    time.sleep(60)
"""  # noqa: E501


def test_nothing_outlives_a_killed_owner(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert owner.stdout
    folder = Path(owner.stdout.readline().strip())
    family = [p.pid for p in psutil.Process(owner.pid).children(recursive=True)]
    assert len(family) >= 4  # the nursery, two kernels, what a cell started
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert ends(family, within_s=10)
    assert not folder.exists()


def test_the_real_nursery_may_be_forked_from(tmp_path: Path) -> None:
    """Fails when a library that notebooks use begins to start threads at its import."""
    with warm_kernels() as home, kernels(home, cwd=tmp_path) as pool:
        assert home.kernel_name == WARM_KERNEL
        kernel = pool.take(more=False)
        try:
            loaded = "import sys; {'pandas', 'altair', 'scipy.stats', 'duckdb'} <= set(sys.modules)"
            assert ask(kernel, loaded) == "True"
            assert ask(kernel, "import os; os.getppid()") != str(os.getpid())
            total = (
                "duckdb.sql('select count(*) from range(3000000) where range % 7 = 0').fetchone()"
            )
            assert ask(kernel, f"import duckdb; {total}") == "(428572,)"
        finally:
            kernel.ask_to_end()
            kernel.end()


def test_a_forked_kernel_is_waited_for() -> None:
    ours, theirs = __import__("socket").socketpair()
    kernel = ForkedKernel(ours, os.getpid())
    with pytest.raises(subprocess.TimeoutExpired):
        kernel.wait(0.01)
    theirs.sendall(b"ended -15\n")
    assert kernel.wait(1) == -15
    assert kernel.poll() == -15
    theirs.close()
