"""What posts are made of, own and competitors': formats, hashtags, hook types, each share with
its interval.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, fisher_exact

from vtlib.core.proportions import Rate, rate

OWN, COMPETITOR = "own", "competitor"
MIX_COLUMNS = [
    *("platform", "of", "name", "n_own", "of_own", "own", "own_low", "own_high"),
    *("n_competitor", "of_competitor", "competitor", "competitor_low", "competitor_high"),
    "q_value",
]
_TOPICS, _HOOKS = 12, 14


def mixed(both: pd.DataFrame, hooks: pd.DataFrame, interval: float) -> pd.DataFrame:
    """Shares of formats a platform; of hashtags and hook types over all platforms together, the
    most common first.
    """
    rows = []
    for platform, mine in both.groupby("platform"):
        occurrences = mine[["post_id", "side", "format"]].rename(columns={"format": "name"})
        rows += _shares(occurrences, mine, (str(platform), "format"), interval, 10)
    with_tags = both[both["hashtags"].map(lambda tags: hasattr(tags, "__len__"))]
    tags = with_tags[["post_id", "side", "hashtags"]].explode("hashtags").dropna()
    tags = tags.assign(name="#" + tags["hashtags"].astype(str).str.lower()).drop_duplicates(
        ["post_id", "name"]
    )
    rows += _shares(tags, with_tags, ("all", "hashtag"), interval, _TOPICS)
    hook_rows = hooks[hooks["feature"].str.startswith("hook_")].merge(
        both[["post_id", "side"]], on="post_id"
    )
    read = hook_rows.drop_duplicates("post_id")
    occurrences = hook_rows[hook_rows["value"].eq(1)]
    occurrences = occurrences.assign(
        name=occurrences["feature"].str.removeprefix("hook_").str.replace("_", " ")
    )
    rows += _shares(occurrences, read, ("all", "hook"), interval, _HOOKS)
    table = pd.DataFrame(rows, columns=MIX_COLUMNS)
    return table.assign(q_value=_q_values(table))


def _q_values(table: pd.DataFrame) -> np.ndarray:
    """Of each share whether the sides differ: Fisher's exact test, Benjamini-Hochberg over all of
    them.

    Posts of one account are alike, which the test does not know: a description, no proof.
    """
    counts = table[["n_own", "of_own", "n_competitor", "of_competitor"]].astype(int)
    p = [
        fisher_exact(np.array([[a, b - a], [c, d - c]])).pvalue for a, b, c, d in counts.to_numpy()
    ]
    return np.asarray(false_discovery_control(p)) if p else np.array([])


def _shares(
    occurrences: pd.DataFrame, of: pd.DataFrame, what: tuple[str, str], interval: float, most: int
) -> list[dict[str, Any]]:
    totals = of["side"].value_counts()
    counts = occurrences.groupby(["name", "side"]).size().unstack(fill_value=0)  # noqa: PD010 - counts of pairs as a table
    counts = counts.reindex(columns=[OWN, COMPETITOR], fill_value=0)
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index[:most]
    rows = []
    for name in order:
        own, rivals = (
            rate(int(counts.loc[name, s]), int(totals.get(s, 0)), interval=interval)
            for s in (OWN, COMPETITOR)
        )
        rows.append(
            {
                "platform": what[0],
                "of": what[1],
                "name": name,
                "n_own": own.k,
                "of_own": own.n,
                **rated("own", own),
                "n_competitor": rivals.k,
                "of_competitor": rivals.n,
                **rated("competitor", rivals),
            }
        )
    return rows


def rated(name: str, estimate: Rate) -> dict[str, float]:
    """A share and its ends under `name`, `name_low`, `name_high`."""
    return {name: estimate.share, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
