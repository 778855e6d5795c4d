"""JSON columns of a frame as values: DuckDB gives them to pandas as text."""

from __future__ import annotations

import orjson
import pandas as pd


def decoded(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """`frame` with these columns as Python values; what is no text stays as it is."""
    made = {}
    for name in columns:
        read = [orjson.loads(v) if isinstance(v, str) else v for v in frame[name]]
        made[name] = pd.Series(read, index=frame.index, dtype=object)
    return frame.assign(**made)
