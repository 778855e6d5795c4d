"""One fork server for all runs of a test process: its imports take three seconds."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from vtlib.run.kernels import Kernels, fork_server
from vtlib.run.plan import imported_by


@contextlib.contextmanager
def shared_server(
    notebooks: Path,
) -> Iterator[Callable[[Iterable[str]], AbstractContextManager[Kernels]]]:
    """What stands for `fork_server` meanwhile: started by its first user, with what the seven
    notebooks import.
    """
    kernels: list[Kernels] = []
    with contextlib.ExitStack() as stack:

        def enter(_: Iterable[str]) -> AbstractContextManager[Kernels]:
            if not kernels:
                paths = sorted(notebooks.glob("0*.ipynb"))
                modules = dict.fromkeys(name for path in paths for name in imported_by(path))
                kernels.append(stack.enter_context(fork_server(modules)))
            return contextlib.closing(kernels[0])  # which ends its spare kernel alone

        yield enter
