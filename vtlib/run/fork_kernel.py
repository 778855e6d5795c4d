"""What happens in a fork: it becomes an IPython kernel with nothing shared by accident."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import sys
import time
from dataclasses import dataclass

PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True, slots=True)
class Job:
    """What a kernel is started with: IPKernelApp's arguments, its folder, and its environment."""

    argv: list[str]
    cwd: str
    env: dict[str, str]


def become_kernel(job: Job, *, nursery: int) -> None:
    """Run an IPython kernel in this process, as `python -m ipykernel_launcher` would.

    `nursery` is the process id of the parent; the kernel ends when that is gone.
    """
    os.environ.clear()
    os.environ.update(job.env)
    time.tzset()
    os.chdir(job.cwd)
    sys.argv = ["ipykernel_launcher", *job.argv]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    own_state()
    # Warm already; not for the caller.
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415

    from vtlib.store.lease import linger  # noqa: PLC0415

    linger()

    app = IPKernelApp.instance()
    app.parent_handle = nursery
    app.initialize(job.argv)
    app.start()


def own_state() -> None:
    """Give a fork what its siblings must not share: random state and DuckDB's default database.

    `random` is seeded by Python itself after a fork; numpy's global generator is not.
    """
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    duckdb = sys.modules.get("duckdb")
    if duckdb is not None:
        duckdb.set_default_connection(duckdb.connect())


def die_with(parent: int) -> None:
    """End this process when `parent` ends: at once on Linux, elsewhere by ipykernel's poller (1
    s).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
