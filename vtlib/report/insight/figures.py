"""The figures of a report: what each means, and which causes can move it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from vtlib.core.proportions import rate

SHARES = ("claims that agree with the file", "predictions inside their interval")
PATTERN = "pattern "
FIT = "mean product fit"  # 0 to 5


@dataclass(frozen=True, slots=True)
class Kind:
    """What can move a figure: causes, and the sections of the parameters that it listens to.

    `grows`: it only counts what was done so far, so that a change of it needs no explanation.
    """

    causes: tuple[str, ...] = ("data", "code")
    sections: tuple[str, ...] = ()
    grows: bool = False


_JUDGED = Kind(("data", "code", "parameters"), ("outliers",))
_READ = Kind(
    ("data", "code", "parameters", "prompt", "model"), ("outliers", "media", "analysis", "model")
)
_LEARNT = Kind(
    ("data", "code", "parameters", "prompt", "model"), ("outliers", "media", "performance")
)
_FITTED = Kind(_READ.causes, (*_READ.sections, "comparison", "products"))
_ADAPTED = Kind(
    _READ.causes, (*_READ.sections, "comparison", "adaptation", "performance", "products")
)
_KINDS = {
    "posts scored": _JUDGED,
    "breakouts": _JUDGED,
    "extreme": _JUDGED,
    "to watch": _JUDGED,
    "false alarms at most": _JUDGED,
    "videos measured": Kind(("data", "code", "parameters"), ("outliers", "media")),
    "videos read by a model": _READ,
    "claims that agree with the file": _READ,
    "matured predictions": Kind(("data", "code", "parameters"), ("outliers",)),
    "predictions inside their interval": Kind(("data", "code", "parameters"), ("outliers",)),
    "patterns tested": _LEARNT,
    "patterns claimed": _LEARNT,
    "products recommended": Kind(_FITTED.causes, (*_FITTED.sections, "adaptation")),
    FIT: _FITTED,
    "claims without grounds in adaptations": _ADAPTED,
    "products judged for videos": Kind(grows=True),
    "adaptations": Kind(grows=True),
    "scripts": Kind(grows=True),
    "posts of scripts": Kind(grows=True),
    "problems": Kind(grows=True),
    "spent": Kind(grows=True),
}


def kind_of(figure: str) -> Kind:
    """What can move a figure; patterns are learnt, counts of rows come from data and the code
    that reads it.
    """
    return _LEARNT if figure.startswith(PATTERN) else _KINDS.get(figure, Kind())


def with_intervals(figures: pd.DataFrame, *, interval: float = 0.8) -> pd.DataFrame:
    """`figures` (figure, value, low, high, n) with the interval of each share (Wilson); the rest
    as it is.
    """
    out = figures.copy()
    for i, row in out[out["figure"].isin(SHARES)].iterrows():
        n = int(row["n"])
        found = rate(round(row["value"] * n), n, interval=interval)
        out.loc[i, ["low", "high"]] = [found.low, found.high]
    return out


def shown(figure: str, value: Any) -> str:
    """A value as people read it: shares in percent, ratios with x, money with $, counts with
    commas.
    """
    if value is None or pd.isna(value):
        return "none"
    if figure in SHARES:
        return f"{value:.0%}"
    if figure.startswith(PATTERN):
        return f"x{value:.2f}"
    if figure == FIT:
        return f"{value:.2f}"
    if figure == "spent":
        return f"${value:,.2f}"
    return f"{value:,.0f}"
