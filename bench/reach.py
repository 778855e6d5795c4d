"""Stated against measured on real posts: intervals of forecasts, and patterns that come back in the other half of time.

    .venv/bin/python bench/reach.py [--folder FOLDER]

FOLDER holds Parquet files with account, posted_at, captured_at, views, followers, caption_chars, n_hashtags and
perhaps duration_s and is_copyrighted_sound of real posts (default: ../shared/real/reach). Every post is forecast
from earlier ones of its account; spreads are learnt from the first half of the posts and tried on the second.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from vtlib.params import Outliers
from vtlib.patterns import Feature, find
from vtlib.patterns.features import post_features
from vtlib.stages.outliers import judge
from vtlib.stats.predictions import Outlook, calibrate, forecast
from vtlib.stats.trailing import MATURE_H, trailing

FOLDER = Path(__file__).parent.parent.parent / "shared" / "real" / "reach"
COVER, COVER_QUARTILE = (0.76, 0.84), (0.72, 0.88)
SAME_SIGN, REPEATED, CLAIM_P = 0.8, 0.5, 0.10


def posts_of(path: Path) -> pd.DataFrame:
    """Posts of one file as the outlier stage reads them."""
    posts = pd.read_parquet(path).rename(columns={"account": "account_id"})
    posts["post_id"] = [f"{path.stem}:{i}" for i in range(len(posts))]
    at = posts["captured_at"]
    return posts.assign(
        platform="tiktok",
        format="video",
        is_pinned=False,
        is_paid=False,
        views=posts["views"].astype(float),
        plays=np.nan,
        impressions=np.nan,
        engagement=np.nan,
        **dict.fromkeys(("views_at", "plays_at", "impressions_at", "engagement_at"), at),
    )


def forecasts(posts: pd.DataFrame) -> tuple[float, list[float], float]:
    """Coverage of 80 % intervals in the later half, the same by quartile of volatility, mean width in ln."""
    x = np.log1p(posts["views"].to_numpy(float))
    hours = posts["posted_at"].to_numpy("datetime64[s]").astype(float) / 3600
    age_h = (posts["captured_at"] - posts["posted_at"]).dt.total_seconds().to_numpy() / 3600
    mature = age_h >= MATURE_H
    with np.errstate(divide="ignore"):
        ln_followers = np.log(posts["followers"].to_numpy(float))
    levels = trailing(
        np.where(mature, x, np.nan),
        hours,
        posts["account_id"].factorize()[0].astype(np.int64),
        serves=mature,
        ln_followers=np.where(np.isfinite(ln_followers), ln_followers, np.nan),
    )
    usable = mature & np.isfinite(levels.mean)
    cut = float(np.median(hours[usable]))
    error = np.hypot(levels.scale, levels.error)
    learnt = calibrate(np.where(usable & (hours < cut - MATURE_H), x, np.nan), levels.mean, error)
    made = forecast(Outlook(levels.mean, 0 * x, error, levels.df, levels.median), learnt)
    late = usable & (hours >= cut)
    inside = ((x >= made.low) & (x <= made.high))[late]
    order = np.argsort(levels.scale[late], kind="stable")
    quartiles = [float(inside[part].mean()) for part in np.array_split(order, 4)]
    return float(inside.mean()), quartiles, float((made.high - made.low)[late].mean())


def patterns(posts: pd.DataFrame) -> tuple[int, int, int, list[str]]:
    """Claims in either half of time, how many have the same sign in the other, how many are there again (one-sided
    p up to .10), and what the whole library calls repeatable.
    """
    pairs = pd.DataFrame(columns=["post_id", "metric", "captured_at", "value"])
    scores = judge(posts, pairs, Outliers()).scores
    facts = posts.assign(caption=None, duration_s=posts.get("duration_s", np.nan))
    judged = scores.merge(facts[["post_id", "posted_at", "is_pinned", "is_paid"]], on="post_id")
    values, features = _features(facts)
    late = judged["posted_at"] > judged["posted_at"].median()
    halves = [find(judged[rows], values, features).table for rows in (~late, late)]
    claimed = same = again = 0
    for here, there in (halves, halves[::-1]):
        other = there.set_index("pattern") if len(there) else there
        for row in here[here["claim"].ne("")].itertuples() if len(here) else []:
            if row.pattern in other.index:
                seen = other.loc[row.pattern]
                claimed += 1
                agrees = bool(np.sign(seen["shift_ln"]) == np.sign(row.shift_ln))
                same += agrees
                again += agrees and seen["p_value"] / 2 <= CLAIM_P
    whole = find(judged, values, features).claimed
    return claimed, same, again, whole.loc[whole["replicates"].eq("repeatable"), "pattern"].tolist()


def _features(posts: pd.DataFrame) -> tuple[pd.DataFrame, list[Feature]]:
    values, features = post_features(posts)
    own = {
        "caption_150": posts["caption_chars"] >= 150,
        "hashtags_3": posts["n_hashtags"] >= 3,
    }
    if "is_copyrighted_sound" in posts:
        own["sound_copyrighted"] = posts["is_copyrighted_sound"]
    parts = [
        pd.DataFrame({"post_id": posts["post_id"], "feature": n, "value": v.astype(float)})
        for n, v in own.items()
    ]
    names = {f.name for f in features}
    extra = [Feature(n, n, "measured", "post") for n in own if n not in names]
    return pd.concat([values, *parts], ignore_index=True), [*features, *extra]


def main() -> int:
    """Print both tables; 1 when a stated range is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    files = sorted(folder.glob("*.parquet")) if folder.is_dir() else []
    if not files:
        print(f"No real posts in {folder}: nothing was measured on real posts here.")
        return 0
    missed = False
    print(
        "80 % intervals of forecasts, stated .76 to .84 in all, .72 to .88 by quartile of volatility"
    )
    for path in files:
        cover, quartiles, width = forecasts(posts_of(path))
        shown = " ".join(f"{q:.3f}" for q in quartiles)
        print(f"{path.stem:22} {cover:.3f}   {shown}   mean width {width:.2f} ln")
        missed |= not COVER[0] <= cover <= COVER[1]
        missed |= not all(COVER_QUARTILE[0] <= q <= COVER_QUARTILE[1] for q in quartiles)
    print(
        "\npatterns claimed in one half of time and looked for in the other: 8 of 10 of one sign, half again"
    )
    for path in files:
        claimed, same, again, sure = patterns(posts_of(path))
        print(
            f"{path.stem:22} claimed {claimed}, same sign {same}, again {again}; repeatable: {', '.join(sure) or 'none'}"
        )
        missed |= claimed > 0 and (same < SAME_SIGN * claimed or again < REPEATED * claimed)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
