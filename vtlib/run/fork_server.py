"""Starting and ending a nursery, and the kernelspec by which Jupyter finds it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ipykernel.kernelspec import get_kernel_dict

from vtlib.core import log
from vtlib.run.preload import SINGLE_THREADED

WARM_KERNEL = "vt-warm"
PLAIN_KERNEL = "python3"
SOCKET = "nursery"
LONGEST_SOCKET_PATH = 90  # bytes; macOS allows 103
END_WAIT_S = (
    0.5  # a serving nursery ends within milliseconds; one that still imports does not listen
)
# The current folder must not be on the nursery's path: it would come before the libraries.
STARTER = (
    "import sys; sys.path[:] = [p for p in sys.path if p]; "
    "from vtlib.run.fork_process import main; main(int(sys.argv[1]), *sys.argv[2:])"
)


@dataclass(frozen=True, slots=True)
class KernelHome:
    """Where kernels come from: their kernelspec's name, and a private folder for their sockets."""

    kernel_name: str
    folder: Path
    transport: str


@contextlib.contextmanager
def warm_kernels(modules: Sequence[str] = ()) -> Iterator[KernelHome]:
    """Kernels that start warm for as long as the context lasts.

    Their name is `vt-warm`, found through JUPYTER_PATH by this process and by those it starts, or
    `python3` (and a line in the log) where forking is not available. Entering takes no time: the
    nursery imports meanwhile, and the first kernel waits for it. However this process ends, the
    nursery and its kernels end too. `modules` are what it imports (default: what notebooks use).
    """
    with contextlib.ExitStack() as stack:
        folder = _short_folder()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            stack.callback(_end, _start(folder, modules))
        except (OSError, AttributeError) as error:  # AttributeError: no fork, no unix sockets
            log.get(__name__).warning("plain kernels instead of forked ones", reason=str(error))
            yield KernelHome(PLAIN_KERNEL, folder, "tcp")
            return
        write_kernelspec(folder / "kernels" / WARM_KERNEL, nursery=folder / SOCKET)
        with _jupyter_path(folder):
            yield KernelHome(WARM_KERNEL, folder, "ipc")


def write_kernelspec(folder: Path, *, nursery: Path) -> None:
    """Write a kernelspec like ipykernel's own whose kernels come from the socket `nursery`."""
    spec = get_kernel_dict()
    spec["display_name"] = "Python 3 (warm)"
    spec["metadata"]["kernel_provisioner"] = {
        "provisioner_name": "vt-warm",
        "config": {"nursery": str(nursery)},
    }
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec, indent=1), encoding="utf-8")


def _start(folder: Path, modules: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a nursery that listens in `folder`, which only this user may enter."""
    os.fork  # noqa: B018 - Windows has none: AttributeError
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(folder / SOCKET))
        listener.listen(16)
        return subprocess.Popen(  # noqa: S603 - this interpreter, our own module
            [
                *(sys.executable, "-Xfrozen_modules=off", "-c", STARTER),
                *(str(listener.fileno()), str(folder), ",".join(modules)),
            ],
            stdin=subprocess.PIPE,  # its end tells the nursery that this process is gone
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            env=os.environ | SINGLE_THREADED,
            cwd="/",
            start_new_session=True,  # Ctrl-C at the terminal is for this process to handle
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(END_WAIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _short_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="vt-"))
    if len(os.fsencode(folder / SOCKET)) > LONGEST_SOCKET_PATH:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="vt-", dir="/tmp"))
    return folder


@contextlib.contextmanager
def _jupyter_path(folder: Path) -> Iterator[None]:
    before = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(folder), before)))
    try:
        yield
    finally:
        if before is None:
            del os.environ["JUPYTER_PATH"]
        else:
            os.environ["JUPYTER_PATH"] = before
