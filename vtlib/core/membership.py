"""Which values of a column are among those of another."""

from __future__ import annotations

import pandas as pd


def is_in(column: pd.Series, values: pd.Series | pd.Index) -> pd.Series:
    """`column.isin(values)`, for texts of many rows: pandas' own takes each Arrow text of `values`
    through Python, eight times slower (pandas 3.0, 120,000 texts in 240,000).
    """
    return column.astype(object).isin(values.astype(object))
