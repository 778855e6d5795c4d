"""`vt` as a process that can be killed, or kills itself at one write.

Imports are done once, in the server that the processes are forked from. Captures are kept and
mapped in chunks of CHUNK_ITEMS, so that a few items make several.
"""

import os
import signal
from collections.abc import Callable
from functools import partial
from itertools import count
from multiprocessing.process import BaseProcess
from typing import Any

from tests.forked import processes
from vtlib.analysis import stage as analysis  # noqa: F401 - imported before the fork
from vtlib.capture import collector, job_store
from vtlib.capture import stage as scraping  # noqa: F401
from vtlib.capture import store as captures
from vtlib.cli import main
from vtlib.llm import answers as analyses
from vtlib.llm import gemini  # noqa: F401
from vtlib.media import probe  # noqa: F401
from vtlib.media import stage as downloads  # noqa: F401
from vtlib.media import store as media
from vtlib.outliers import store as judgements
from vtlib.store import runs
from vtlib.store.connection import Store

CHUNK_ITEMS = 2


def is_any(*_: Any) -> bool:
    return True


def is_mapped(_: Store, frames: dict[str, Any]) -> bool:
    return "posts" in frames


WRITERS: dict[str, tuple[Any, str, Callable[..., bool]]] = {
    "order_written": (job_store, "write", is_any),
    "order_updated": (job_store, "update", is_any),
    "items_kept": (captures, "ingest", lambda *a: not is_mapped(*a)),
    "charge_booked": (runs, "book_charge", is_any),
    "chunk_mapped": (captures, "ingest", is_mapped),
    "capture_finished": (captures, "finish", is_any),
    "order_closed": (job_store, "close", is_any),
    "file_noted": (media, "save_media", is_any),
    "measure_saved": (media, "save_measures", is_any),
    "call_journalled": (analyses, "save_call", is_any),
    "answer_saved": (analyses, "save_analysis", is_any),
    "answer_checked": (analyses, "save_check", is_any),
    "judgement_saved": (judgements, "save_run", is_any),
    "stage_saved": (runs, "save_stage", is_any),
    "run_closed": (runs, "finish_run", is_any),
}


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(writer: str, n: int) -> None:
    """Kill this process at the `n`th write of a kind: after it, or before it begins."""
    name, _, moment = writer.partition(":")
    module, function, applies = WRITERS[name]
    write, numbers = getattr(module, function), count(1)

    def counted(*args: Any, **options: Any) -> Any:
        is_due = applies(*args) and next(numbers) == n
        if is_due and moment:
            kill_self()
        written = write(*args, **options)
        if is_due:
            kill_self()
        return written

    setattr(module, function, counted)


def vt(environment: dict[str, str], writer: str, n: int, words: tuple[str, ...]) -> None:
    """Run `vt words…` in this process, quietly; `writer`: a key of WRITERS, or one with
    ":before", or "" for none.
    """
    os.environ.clear()
    os.environ.update(environment)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    collector.CHUNK_ITEMS = collector.HELD_ITEMS_MAX = CHUNK_ITEMS
    captures.raw_items = partial(captures.raw_items, chunk=CHUNK_ITEMS)
    if writer:
        arm(writer, n)
    main(list(words))


def process_of(
    environment: dict[str, str], words: tuple[str, ...], writer: str = "", n: int = 0
) -> BaseProcess:
    """A process that runs `vt words…`, not started yet."""
    return processes().Process(target=vt, args=(environment, writer, n, words))
