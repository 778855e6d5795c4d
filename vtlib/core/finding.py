"""A sentence with the rows it was made from, and chapters of such sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


def _nothing() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True)
class Finding:
    """One sentence made from numbers.

    `rows` is the frame behind it, `source` the tables that came from, `columns` which of its
    columns a reader is shown, by label. A sentence without rows (nothing is there yet) has none to
    show.
    """

    said: str
    source: str = ""
    rows: pd.DataFrame = field(default_factory=_nothing)
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Chapter:
    """A question, the sentences that answer it, and a chart where one says more."""

    id: str
    title: str
    findings: tuple[Finding, ...] = ()
    chart: Any = None


def q_text(value: float) -> str:
    """A q value as read: three digits, and never 0."""
    return "q < 0.001" if value < 0.001 else f"q {value:.3f}"
