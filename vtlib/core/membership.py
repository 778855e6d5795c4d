"""Which values of a column are among those of another."""

from __future__ import annotations

import pandas as pd


def is_in(column: pd.Series, values: pd.Series | pd.Index) -> pd.Series:
    """`column.isin(values)`, for texts of many rows by Arrow's hash table: pandas' own takes each
    Arrow text of `values` through Python (pandas 3.0).
    """
    if not (isinstance(column.dtype, pd.StringDtype) and isinstance(values.dtype, pd.StringDtype)):
        return column.isin(values)
    import pyarrow as pa  # noqa: PLC0415 - only where there are texts
    import pyarrow.compute as pc  # noqa: PLC0415

    among = pc.is_in(pa.array(column), value_set=pa.array(values))
    return pd.Series(among.to_numpy(zero_copy_only=False), column.index, name=column.name)
