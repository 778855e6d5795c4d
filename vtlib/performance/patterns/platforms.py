"""Patterns by platform: each feature tested on each platform's posts, drawn to its common
effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from vtlib.outliers.scores import q_values
from vtlib.performance import effects, pooling, trend
from vtlib.performance.patterns.features import Feature
from vtlib.performance.patterns.preparation import PatternRules, obstacle
from vtlib.performance.replication import replicates

PLATFORM_COLUMNS = [
    *("pattern", "platform", "shift_ln", "shift_low_ln", "shift_high_ln", "shift_se_ln"),
    *("effect_ln", "effect_se_ln", "ratio", "ratio_low", "ratio_high", "common_ratio"),
    *("p_value", "q_value", "claim", "n_with", "n_without", "accounts_with", "accounts_without"),
    *("replicates", "rest_ratio", "difference_ln", "difference_se_ln", "difference_p"),
    *("difference_q", "differs"),
]


def by_platform(
    tested: Sequence[tuple[Feature, pd.Series]], kept: pd.DataFrame, use: PatternRules
) -> pd.DataFrame:
    """PLATFORM_COLUMNS, one row a feature and platform that could be tested by the same rules as
    the library.

    `tested`: features with their values (1, 0, NaN) over `kept`, posts with y, day, account_id,
    platform. `ratio` is what is believed on that platform: its own shift drawn to the others' and
    to 0 as far as all features say (performance/pooling.py); `common_ratio` the mean of what is
    believed on all platforms. q_value is over all features on all platforms, `claim` by the
    library's own limit; `differs` ("more than elsewhere", "less than elsewhere" or "") where the
    difference to the other platforms has difference_q under the same limit and the feature is
    claimed on some platform. Empty without a platform.
    """
    if "platform" not in kept:
        return pd.DataFrame(columns=PLATFORM_COLUMNS)
    rows = [
        _row(feature, platform, value[here], kept[here], use)
        for feature, value in tested
        for platform, here in _places(kept).items()
        if not obstacle(feature, value[here], kept[here], use)
    ]
    return _believed(pd.DataFrame(rows), use)


def _places(kept: pd.DataFrame) -> dict[str, pd.Series]:
    names = sorted(kept["platform"].dropna().unique())
    return {str(name): kept["platform"].eq(name) for name in names}


def _row(
    feature: Feature, platform: str, value: pd.Series, posts: pd.DataFrame, use: PatternRules
) -> dict[str, Any]:
    known = posts[value.notna()]
    on = value[value.notna()].eq(1).to_numpy(bool)
    y, day = known["y"].to_numpy(float), known["day"].to_numpy(float)
    group = known["account_id"].factorize(sort=True)[0].astype(np.int64)
    shift = effects.feature_shift(y, on, group, interval=use.interval)
    agreed = trend.agreement(y, on, group, sign=float(np.sign(shift.shift)))
    again = trend.halves(y, on, group, day=day, interval=use.interval)
    return {
        "pattern": feature.name,
        "platform": platform,
        "shift_ln": shift.shift,
        "shift_low_ln": shift.low,
        "shift_high_ln": shift.high,
        "shift_se_ln": shift.se,
        "_se": pooling.normal_se(shift, interval=use.interval),
        "p_value": shift.p,
        "n_with": shift.n_on,
        "n_without": shift.n_off,
        "accounts_with": shift.groups_on,
        "accounts_without": shift.groups_off,
        "replicates": replicates(shift, agreed, again),
    }


def _believed(rows: pd.DataFrame, use: PatternRules) -> pd.DataFrame:
    if rows.empty:
        return pd.DataFrame(columns=PLATFORM_COLUMNS)
    feature, names = pd.factorize(rows["pattern"])
    place, platforms = pd.factorize(rows["platform"])
    at = (feature, place)
    rows = rows.assign(_df=rows[["accounts_with", "accounts_without"]].min(axis=1) - 1)
    shape = (len(names), len(platforms))
    shift, raw, se, df = (
        _grid(rows[c], at, shape) for c in ("shift_ln", "shift_se_ln", "_se", "_df")
    )
    pooled, apart = (
        pooling.pool(shift, se, interval=use.interval),
        pooling.contrasts(shift, raw, df),
    )
    sure = q_values(rows["p_value"].to_numpy(float))
    other = q_values(apart.p[at])
    up, more = rows["shift_ln"].gt(0), apart.difference[at] > 0
    table = rows.assign(
        effect_ln=pooled.effect[at],
        effect_se_ln=pooled.se[at],
        ratio=np.exp(pooled.effect[at]),
        ratio_low=np.exp(pooled.low[at]),
        ratio_high=np.exp(pooled.high[at]),
        common_ratio=np.exp(pooled.common[feature]),
        q_value=sure,
        claim=np.where(sure <= use.claim_q, np.where(up, "more views", "fewer views"), ""),
        rest_ratio=np.exp(apart.rest[at]),
        difference_ln=apart.difference[at],
        difference_se_ln=apart.se[at],
        difference_p=apart.p[at],
        difference_q=other,
        differs=np.where(
            (other <= use.claim_q) & rows["pattern"].isin(rows.loc[sure <= use.claim_q, "pattern"]),
            np.where(more, "more than elsewhere", "less than elsewhere"),
            "",
        ),
    )
    order = table.assign(_sure=table["claim"].ne("")).sort_values(
        ["_sure", "ratio_low", "pattern", "platform"], ascending=[False, False, True, True]
    )
    return order[PLATFORM_COLUMNS].reset_index(drop=True)


def _grid(values: pd.Series, at: tuple[Any, Any], shape: tuple[int, int]) -> np.ndarray:
    grid = np.full(shape, np.nan)
    grid[at] = values.to_numpy(float)
    return grid
