"""Kernels for notebooks run one after the other; the next one starts while one works."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_core.utils import run_sync

from vtlib.run.fork_server import KernelHome

START_TIMEOUT_S = 90.0
END_WAIT_S = 4.0
# No history file: several projects at once would contend for the one in the home folder.
ARGUMENTS = ("--HistoryManager.hist_file=:memory:",)
ANSWER_WAIT_S = 0.05


class PromptClient(AsyncKernelClient):
    """A client that takes a kernel for ready once it has heard it on both channels.

    The stock client waits 0.2 s more for whatever may still come.
    """

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - theirs
        end = time.monotonic() + (timeout or START_TIMEOUT_S)
        asked: set[str] = set()
        while time.monotonic() < end:
            asked.add(self.kernel_info())
            if await self._idle_after(asked):
                return
            if not await self._async_is_alive():
                raise RuntimeError("the kernel died while it started")
        raise RuntimeError(f"the kernel did not start within {timeout:g} s")

    wait_for_ready = _async_wait_for_ready

    async def _idle_after(self, asked: set[str]) -> bool:
        """Whether the kernel answers one of `asked` soon, with its state on the other channel."""
        with contextlib.suppress(Empty):
            while True:
                message: dict[str, Any] = await self.get_iopub_msg(timeout=ANSWER_WAIT_S)
                is_idle = message["content"].get("execution_state") == "idle"
                if is_idle and message["parent_header"].get("msg_id") in asked:
                    return True
        return False


@dataclass(frozen=True, slots=True)
class Kernel:
    """A started kernel; `client` is connected once `ready` was called."""

    manager: AsyncKernelManager
    client: PromptClient

    def ready(self) -> None:
        """Wait until it answers. Raises RuntimeError when it does not."""
        self.client.start_channels(hb=False)
        run_sync(self.client.wait_for_ready)(timeout=START_TIMEOUT_S)

    def ask_to_end(self) -> None:
        """Ask it to end, without waiting and without an interrupt, which could get in between."""
        run_sync(self.manager.request_shutdown)()

    def end(self, *, at_once: bool = False) -> None:
        """See that it ends, after `ask_to_end` or `at_once`, and release what it used."""
        try:
            if at_once:
                run_sync(self.manager.shutdown_kernel)(now=True)
            else:
                run_sync(self.manager.finish_shutdown)(waittime=END_WAIT_S, pollinterval=0.01)
        finally:
            self.client.stop_channels()
            run_sync(self.manager.cleanup_resources)()

    def exit_code(self) -> int | None:
        """What the dead kernel's process ended with (negative: a signal), None while it runs."""
        provisioner = self.manager.provisioner
        return run_sync(provisioner.poll)() if provisioner is not None else None


class Kernels:
    """Gives kernels of one kind; `cwd` is their working folder."""

    def __init__(self, home: KernelHome, *, cwd: Path) -> None:
        self._home, self._cwd = home, cwd
        self._numbers = itertools.count(1)
        self._spare: Kernel | None = None

    def take(self, *, more: bool) -> Kernel:
        """A kernel that answers; with `more`, another begins to start for the next call."""
        kernel, self._spare = self._spare or self._start(), None
        try:
            kernel.ready()
        except BaseException:
            kernel.end(at_once=True)
            raise
        if more:
            self._spare = self._start()
        return kernel

    def close(self) -> None:
        """End the kernel that nobody took."""
        if self._spare is not None:
            self._spare.end(at_once=True)

    def _start(self) -> Kernel:
        manager = AsyncKernelManager(
            kernel_name=self._home.kernel_name,
            transport=self._home.transport,
            connection_file=str(self._home.folder / f"k{next(self._numbers)}.json"),
            client_factory=PromptClient,
        )
        run_sync(manager.start_kernel)(cwd=str(self._cwd), extra_arguments=list(ARGUMENTS))
        return Kernel(manager, manager.client())


@contextlib.contextmanager
def kernels(home: KernelHome, *, cwd: Path) -> Iterator[Kernels]:
    """Kernels for as long as the context lasts."""
    pool = Kernels(home, cwd=cwd)
    try:
        yield pool
    finally:
        pool.close()
