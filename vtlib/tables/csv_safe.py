"""CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from vtlib.tables.cells import is_missing

_FORMULA = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_PLAIN_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)*$")


def to_csv_safe(frame: pd.DataFrame) -> str:
    """`frame` as CSV text that a spreadsheet opens without running anything in it.

    Text that starts with =, +, -, @ (or their full-width forms), tab or return gets a leading apostrophe
    (OWASP, "CSV Injection"); numbers are left alone. Times are ISO 8601, missing values empty.
    """
    safe = pd.DataFrame({i: _disarmed(frame.iloc[:, i]) for i in range(frame.shape[1])})
    safe.columns = pd.Index([_disarm(str(name)) for name in frame.columns])
    return safe.to_csv(index=False, lineterminator="\n")


def _disarmed(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.map(lambda t: t.isoformat(), na_action="ignore")
    if pd.api.types.is_numeric_dtype(column):
        return column
    texts = [_disarm(v) if isinstance(v, str) else _disarmed_value(v) for v in column]
    return pd.Series(texts, index=column.index, dtype="object")


def _disarmed_value(value: Any) -> Any:
    return (
        value if isinstance(value, (bool, int, float)) or is_missing(value) else _disarm(str(value))
    )


def _disarm(text: str) -> str:
    # A bare return would end the row unquoted, and what follows would start a cell.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) and not _PLAIN_NUMBER.match(text) else text
