"""Cells that a spreadsheet opens without running or losing anything, and the way back."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pandas as pd

from vtlib.tables.html import is_missing

# What makes a formula, after blanks and quotes; their full-width forms too.
_SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_BLANKS = r"[^\S\n\t\r]*"
# A cell of ours can be cut by a spreadsheet that goes by semicolons or tabs, and then does not know
# our quotes: what follows a semicolon, a tab or a line end may begin a cell.
_AHEAD = rf"(?='*{_BLANKS}(?:\"+{_BLANKS})?{_SIGNS})"
_START = rf"\A(?='*{_BLANKS}(?:{_SIGNS}|[\t\r\n]|\"+{_BLANKS}{_SIGNS}))"
_PLACES = re.compile(rf"{_START}|(?<=[;\t\n\r]){_AHEAD}")
_GUARDS = re.compile(
    rf"\A'(?='*{_BLANKS}(?:{_SIGNS}|[\t\r\n]|\"+{_BLANKS}{_SIGNS}))|(?<=[;\t\n\r])'{_AHEAD}"
)
# Control characters that XML has none of, and the return, which XML turns into a line end; and what
# looks like one of them written out (ECMA-376, ST_Xstring).
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*")


def to_csv_safe(frame: pd.DataFrame) -> str:
    """`frame` as CSV text that a spreadsheet opens without running anything in it.

    Text that starts with =, +, -, @ (or their full-width forms), tab or return gets a leading
    apostrophe (OWASP, "CSV Injection"), and so does what follows a semicolon, a tab or a line end
    within a cell: `from_csv_safe` takes them away again, exactly. Numbers are left alone. Times are
    ISO 8601, missing values empty.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    quoter = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    heads = [guard_text(str(name)) for name in frame.columns]
    columns = [_cells(frame.iloc[:, i]) for i in range(frame.shape[1])]
    for row in (heads, *zip(*columns, strict=True)):
        # csv leaves a bare return unquoted, which would end the row.
        has_return = any("\r" in cell for cell in row if isinstance(cell, str))
        (quoter if has_return else writer).writerow(row)
    return file.getvalue()


def guard_text(text: str) -> str:
    """`text` with an apostrophe before each place that a spreadsheet could take for a formula."""
    return text if _PLAIN_NUMBER.fullmatch(text) else _PLACES.sub("'", text)


def from_csv_safe(text: str) -> str:
    """`text` of a cell as it was before `to_csv_safe` guarded it."""
    return _GUARDS.sub("", text) if "'" in text else text


def escape_cell(text: str) -> str:
    """`text` as a workbook holds it: control characters are written out."""
    return _CONTROL.sub(lambda m: f"_x{ord(m[0]):04X}_", text)


def unescape_cell(text: str) -> str:
    """`text` of a workbook's cell as it was before `escape_cell`."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def _cells(column: pd.Series) -> list[Any]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return ["" if pd.isna(t) else t.isoformat() for t in column]
    return [_cell(v) for v in column]


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return guard_text(value)
    if is_missing(value):
        return ""
    return value if isinstance(value, (bool, int, float)) else guard_text(str(value))
