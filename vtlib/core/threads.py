"""Matrix products on one thread: ours are small, and the threads of OpenBLAS wait in a loop for one
another, which on a busy machine takes seven times the processor (bench/library.py, forecaster).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")


def on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, with the matrix products of numpy on one thread while it runs."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _pools().limit(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited


@lru_cache(maxsize=1)
def _pools() -> ThreadpoolController:
    return ThreadpoolController()
