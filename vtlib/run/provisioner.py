"""A kernel provisioner whose kernels are forks of a nursery; plain ones where that is not possible.

Registered as `vt-warm` in the entry points of jupyter_client, so whatever starts kernels through
jupyter_client (papermill, nbclient, nbval, JupyterLab) works with it unchanged.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Unicode

from vtlib.core import log

LAUNCHER = "ipykernel_launcher"
START_TIMEOUT_S = 60.0  # the nursery's imports included


class Refused(Exception):
    """The nursery cannot fork this kernel; a plain one is started instead."""


class ForkedKernel:
    """The part of `subprocess.Popen` that jupyter_client uses, for a process that is not our
    child.
    """

    stdin = stdout = stderr = None

    def __init__(self, line: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._line = line
        self._heard = b""

    def poll(self) -> int | None:
        """The exit code (negative: a signal's number), or None while it runs."""
        return self.returncode if self.returncode is not None else self._listen(0)

    def wait(self, timeout: float | None = None) -> int:
        """Block until the end. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            self._listen(left)
        return self.returncode or 0

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _listen(self, timeout: float | None) -> int | None:
        if not select.select([self._line], [], [], timeout)[0]:
            return None
        try:
            part = self._line.recv(4096)
        except OSError:
            part = b""
        self._heard += part
        if self._heard.endswith(b"\n"):
            self.returncode = int(self._heard.split()[-1])
        elif not part:  # the nursery is gone, and its kernels with it
            self.returncode = -signal.SIGKILL
        if self.returncode is not None:
            self._line.close()
        return self.returncode


class WarmProvisioner(LocalProvisioner):
    """Starts kernels as forks of the nursery named in the kernelspec's metadata."""

    nursery = Unicode("", help="path of the nursery's socket").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel, forked or plain, and return how to connect to it."""
        try:
            forked = await asyncio.to_thread(fork_kernel, self.nursery, cmd, **kwargs)
        except (Refused, OSError) as error:
            log.get(__name__).warning("plain kernel instead of a forked one", reason=str(error))
            return await super().launch_kernel(cmd, **kwargs)
        self.process: Any = forked
        self.pid = self.pgid = forked.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info


def fork_kernel(nursery: str, cmd: list[str], **kwargs: Any) -> ForkedKernel:
    """Ask the nursery at the socket `nursery` for a kernel run with `cmd`, a launcher's command
    line.

    `kwargs` are those of Popen that jupyter_client passes on: cwd, env, stdin, stdout, stderr.
    Raises Refused, saying why, and OSError when there is no nursery.
    """
    if LAUNCHER not in cmd or not hasattr(os, "fork"):
        raise Refused("this platform or this kernel cannot be forked")
    if subprocess.PIPE in (kwargs.get("stdout"), kwargs.get("stderr")):
        raise Refused("its output is to go to a pipe")
    request = {
        "argv": cmd[cmd.index(LAUNCHER) + 1 :],
        "cwd": str(kwargs.get("cwd") or Path.cwd()),
        "env": dict(kwargs.get("env") or os.environ),
    }
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(START_TIMEOUT_S)
    try:
        line.connect(nursery)
        _send(line, json.dumps(request).encode(), kwargs)
        return ForkedKernel(line, _started(line))
    except BaseException:
        line.close()
        raise


def _send(line: socket.socket, body: bytes, streams: dict[str, Any]) -> None:
    with contextlib.ExitStack() as stack:
        null = stack.enter_context(Path(os.devnull).open("r+b"))
        fds = [
            null.fileno(),
            _fileno(streams.get("stdout"), 1, null.fileno()),
            _fileno(streams.get("stderr"), 2, null.fileno()),
        ]
        socket.send_fds(line, [struct.pack("!I", len(body))], fds)
    line.sendall(body)


def _fileno(stream: Any, default: int, null: int) -> int:
    """The descriptor of what Popen calls a stream: None (inherit), DEVNULL, a number, a file."""
    if stream is None:
        try:
            os.fstat(default)
        except OSError:
            return null
        return default
    if isinstance(stream, int):
        return null if stream == subprocess.DEVNULL else stream
    return int(stream.fileno())


def _started(line: socket.socket) -> int:
    heard = b""
    while not heard.endswith(b"\n"):
        # One byte at a time, so that what follows the first line stays for ForkedKernel.
        part = line.recv(1)
        if not part:
            raise Refused("the nursery has gone")
        heard += part
    word, _, rest = heard.decode().strip().partition(" ")
    if word != "started":
        raise Refused(rest if word == "refused" else "the fork ended at once")
    return int(rest)
