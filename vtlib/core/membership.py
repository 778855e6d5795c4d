"""Which values of a column are among those of another, and numbers for the different ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def numbered(code: Ints) -> Ints:
    """(n,) codes from 0 on without gaps, in the order of `code`: the inverse of `np.unique`, by
    counting instead of sorting where codes are 0 to some times their number.
    """
    if not _is_small(code):
        return np.asarray(np.unique(code, return_inverse=True)[1])
    return np.asarray((np.cumsum(np.bincount(code) > 0) - 1)[code])


def n_distinct(code: Ints) -> int:
    """How many different codes there are."""
    return int(np.count_nonzero(np.bincount(code))) if _is_small(code) else len(np.unique(code))


def _is_small(code: Ints) -> bool:
    return len(code) > 0 and bool(code.min() >= 0 and code.max() <= 1_000 + 10 * len(code))


def is_in(column: pd.Series, values: pd.Series | pd.Index) -> pd.Series:
    """`column.isin(values)`, for texts of many rows by Arrow's hash table: pandas' own takes each
    Arrow text of `values` through Python (pandas 3.0).
    """
    if column.empty or values.empty:
        return pd.Series(False, column.index, name=column.name)
    if not (isinstance(column.dtype, pd.StringDtype) and isinstance(values.dtype, pd.StringDtype)):
        return column.isin(values)
    import pyarrow as pa  # noqa: PLC0415 - only where there are texts
    import pyarrow.compute as pc  # noqa: PLC0415

    among = pc.is_in(pa.array(column), value_set=pa.array(values))
    return pd.Series(among.to_numpy(zero_copy_only=False), column.index, name=column.name)


def places(column: pd.Series, values: pd.Series) -> Ints:
    """(n,) where each value of `column` stands in `values`, which are all different; -1: nowhere.
    Of texts by Arrow's hash table, as `is_in`.
    """
    if not (isinstance(column.dtype, pd.StringDtype) and isinstance(values.dtype, pd.StringDtype)):
        return np.asarray(pd.Index(values).get_indexer(pd.Index(column)), np.int64)
    import pyarrow as pa  # noqa: PLC0415 - only where there are texts
    import pyarrow.compute as pc  # noqa: PLC0415

    at = pc.index_in(pa.array(column), value_set=pa.array(values)).fill_null(-1)
    return np.asarray(at.to_numpy(zero_copy_only=False), np.int64)
