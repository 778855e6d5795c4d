"""The same video on several platforms: a natural experiment on what the platform adds."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number, verb
from vtlib.core.finding import Finding
from vtlib.core.language import marked, say
from vtlib.core.proportions import mean_test

MIN_FILMS = 5  # under it a mean of pairs says nothing
CLAIM_Q = 0.10  # over all pairs of platforms compared
PAIR_COLUMNS = [
    *("a", "b", "films", "accounts", "unit", "ratio", "ratio_low", "ratio_high", "q_value"),
]
LABELS = marked(
    {
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
)
_SOURCE = "twins, outlier_scores"


def across(posts: pd.DataFrame, *, interval: float) -> pd.DataFrame:
    """PAIR_COLUMNS: two platforms, how many videos both have, and how much further the same video
    went on `a` than on `b`, each against its account's own level there, as a ratio; q over all
    pairs compared (t test, Benjamini-Hochberg).

    `posts`: rows of the query creatives_across. A video with several posts on a platform counts by
    their mean, and from MIN_FILMS creators on each of these by the mean of its videos, since they
    are alike (`unit`). Posts that are too early or not judged are passed over; under MIN_FILMS
    videos there is no ratio.
    """
    judgements = posts[posts["lift_ln"].notna() & posts["reason"].eq("")]
    if judgements.empty:
        return pd.DataFrame(columns=PAIR_COLUMNS)
    wide = judgements.pivot_table("lift_ln", "creative_id", "platform", aggfunc="mean")
    whose = judgements.groupby("creative_id")["account_id"].min()
    rows = [
        _pair((str(a), str(b)), (wide[a] - wide[b]).dropna(), whose, interval)
        for a, b in combinations(wide.columns, 2)
    ]
    table = pd.DataFrame([r for r in rows if r["films"]], columns=[*PAIR_COLUMNS[:-1], "p"])
    has_p = table["p"].notna()
    q = pd.Series(np.nan, index=table.index, dtype=float)
    if has_p.any():
        from scipy.stats import false_discovery_control  # noqa: PLC0415 - it loads slowly

        q[has_p] = false_discovery_control(table.loc[has_p, "p"].to_numpy(float))
    return table.assign(q_value=q)[PAIR_COLUMNS]


def findings(posts: pd.DataFrame, pairs: pd.DataFrame) -> list[Finding]:
    """Sentences on pairs of platforms with their videos, or on what is missing."""
    if posts.empty:
        return [
            Finding(
                say(
                    "No video of this project is known on two platforms: twins are found among "
                    "measured files "
                    "(vt process videos)."
                )
            )
        ]
    result = []
    for _, row in pairs.iterrows():
        mine = posts[posts["platform"].isin([row["a"], row["b"]])]
        mine = mine[mine.groupby("creative_id")["platform"].transform("nunique").eq(2)]
        result.append(Finding(_sentence(row), _SOURCE, mine, LABELS))
    if not result:
        films = posts["creative_id"].nunique()
        text = say(
            "{videos} {stand} on several platforms, none judged on two of them yet.",
            videos=number(films, "video"),
            stand=verb(films, "stand"),
        )
        result.append(Finding(text, _SOURCE, posts, LABELS))
    return result


def _pair(
    names: tuple[str, str], off: pd.Series, whose: pd.Series, interval: float
) -> dict[str, Any]:
    by_account = off.groupby(whose.loc[off.index]).mean()
    is_many = len(by_account) >= MIN_FILMS
    values = (by_account if is_many else off).to_numpy(np.float64)
    if len(off) < MIN_FILMS:
        values = values[:0]
    mean, p = mean_test(values, interval=interval)
    return {
        "a": names[0],
        "b": names[1],
        "films": len(off),
        "accounts": len(by_account),
        "unit": "creator" if is_many else "film",
        "ratio": np.exp(mean.value),
        "ratio_low": np.exp(mean.low),
        "ratio_high": np.exp(mean.high),
        "p": p,
    }


def _sentence(row: pd.Series) -> str:
    a, b, films = row["a"], row["b"], number(row["films"], "video")
    if row["films"] < MIN_FILMS:
        return say(
            "{a} and {b} share {films}: {min_films} are needed before anything can be said of the "
            "platforms.",
            a=a,
            b=b,
            films=films,
            min_films=MIN_FILMS,
        )
    ratio, low, high = row["ratio"], row["ratio_low"], row["ratio_high"]
    if row["q_value"] <= CLAIM_Q:
        better, worse = (a, b) if ratio > 1 else (b, a)
        word = say(
            "The same video went further on {better} than on {worse}", better=better, worse=worse
        )
    else:
        word = say("No difference between {a} and {b} that is more than luck", a=a, b=b)
    return say(
        "{word}: ×{ratio:.2f} on {a} ({low:.2f} to {high:.2f}), each against the account's own "
        "level, {films} of {accounts}.",
        word=word,
        ratio=ratio,
        a=a,
        low=low,
        high=high,
        films=films,
        accounts=number(row["accounts"], "account"),
    )
