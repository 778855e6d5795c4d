"""Matured posts with their account's level at the time of posting: the basis of forecasts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from vtlib.core.models import BREAKOUT_TIERS, RATE_METRICS
from vtlib.outliers.trailing import MATURE_H, trailing
from vtlib.performance.predictions import Calibration, Outlook, calibrate

STRATUM = ["platform", "format", "metric"]
OWN = ["own_n", "own_ln", "own_scale_ln", "own_error_ln", "own_df", "own_median_ln"]
WANTED_COLUMNS = ["account_id", "platform", "format"]


def history(posts: pd.DataFrame) -> pd.DataFrame:
    """Posts judged by a reach count, each with its account's own level as of its publication.

    `posts`: post_id, account_id, platform, format, metric, x7_ln, tier, reason, posted_at, age_h,
    followers, is_pinned, is_paid. Added: OWN (earlier posts behind the level; local level, scale of
    a single post, error of the level, degrees of freedom, own median), posted_h, is_mature
    (captured at 7 days of age or later), is_plain (not pinned, not paid), is_breakout, lift_ln = x7
    - own level of plain mature posts. NaN with under 5 earlier posts.
    """
    is_reach = posts["metric"].ne("engagement") & posts["account_id"].notna()
    frame = (posts if is_reach.all() else posts[is_reach]).reset_index(drop=True)
    at = pd.to_datetime(frame["posted_at"])
    frame["posted_h"] = (at - pd.Timestamp("1970-01-01")).dt.total_seconds() / 3600
    frame["x7_ln"] = pd.to_numeric(frame["x7_ln"], errors="coerce").astype(float)
    odd = frame["is_pinned"].eq(True) | frame["is_paid"].eq(True)
    frame["is_plain"] = ~odd.fillna(value=False).astype(bool)
    frame["is_mature"] = frame["age_h"].ge(MATURE_H) & frame["x7_ln"].notna()
    frame["is_breakout"] = frame["tier"].isin(BREAKOUT_TIERS)
    for name in OWN:
        frame[name] = np.nan
    for rows in frame.groupby(STRATUM, observed=True).indices.values():
        frame.loc[rows, OWN] = _own(frame.iloc[rows])
    lift = frame["x7_ln"] - frame["own_ln"]
    frame["lift_ln"] = lift.where(frame["is_mature"] & frame["is_plain"])
    return frame


def age_error(scores: pd.DataFrame, *, interval: float = 0.8) -> pd.Series:
    """SD of what is unknown of a young post's value at 7 days, ln: what its score's interval
    holds beyond the scatter of single posts (`outlier_scores`: multiplier_low, multiplier_high,
    scale_ln, df, age_h). 0 from 7 days on; NaN where the post was not scored by the calibrated
    rule.
    """
    error = pd.Series(0.0, index=scores.index)
    young = scores[~scores["age_h"].ge(MATURE_H)]
    low, high = young["multiplier_low"].astype(float), young["multiplier_high"].astype(float)
    reach = stdtrit(young["df"].to_numpy(float), 0.5 + interval / 2)
    of_both = np.log(high / low) / (2 * reach)
    error[young.index] = np.sqrt(np.maximum(of_both**2 - young["scale_ln"].astype(float) ** 2, 0))
    return error


def current_levels(past: pd.DataFrame, places: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """OWN for accounts as of `now` (naive UTC): one row for each of `places` (WANTED_COLUMNS), in
    its order.

    `past` is `history`'s frame. The metric is the one most of the account's posts of that format
    have; an account without posts of the format gets NaN everywhere.
    """
    levels = places[WANTED_COLUMNS].reset_index(drop=True)
    usual = past.groupby(WANTED_COLUMNS)["metric"].agg(lambda m: m.mode().iloc[0]).reset_index()
    levels = levels.merge(usual, on=WANTED_COLUMNS, how="left")
    latest = past.sort_values("posted_h").groupby("account_id")["followers"].last()
    hour = (now - pd.Timestamp("1970-01-01")).total_seconds() / 3600
    levels = levels.assign(
        followers=levels["account_id"].map(latest),
        posted_h=hour,
        x7_ln=np.nan,
        is_plain=False,
        is_mature=False,
    )
    for name in OWN:
        levels[name] = np.nan
    earlier = past[past["posted_h"] <= hour]
    for rows in levels.groupby(STRATUM, observed=True).indices.values():
        same = earlier.merge(levels.iloc[rows[:1]][STRATUM])
        both = pd.concat([same[_NEEDED], levels.iloc[rows][_NEEDED]], ignore_index=True)
        levels.loc[rows, OWN] = _own(both)[len(same) :]
    return levels[[*WANTED_COLUMNS, "metric", *OWN]]


def outlook(
    frame: pd.DataFrame, effect: np.ndarray, effect_se: np.ndarray | float = 0.0
) -> Outlook:
    """What a forecast is made of: own level, effects, and the error of a single post about both."""
    scale, of_level = frame["own_scale_ln"].to_numpy(float), frame["own_error_ln"].to_numpy(float)
    error = np.sqrt(scale**2 + of_level**2 + np.asarray(effect_se, float) ** 2)
    level, df, median = (
        frame[name].to_numpy(float) for name in ("own_ln", "own_df", "own_median_ln")
    )
    return Outlook(level, effect, error, df, median)


def to_median(frame: pd.DataFrame) -> np.ndarray:
    """What leads from the own level to the own median, the naive forecast, ln."""
    return (frame["own_median_ln"] - frame["own_ln"]).to_numpy(float)


def spread(past: pd.DataFrame, predicted_lift: np.ndarray) -> Calibration:
    """How far matured plain posts fell from forecasts made for them without knowledge of them."""
    prospects = outlook(past, predicted_lift)
    return calibrate(past["lift_ln"].to_numpy(float), prospects.effect, prospects.error)


def _own(frame: pd.DataFrame) -> np.ndarray:
    followers = frame["followers"].to_numpy(float, na_value=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ln_followers = np.where(followers > 0, np.log(followers), np.nan)
    levels = trailing(
        frame["x7_ln"].to_numpy(float),
        frame["posted_h"].to_numpy(float),
        frame["account_id"].factorize(sort=True)[0].astype(np.int64),
        serves=(frame["is_plain"] & frame["is_mature"]).to_numpy(bool),
        ln_followers=ln_followers,
    )
    return np.column_stack(
        [levels.n, levels.mean, levels.scale, levels.error, levels.df, levels.median]
    )


_NEEDED = ["x7_ln", "posted_h", "account_id", "is_plain", "is_mature", "followers"]


RATE_METRIC = "engagement_rate"


def with_rates(posts: pd.DataFrame) -> pd.DataFrame:
    """`posts` with engagement_rate: what was observed of RATE_METRICS, over views where
    observed, else over followers; `rate_basis` says which ('' = neither). Besides share_rate and
    save_rate, over views alone.
    """
    parts = posts[list(RATE_METRICS)].astype(float)
    total = parts.sum(axis=1, min_count=1)
    views, followers = posts["views"].astype(float), posts["followers"].astype(float)
    by_views, by_followers = views.gt(0), followers.gt(0)
    base = views.where(by_views, followers.where(by_followers))
    rate = total / base
    basis = np.select(
        [by_views & rate.notna(), by_followers & rate.notna()], ["views", "followers"], ""
    )
    return posts.assign(
        engagement_rate=rate,
        rate_basis=basis,
        share_rate=parts["shares"] / views.where(by_views),
        save_rate=parts["saves"] / views.where(by_views),
    )


def rate_history(posts: pd.DataFrame) -> pd.DataFrame:
    """`history` of ln engagement rates over views: x7_ln and all own levels are of the rate, metric
    says so.

    `posts` as `with_rates` gives them. A rate over followers is another thing and is left out; so
    are rates of 0.
    """
    rate = posts["engagement_rate"].astype(float)
    is_usable = posts["rate_basis"].eq("views") & rate.gt(0)
    rows = posts[is_usable & posts["metric"].ne("engagement")]
    return history(rows.assign(x7_ln=np.log(rate[rows.index]), metric=RATE_METRIC))
