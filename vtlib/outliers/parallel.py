"""Slices of long arrays, worked on by as many threads as there are cores.

numpy and scipy.special let go of the interpreter lock in sorts, searches and special functions,
and work in slices keeps temporary arrays small whatever the number of posts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

MAX_THREADS = 4
SLICE_ROWS = 16_384  # 51 float64 columns of that many rows are 6.7 MB: near the cache


def in_slices(work: Callable[[slice], None], n: int, *, rows: int = SLICE_ROWS) -> None:
    """Call `work` once for each slice of `range(n)`; it writes its own part of the results.

    The result does not depend on the number of threads. Errors of `work` are raised here.
    """
    slices = [slice(a, min(a + rows, n)) for a in range(0, n, rows)]
    threads = min(MAX_THREADS, os.cpu_count() or 1, len(slices))
    if threads <= 1:
        for part in slices:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, slices))
