"""Which posts carry which patterns, from the features that are known of them."""

from __future__ import annotations

import pandas as pd


def carriers(patterns: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """pattern, post_id, has (bool): a row for each pattern and post of which all its features are
    known.

    `patterns`: pattern, parts, threshold (PATTERN_COLUMNS). `values`: post_id, feature, value. A
    pattern whose features are known of no post has no row.
    """
    wide = values.pivot_table(index="post_id", columns="feature", values="value", aggfunc="last")
    parts = [pd.DataFrame({"pattern": [], "post_id": [], "has": []}).astype({"has": bool})]
    for row in patterns.to_dict("records"):
        names = list(row["parts"]) if row["parts"] is not None else []
        names = names or [row["pattern"]]
        if not set(names) <= set(wide.columns):
            continue
        complete = wide[names].dropna()
        least = row["threshold"] if pd.notna(row["threshold"]) else 1.0
        has = (complete >= least).all(axis=1)
        parts.append(
            pd.DataFrame({"pattern": row["pattern"], "post_id": has.index, "has": has.to_numpy()})
        )
    return pd.concat([p for p in parts if len(p)] or parts, ignore_index=True)
