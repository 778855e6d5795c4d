"""Processes forked from one that has imported what any of the tests' processes need.

A worker of pytest starts that one once: the names that it is given later are passed over.
"""

import multiprocessing
from multiprocessing.context import ForkServerContext

from vtlib.store.project import store_at

NEEDED = (
    *("tests.peers.killed", "tests.scripts.test_script_store"),
    *("tests.store.test_connection", "tests.store.test_postgres"),
)


def processes() -> ForkServerContext:
    """They hold no database and no lock of this process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(NEEDED))
    return context


def write_once(url: str, room: str, sql: str) -> None:
    """What such a process may do: one statement, as a writer of a room."""
    with store_at(url).write(room) as connection:
        connection.execute(sql)
