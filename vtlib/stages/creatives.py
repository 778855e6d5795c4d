"""The same film on several platforms: a natural experiment on what the platform adds, since the film is held fixed."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from vtlib.stages.conclusion import number
from vtlib.stages.insight.finding import Finding
from vtlib.stats.rates import mean_by_group

MIN_FILMS = 5  # under it a mean of pairs says nothing
PAIR_COLUMNS = ["a", "b", "films", "accounts", "ratio", "ratio_low", "ratio_high"]
LABELS = {
    "creative_id": "film",
    "platform": "platform",
    "handle": "creator",
    "posted_at": "posted",
    "percentile": "percentile of its account",
    "multiplier": "× level",
    "multiplier_low": "low",
    "multiplier_high": "high",
    "tier": "tier",
    "caption": "caption",
}
_SOURCE = "twins, outlier_scores"


def across(posts: pd.DataFrame, *, interval: float) -> pd.DataFrame:
    """PAIR_COLUMNS: two platforms, how many films both have, and how much further the same film went on `a` than on `b`,
    each against its account's own level there (ratio; interval by account).

    `posts`: rows of the query creatives_across. A film with several posts on a platform counts by their mean. Posts
    that are too early or not judged are passed over; under MIN_FILMS films there is no ratio.
    """
    known = posts[posts["lift_ln"].notna() & posts["reason"].eq("")]
    if known.empty:
        return pd.DataFrame(columns=PAIR_COLUMNS)
    wide = known.pivot_table("lift_ln", "creative_id", "platform", aggfunc="mean")
    whose = known.groupby("creative_id")["account_id"].min()
    rows = []
    for a, b in combinations(wide.columns, 2):
        off = (wide[a] - wide[b]).dropna()
        if off.empty:
            continue
        owner = whose.loc[off.index]
        found = mean_by_group(
            off.to_numpy(float), owner.factorize()[0].astype(np.int64), interval=interval
        )
        is_enough = found.n >= MIN_FILMS
        ends = [np.exp(v) if is_enough else np.nan for v in (found.value, found.low, found.high)]
        rows.append((a, b, found.n, owner.nunique(), *ends))
    return pd.DataFrame(rows, columns=PAIR_COLUMNS)


def findings(posts: pd.DataFrame, pairs: pd.DataFrame) -> list[Finding]:
    """Sentences on pairs of platforms, each with its films; says what is missing where nothing can be said."""
    if posts.empty:
        return [
            Finding(
                "No film of this project is known on two platforms: twins are found among measured files "
                "(vt process videos)."
            )
        ]
    found = []
    for row in pairs.itertuples():
        mine = posts[posts["platform"].isin([row.a, row.b])]
        mine = mine[mine.groupby("creative_id")["platform"].transform("nunique").eq(2)]
        found.append(Finding(_sentence(row), _SOURCE, mine, LABELS))
    if not found:
        films = posts["creative_id"].nunique()
        said = (
            f"{number(films, 'film')} stand on several platforms, none judged on two of them yet."
        )
        found.append(Finding(said, _SOURCE, posts, LABELS))
    return found


def _sentence(row: object) -> str:
    a, b, films = (getattr(row, name) for name in ("a", "b", "films"))
    if films < MIN_FILMS:
        return f"{a} and {b} share {number(films, 'film')}: {MIN_FILMS} are needed before anything can be said of the platforms."
    ratio, low, high = (getattr(row, f"ratio{end}") for end in ("", "_low", "_high"))
    if low > 1 or high < 1:
        better, worse = (a, b) if ratio > 1 else (b, a)
        word = f"the same film went further on {better} than on {worse}"
    else:
        word = f"no difference between {a} and {b} that is more than luck"
    return (
        f"{word[:1].upper()}{word[1:]}: x{ratio:.2f} ({low:.2f} to {high:.2f}), each against the account's own level, "
        f"{number(films, 'film')} of {number(getattr(row, 'accounts'), 'account')}."  # noqa: B009 - a row of a frame
    )
