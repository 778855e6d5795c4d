"""Matrix products on one thread, and on as many as before afterwards."""

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from vtlib.core.threads import on_one_thread


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@on_one_thread
def product(size: int) -> tuple[float, set[int]]:
    """The trace of a product, and the threads it may take."""
    return float(np.trace(np.eye(size) @ np.eye(size))), threads()


def test_products_take_one_thread_while_the_function_runs() -> None:
    with threadpool_limits(limits=2, user_api="blas"):
        assert product(3) == (3.0, {1})
        assert threads() == {2}
