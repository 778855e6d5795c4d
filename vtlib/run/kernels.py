"""Kernels for notebooks, forked from a process that has imported what the notebooks import.

Importing pandas, scipy and altair takes seconds, forking a process that has done so milliseconds.

    owner (vt run) --starts--> fork server --forks--> supervisor --forks--> kernel

The fork server runs no thread and holds no database, so a fork is a clean copy. Whoever wants a
kernel (`Kernels`, or any program that starts kernels through jupyter_client) sends a request to its
unix socket; the kernel's supervisor replies `started` with its process id, later `ended` with its
exit code, or `refused` with a reason. It kills the kernel and what that started when the owner or
the requester is gone; a kernel ends when its supervisor is gone. Where anything of this fails, and
on platforms without fork, the kernel is a plain one.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import gc
import importlib.metadata
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection
from pathlib import Path
from queue import Empty
from typing import Any

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.utils import run_sync
from traitlets import Unicode

from vtlib.core import log
from vtlib.core.quick_start import GRAMMAR, leave_out_grammar

FORK, PLAIN = "vt-fork", "python3"  # names of kernelspecs; the first also of the provisioner
LAUNCHER = "ipykernel_launcher"
START_TIMEOUT_S = 90.0  # the fork server's imports included
END_TIMEOUT_S = 4.0
REPLY_TIMEOUT_S = 0.05
# Projects that run at the same time would contend for the history file in the home folder.
IN_MEMORY_HISTORY = "--HistoryManager.hist_file=:memory:"
# What a kernel imports while it starts (ipykernel 7.4), and to show its first frame and chart.
KERNEL_MODULES = (
    *("ipykernel.kernelapp", "IPython.core.completerlib", "IPython.extensions.storemagic"),
    *("ipykernel.debugger", "pandas.io.formats.style", "pyarrow.pandas_compat"),
    *("narwhals._pandas_like.namespace", "narwhals.stable.v1._namespace"),
    *("scipy.stats", "psutil"),
)
# Python reads these when it starts: a kernel with other values cannot be a fork.
START_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONWARNINGS", "LANG", "LC_ALL")
# With these settings libraries start no threads at import; a fork computes linear algebra in one.
SINGLE_THREADED = {"JE_ARROW_MALLOC_CONF": "background_thread:false"} | dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


class Kernels:
    """Kernels one after the other, the next starting while one works; sockets in `folder`."""

    def __init__(self, kernel_name: str, folder: Path, transport: str) -> None:
        self.kernel_name, self.folder, self.transport = kernel_name, folder, transport
        self._spare: Kernel | None = None

    def take(self, cwd: Path, *, more: bool) -> Kernel:
        """A kernel in the folder `cwd` that answers; with `more`, the next one begins to start."""
        kernel, self._spare = self._spare or self._start(cwd), None
        try:
            kernel.ready()
        except BaseException:
            kernel.end(at_once=True)
            raise
        self._spare = self._start(cwd) if more else None
        return kernel

    def close(self) -> None:
        """End the spare kernel."""
        if self._spare is not None:
            self._spare.end(at_once=True)
            self._spare = None

    def _start(self, cwd: Path) -> Kernel:
        manager = AsyncKernelManager(
            kernel_name=self.kernel_name,
            transport=self.transport,
            connection_file=str(self.folder / f"{os.urandom(4).hex()}.json"),
        )
        run_sync(manager.start_kernel)(cwd=str(cwd), extra_arguments=[IN_MEMORY_HISTORY])
        return Kernel(manager, manager.client())


@contextlib.contextmanager
def fork_server(modules: Iterable[str]) -> Iterator[Kernels]:
    """Run a fork server that imports `modules`; where it cannot run, log it and give plain kernels.

    Its kernels are found by name through JUPYTER_PATH, by this process and by those it starts.
    Entering takes no time: the server imports meanwhile, and the first kernel waits for it.
    """
    with contextlib.ExitStack() as stack:
        # Paths of sockets are limited to 103 bytes on macOS, and what is added here takes 40.
        is_long = hasattr(os, "fork") and len(os.fsencode(tempfile.gettempdir())) > 60
        root = "/tmp" if is_long else None  # noqa: S108 - the folder in it is private
        home = tempfile.TemporaryDirectory(prefix="vt-", dir=root, ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(home))
        name, transport = FORK, "ipc"
        try:
            server = stack.enter_context(_start_server(folder, modules))
        except OSError as error:
            log.get(__name__).warning("plain kernels instead of forked ones", reason=str(error))
            name, transport = PLAIN, "tcp"
        else:
            stack.callback(server.kill)  # then its stdin closes, and supervisors end their kernels
            path = os.environ.get("JUPYTER_PATH", "")
            stack.callback(os.environ.__setitem__, "JUPYTER_PATH", path)
            os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(folder), path)))
        yield stack.enter_context(contextlib.closing(Kernels(name, folder, transport)))


def _start_server(folder: Path, modules: Iterable[str]) -> subprocess.Popen[bytes]:
    """Start a fork server that listens in `folder`, and write the kernelspec of its kernels."""
    group = "jupyter_client.kernel_provisioners"
    is_installed = importlib.metadata.entry_points(group=group, name=FORK)
    if not hasattr(os, "fork") or not is_installed:
        raise OSError("this platform cannot fork, or vtlib is to be installed: pip install -e .")
    path, address = folder / "kernels" / FORK / "kernel.json", str(folder / "fork-server")
    spec = get_kernel_dict()
    config = {"provisioner_name": FORK, "config": {"address": address}}
    spec["metadata"]["kernel_provisioner"] = config
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(spec), encoding="utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(address)
        listener.listen(16)
        arguments = f"{listener.fileno()}, {str(folder)!r}, {list(modules)!r}"
        code = f"from vtlib.run import kernels; kernels.serve({arguments})"
        return subprocess.Popen(  # noqa: S603 - this interpreter, our own code
            [sys.executable, "-P", "-Xfrozen_modules=off", "-c", code],  # -P: none of cwd's modules
            stdin=subprocess.PIPE,  # its end tells the server that this process is gone
            pass_fds=[listener.fileno()],
            env=os.environ | SINGLE_THREADED,
            start_new_session=True,  # Ctrl-C at the terminal is for this process to handle
        )


@dataclass(frozen=True, slots=True)
class Kernel:
    """A started kernel; `client` is connected once `ready` was called."""

    manager: AsyncKernelManager
    client: AsyncKernelClient

    def ready(self) -> None:
        """Wait until it answers on both channels. Raises RuntimeError when it does not."""
        # The client's own `wait_for_ready` would listen 0.2 s more for what may still come.
        self.client.start_channels(hb=False)
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end and self.exit_code() is None:
            self.client.kernel_info()
            with contextlib.suppress(Empty):
                while True:
                    message = run_sync(self.client.get_iopub_msg)(timeout=REPLY_TIMEOUT_S)
                    is_ours = message["parent_header"].get("msg_type") == "kernel_info_request"
                    if is_ours and message["content"].get("execution_state") == "idle":
                        return
        raise RuntimeError(f"the kernel does not answer; exit code: {self.exit_code()}")

    def evaluate(self, expression: str) -> Any:
        """The value of a Python expression in it, a literal; None where it gives none."""
        sent = self.client.execute(
            "", silent=True, store_history=False, user_expressions={"value": expression}
        )
        with contextlib.suppress(Empty, RuntimeError, ValueError, SyntaxError):
            while True:
                reply = run_sync(self.client.get_shell_msg)(timeout=END_TIMEOUT_S)
                if reply["parent_header"].get("msg_id") == sent:
                    value = reply["content"]["user_expressions"]["value"]
                    return ast.literal_eval(value.get("data", {}).get("text/plain", "None"))
        return None

    def ask_to_end(self) -> None:
        """Ask it to end, without waiting and without an interrupt, which could get in between."""
        run_sync(self.manager.request_shutdown)()

    def end(self, *, at_once: bool = False) -> None:
        """Wait for its end after `ask_to_end`, or kill it `at_once`; release its resources."""
        try:
            if at_once:
                run_sync(self.manager.shutdown_kernel)(now=True)
            else:
                run_sync(self.manager.finish_shutdown)(waittime=END_TIMEOUT_S, pollinterval=0.01)
        finally:
            self.client.stop_channels()
            run_sync(self.manager.cleanup_resources)()

    def exit_code(self) -> int | None:
        """What the dead kernel's process ended with (negative: a signal), None while it runs."""
        process = self.manager.provisioner
        return run_sync(process.poll)() if process is not None else None


