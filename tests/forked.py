"""Processes forked from one that has imported what any of the tests' processes need.

A worker of pytest starts that one once: the names that it is given later are passed over.
"""

import multiprocessing
from multiprocessing.context import ForkServerContext

NEEDED = (
    *("tests.peers.killed", "tests.scripts.test_script_store"),
    *("tests.store.test_connection", "tests.store.test_postgres", "tests.run.test_inputs"),
)


def processes() -> ForkServerContext:
    """They hold no database and no lock of this process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(NEEDED))
    return context
