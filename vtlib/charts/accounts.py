"""The chart of `outlier_scores` joined with `posts` and `accounts`: every post, and who broke
out.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from vtlib.charts.labels import (
    COLUMNS,
    SOURCE,
    account_names,
    captions,
    number,
    rounded,
    tier_colour,
    tier_shape,
)
from vtlib.charts.theme import COLOURS, WIDTH, finish, naive_utc, nothing, require
from vtlib.core.models import BREAKOUT_TIERS, FLAGGED_TIERS

MAX_POINTS = 2_400  # about 0.5 MB of page
MAX_FACETS = 6  # accounts drawn under one another; more get a menu
MAX_MENU = 48
NAMED_PER_ACCOUNT = 4  # more texts would cover each other


def accounts_over_time(scores: pd.DataFrame, *, source: str = SOURCE) -> Any:
    """Every account's posts against its baseline band, breakouts named and coloured by tier.

    `scores`: outlier_scores of one run joined with posts and accounts: post_id, account_id,
    platform, format, posted_at (UTC), value (views, or likes + comments where views are not
    exposed), multiplier, multiplier_low, multiplier_high, tier; optional handle, caption. The band
    is where 80 % of the account's ordinary posts of that age would fall: expected x (low / M) to
    expected x (high / M), with expected = value / M. Up to 6 accounts stand under one another; more
    get a menu, the surest first. At most 2,400 posts are drawn: every flagged one, then each
    account's newest. Raises BadInput when a column is missing; an empty frame gives a chart that
    says so.
    """
    title = "Posts against their account's own level"
    if scores.empty:
        return nothing("no post has been scored yet", title=title, source=source)
    require(scores, tuple(COLUMNS), chart="accounts")
    placed = _bands(scores)
    if placed.empty:
        return nothing("no scored post has a time and a value", title=title, source=source)
    shown = _thin(placed)
    subtitle = (
        f"{source} · n = {number(len(scores))} posts of "
        f"{number(scores['account_id'].nunique())} accounts"
    )
    if len(shown) < len(scores):
        drawn = shown["account_id"].nunique()
        subtitle += (
            f" · drawn: {number(len(shown))} posts of {number(drawn)} accounts, every "
            "breakout first"
        )
    subtitle += " · band: 80 % of ordinary posts"
    names = list(dict.fromkeys(shown["account"]))
    slim = _slim(shown)
    picture = _faceted(slim, names) if len(names) <= MAX_FACETS else _menu(slim, names)
    return finish(picture, title=title, subtitle=subtitle)


def _bands(scores: pd.DataFrame) -> pd.DataFrame:
    placed = scores.assign(posted_at=naive_utc(scores["posted_at"]))
    placed = placed[placed["posted_at"].notna() & placed["value"].notna()].copy()
    multiplier = pd.to_numeric(placed["multiplier"], errors="coerce").astype(float)
    value = placed["value"].astype(float)
    expected = (1 + value) / multiplier.where(multiplier > 0) - 1
    low = expected * placed["multiplier_low"].astype(float) / multiplier
    high = expected * placed["multiplier_high"].astype(float) / multiplier
    # The axis is a logarithm: a post with no views stands at 1.
    placed["views"] = value.clip(lower=1)
    for name, ends in (("expected", expected), ("band_low", low), ("band_high", high)):
        placed[name] = ends.clip(lower=1).replace(np.inf, np.nan)
    placed["account"] = account_names(placed)
    return placed


def _thin(placed: pd.DataFrame) -> pd.DataFrame:
    """The accounts with the most and surest breakouts first, and of each every flagged post,
    then the newest.
    """
    flagged = placed["tier"].isin(BREAKOUT_TIERS)
    sure = placed["multiplier_low"].where(flagged).fillna(0.0)
    rank = (
        pd.DataFrame({"account_id": placed["account_id"], "flagged": flagged, "sure": sure})
        .groupby("account_id")
        .agg(flagged=("flagged", "sum"), sure=("sure", "max"), posts=("sure", "size"))
        .reset_index()
        .sort_values(
            ["flagged", "sure", "posts", "account_id"], ascending=[False, False, False, True]
        )
    )
    best = list(rank["account_id"].head(MAX_MENU))
    order = {account: place for place, account in enumerate(best)}
    kept = placed[placed["account_id"].isin(best)].copy()
    kept["place"] = kept["account_id"].map(order)
    kept["plain"] = ~kept["tier"].isin(FLAGGED_TIERS)
    newest = kept.sort_values(["plain", "posted_at", "post_id"], ascending=[True, False, True])
    few = newest.groupby("place").head(MAX_POINTS // len(best))
    return few.sort_values(["place", "posted_at", "post_id"])


def _slim(shown: pd.DataFrame) -> pd.DataFrame:
    named = shown[shown["tier"].isin(BREAKOUT_TIERS)].sort_values("multiplier_low", ascending=False)
    named = named.groupby("account").head(NAMED_PER_ACCOUNT)
    pairs = zip(named["multiplier"], captions(named, 22), strict=True)
    texts = pd.Series([f"×{m:,.3g} {c}".strip() for m, c in pairs], named.index, dtype="object")
    slim = shown.assign(name=texts.reindex(shown.index).fillna(""))
    # A name stands on the side where the drawing goes on.
    middle = shown["posted_at"].min() + (shown["posted_at"].max() - shown["posted_at"].min()) / 2
    slim["side"] = np.where(shown["posted_at"] < middle, "left", "right")
    slim["caption"] = captions(shown, 60).where(shown["tier"].isin(FLAGGED_TIERS), "")
    keep = (
        "account format posted_at views expected band_low band_high multiplier tier name side "
        "caption"
    )
    return rounded(slim[keep.split()])


def _layers(width: str) -> list[Any]:
    """The layers of one picture; `width` is the name of its width in Vega, which bounds the
    names.
    """
    time = alt.X("posted_at:T", title="posted (UTC)", axis=alt.Axis(tickCount=6, labelOverlap=True))
    count, low, middle = (_views(field) for field in ("views", "band_low", "expected"))
    base = alt.Chart(width=WIDTH)
    by_format = alt.Detail("format:N")
    band = base.mark_area(color=COLOURS["blue"], opacity=0.16).encode(
        time, low, alt.Y2("band_high:Q"), by_format
    )
    line = base.mark_line(color=COLOURS["blue"], strokeWidth=1, opacity=0.7).encode(
        time, middle, by_format
    )
    points = base.mark_point(filled=True, opacity=0.9).encode(
        time,
        count,
        color=tier_colour(),
        shape=tier_shape(),
        size=alt.condition(
            "indexof(['breakout','extreme'], datum.tier) >= 0", alt.value(110), alt.value(26)
        ),
        tooltip=[
            alt.Tooltip("account:N"),
            alt.Tooltip("posted_at:T", title="posted", format="%Y-%m-%d %H:%M"),
            alt.Tooltip("views:Q", format=",.0f"),
            alt.Tooltip("expected:Q", format=",.0f"),
            alt.Tooltip("multiplier:Q", format=",.2f"),
            alt.Tooltip("tier:N"),
            alt.Tooltip("format:N"),
            alt.Tooltip("caption:N"),
        ],
    )
    room = alt.expr(f"{width} * 0.46")
    names = [
        base.mark_text(align=side, dx=dx, dy=-7, limit=room, fontWeight=600)
        .transform_filter(f"datum.side === '{side}'")
        .encode(time, count, text="name:N")
        for side, dx in (("left", 8), ("right", -8))
    ]
    return [band, line, points, *names]


def _views(field: str) -> Any:
    return alt.Y(
        f"{field}:Q",
        title="views",
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=alt.Axis(format="~s", tickCount=4, grid=False, ticks=False, minExtent=34),
    )


def _faceted(slim: pd.DataFrame, names: list[str]) -> Any:
    layers = alt.layer(*_layers("child_width")).properties(width=WIDTH, height=130)
    # One row an account: each on its own scale, all on the same time.
    return (
        layers.facet(
            facet=alt.Facet("account:N", sort=names, title=None, header=alt.Header(labelPadding=4)),
            columns=1,
            data=slim,
        )
        .resolve_scale(y="independent")
        .properties(spacing=18)
    )


def _menu(slim: pd.DataFrame, names: list[str]) -> Any:
    menu = alt.binding_select(options=names, name="Account ")
    pick = alt.param(name="picked_account", bind=menu, value=names[0])
    return (
        alt.layer(*_layers("width"), data=slim)
        .properties(width=WIDTH, height=320)
        .add_params(pick)
        .transform_filter("datum.account === picked_account")
    )