class ForkProvisioner(LocalProvisioner):
    """Starts kernels as forks, for whatever starts kernels through jupyter_client."""

    address = Unicode("", help="path of the fork server's socket").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel, forked or plain, and return how to connect to it."""
        try:
            self.process: Any = await asyncio.to_thread(ForkedProcess, self.address, cmd, **kwargs)
        except (OSError, EOFError) as error:  # EOFError: the server or the kernel ended meanwhile
            log.get(__name__).warning("plain kernel instead of a forked one", reason=repr(error))
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info


class ForkedProcess:
    """A kernel of the fork server at `address`, with the part of Popen that jupyter_client uses.

    `cmd` is ipykernel's command line. Raises OSError or EOFError where it cannot be forked.
    """

    stdin = stdout = stderr = None

    def __init__(self, address: str, cmd: list[str], **kwargs: Any) -> None:
        is_piped = any(kwargs.get(name) is not None for name in ("stdin", "stdout", "stderr"))
        if LAUNCHER not in cmd or is_piped:
            raise OSError("no IPython kernel, or its output is to go to a file or a pipe")
        self.returncode: int | None = None
        self._connection = Client(address)
        cwd, env = str(kwargs.get("cwd") or Path.cwd()), dict(kwargs.get("env") or os.environ)
        self._connection.send((cmd[cmd.index(LAUNCHER) + 1 :], cwd, env))
        if not self._connection.poll(START_TIMEOUT_S):
            raise TimeoutError(f"no reply within {START_TIMEOUT_S:g} s")
        word, self.pid = self._connection.recv()
        if word != "started":
            raise OSError(f"{word}: {self.pid}")

    def poll(self, timeout: float | None = 0) -> int | None:
        """The exit code (negative: a signal's number), or None while it runs."""
        if self.returncode is None and self._connection.poll(timeout):
            try:
                self.returncode = self._connection.recv()[1]
            except (EOFError, OSError):  # the supervisor was killed, and the kernel ends with it
                self.returncode = -signal.SIGKILL
            self._connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Block until the end. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        code = self.poll(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(LAUNCHER, timeout or 0)
        return code

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)


def serve(listener_fd: int, folder: str, modules: list[str]) -> None:
    """Import `modules`, fork a supervisor a request; remove `folder` when the owner is gone."""
    imported_at = time.time()
    gc.disable()
    leave_out_grammar()
    for name in (*modules, *KERNEL_MODULES):
        if name in modules or name.split(".")[0] in sys.modules:  # no pandas for who has none
            with contextlib.suppress(Exception):  # the notebook will say so
                importlib.import_module(name)
    del sys.modules[GRAMMAR]  # a notebook that wants it gets it
    if duckdb := sys.modules.get("duckdb"):
        # `import duckdb` opens an in-memory database with a thread pool (seen in 1.5.6).
        duckdb.default_connection().close()
    gc.freeze()  # the collector leaves alone what was imported, so kernels share its memory
    gc.enable()
    tasks = Path("/proc/self/task")  # Linux: threads of C libraries too
    threads = len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors leave no zombies
    listener = socket.socket(fileno=listener_fd)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        requester = Connection(listener.accept()[0].detach())
        if os.fork() == 0:
            listener.close()
            _supervise(requester, imported_at=imported_at, threads=threads)
            return
        requester.close()
    shutil.rmtree(folder, ignore_errors=True)


def _why_unfit(env: Mapping[str, str], *, imported_at: float, threads: int) -> str:
    """Why no kernel with the environment `env` may be forked from this process, or ''."""
    if threads > 1:
        return f"the fork server runs {threads} threads"
    for name in START_VARIABLES:
        if env.get(name) != os.environ.get(name):
            return f"{name} differs from the fork server's"
    for name, module in sys.modules.items():
        file = getattr(module, "__file__", None) if name.startswith("vtlib.") else None
        if file and Path(file).stat().st_mtime > imported_at:
            return f"{name} was edited after it was imported"
    return ""


def _supervise(requester: Connection, *, imported_at: float, threads: int) -> None:
    """Fork a kernel and report its start and its end; returns in the kernel alone, at its end."""
    arguments, cwd, env = requester.recv()
    if reason := _why_unfit(env, imported_at=imported_at, threads=threads):
        requester.send(("refused", reason))
        os._exit(0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.chdir(cwd)
        return _become_kernel(requester, arguments, env)
    os.setpgid(pid, pid)

    def kill_when_abandoned() -> None:
        select.select([requester, sys.stdin], [], [])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)

    threading.Thread(target=kill_when_abandoned, daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(OSError):  # the requester is gone
        requester.send(("ended", code))
    os._exit(0)


def _become_kernel(requester: Connection, arguments: list[str], env: dict[str, str]) -> None:
    """Run an IPython kernel in this process, as `python -m ipykernel_launcher` would."""
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 - preloaded; not for the requester

    from vtlib.store.locks import linger  # noqa: PLC0415

    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if numpy := sys.modules.get("numpy"):
        numpy.linalg.svd(numpy.eye(64))  # breaks first where a platform's library dislikes forking
        numpy.random.seed()  # siblings must not share it; `random` is seeded by Python itself
    if duckdb := sys.modules.get("duckdb"):
        duckdb.set_default_connection(duckdb.connect())
    linger()
    requester.send(("started", os.getpid()))
    requester.close()
    app = IPKernelApp.instance(parent_handle=os.getppid())
    app.initialize(arguments)
    app.start()
