"""The nursery: a process that has imported the heavy modules and forks a Jupyter kernel on request.

It runs no thread and holds no database, so a fork is a clean copy. It listens on a private unix
socket and dies with its owner (its stdin is a pipe from there); its kernels die with it, and each
kernel dies when whoever asked for it goes away. Linux and macOS only.

Wire: the caller sends 4 bytes of length with three file descriptors (stdin, stdout, stderr), then
JSON {argv, cwd, env}; it hears lines: `started <pid>` or `refused <why>`, later `ended <code>`.
All kernels of one nursery share its string-hash seed, as they would with one PYTHONHASHSEED.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import shutil
import signal
import socket
import struct
import sys
import time
from typing import Any

from vtlib.run.fork_kernel import Job, become_kernel, die_with
from vtlib.run.preload import MODULES, OUR_MODULES, edited_since, warm_up, why_unfit

# Read once, when an interpreter starts: a kernel asked for with other values cannot be a fork.
AT_START = ("PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONWARNINGS", "LANG", "LC_ALL")
REQUEST_TIMEOUT_S = 10.0


class Nursery:
    """Forks kernels on request until its owner goes away."""

    def __init__(self, listener: socket.socket, *, since: float, unfit: str = "") -> None:
        """`since`: when the imports began (Unix seconds); `unfit`: why every request is refused."""
        self.listener, self.since, self.unfit = listener, since, unfit
        self.pid = os.getpid()
        self.environ = dict(os.environ)
        self.kernels: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.wake_in, self.wake_out = os.pipe()
        os.set_blocking(self.wake_in, False)
        os.set_blocking(self.wake_out, False)

    def serve(self) -> Job | None:
        """Answer requests; returns the Job in each fork, and None at the nursery's end."""
        signal.signal(signal.SIGCHLD, lambda *_: None)  # without a handler nothing is woken
        signal.set_wakeup_fd(self.wake_out, warn_on_full_buffer=False)
        for source in (self.listener, sys.stdin, self.wake_in):
            self.selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is sys.stdin:
                    for pid in self.kernels:
                        kill_group(pid)
                    return None
                if key.fileobj is self.listener:
                    if job := self._answer(self.listener.accept()[0]):
                        return job
                elif key.fileobj == self.wake_in:
                    self._reap()
                else:
                    self._heard_from(key.data)

    def _answer(self, caller: socket.socket) -> Job | None:
        fds: list[int] = []
        try:
            job = receive(caller, fds)
            why = self.unfit or self._why_not(job)
            if not why:
                return self._fork(job, caller, fds)
        except (OSError, ValueError, KeyError) as error:
            why = f"{type(error).__name__}: {error}"
        finally:
            for fd in fds:
                with contextlib.suppress(OSError):
                    os.close(fd)
        tell(caller, f"refused {why}")
        caller.close()
        return None

    def _why_not(self, job: Job) -> str:
        differing = [k for k in AT_START if job.env.get(k) != self.environ.get(k)]
        if differing:
            return f"{differing[0]} differs from the nursery's"
        edited = edited_since(self.since)
        return f"{edited} was edited after it was imported" if edited else ""

    def _fork(self, job: Job, caller: socket.socket, fds: list[int]) -> Job | None:
        pid = os.fork()
        if pid == 0:
            self._leave(caller, fds)
            return job
        self.kernels[pid] = caller
        self.selector.register(caller, selectors.EVENT_READ, pid)
        return None

    def _leave(self, caller: socket.socket, fds: list[int]) -> None:
        """In the fork: an own session, own standard streams, nothing of the nursery's held."""
        os.setsid()
        die_with(self.pid)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, fd in enumerate(fds):
            os.dup2(fd, number)
        tell(caller, f"started {os.getpid()}")
        self.selector.close()
        for held in (caller, self.listener, *self.kernels.values()):
            held.close()
        os.close(self.wake_in)
        os.close(self.wake_out)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake_in, 4096)
        while self.kernels:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            caller = self.kernels.pop(pid)
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(caller)
            tell(caller, f"ended {os.waitstatus_to_exitcode(status)}")
            caller.close()

    def _heard_from(self, pid: int) -> None:
        """A caller has nothing more to say: what comes is the end of its stream."""
        caller = self.kernels.get(pid)
        if caller is None:
            return
        try:
            gone = not caller.recv(4096)
        except OSError:
            gone = True
        if gone:
            self.selector.unregister(caller)
            kill_group(pid)


def main(listener_fd: int, folder: str, modules: str = "") -> None:
    """Import, serve, remove `folder` at the end; in a fork, become a kernel and end with it.

    `modules` are names with commas between; '' is what notebooks use.
    """
    since = time.time()
    gc.disable()
    warm_up(modules.split(",") if modules else (*MODULES, *OUR_MODULES))
    gc.collect()
    gc.freeze()  # a fork's collections leave what was imported alone, so its pages stay shared
    listener = socket.socket(fileno=listener_fd)
    job = Nursery(listener, since=since, unfit=why_unfit()).serve()
    gc.enable()
    if job is None:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        become_kernel(job, nursery=os.getppid())


def receive(caller: socket.socket, fds: list[int]) -> Job:
    """Read one request; the descriptors that came with it are put into `fds`, to be closed.

    Raises ValueError or KeyError for what is no request, OSError when it takes too long.
    """
    caller.settimeout(REQUEST_TIMEOUT_S)
    head, got, _, _ = socket.recv_fds(caller, 4, 3)
    fds.extend(got)
    if len(head) != 4 or len(fds) != 3:
        raise ValueError("not a request")
    size = struct.unpack("!I", head)[0]
    body = bytearray()
    while len(body) < size:
        part = caller.recv(min(65536, size - len(body)))
        if not part:
            raise ValueError("the request ended early")
        body += part
    asked: dict[str, Any] = json.loads(body)
    return Job(asked["argv"], asked["cwd"], asked["env"])


def tell(caller: socket.socket, line: str) -> None:
    """Send one line; a caller that is gone is no error."""
    with contextlib.suppress(OSError):
        caller.sendall(line.encode() + b"\n")


def kill_group(pid: int) -> None:
    """Kill a kernel and what it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
