"""Charts of notebook 03: posts against their account's level, multipliers, the growth curve."""

from __future__ import annotations

import warnings
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from vtlib.charts.linked import selected_rows
from vtlib.charts.theme import (
    COLOURS,
    COLUMNS,
    OTHERS,
    SERIES,
    SOURCE,
    WIDTH,
    account_names,
    captions,
    dashed_rule,
    day,
    few_series,
    finish,
    naive_utc,
    nothing,
    number,
    post_tooltip,
    require,
    series_colour,
    significant,
    tier_colour,
    tier_shape,
)
from vtlib.core.figures import times
from vtlib.core.language import say
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
    get a menu, the surest first. Dragging over points lists them below. At most 2,400 posts are
    drawn: every flagged one, then each account's newest. Raises BadInput when a column is missing;
    an empty frame gives a chart that says so.
    """
    title = say("Posts against their account's own level")
    if scores.empty:
        return nothing(say("no post has been scored yet"), title=title, source=source)
    require(scores, tuple(COLUMNS), chart="accounts")
    posts = _bands(scores)
    if posts.empty:
        return nothing(say("no scored post has a time and a value"), title=title, source=source)
    points = _thin(posts)
    is_out = posts["tier"].isin(BREAKOUT_TIERS)
    title = say(
        "{n_out} posts of {n_accounts} accounts break out of {n_posts}",
        n_out=number(int(is_out.sum())),
        n_accounts=number(posts.loc[is_out, "account_id"].nunique()),
        n_posts=number(len(posts)),
    )
    subtitle = say(
        "{source} · n = {n_scores} posts of {n_account_id} accounts",
        source=source,
        n_scores=number(len(scores)),
        n_account_id=number(scores["account_id"].nunique()),
    )
    if len(points) < len(scores):
        n_accounts = points["account_id"].nunique()
        subtitle += say(
            " · drawn: {n_points} posts of {n_accounts} accounts, every breakout first",
            n_points=number(len(points)),
            n_accounts=number(n_accounts),
        )
    subtitle += say(" · band: 80 % of ordinary posts · drag over points to list them")
    names = list(dict.fromkeys(points["account"]))
    slim = _slim(points)
    picture = _rows(slim, names) if len(names) <= MAX_FACETS else _menu(slim, names)
    return finish(picture, title=title, subtitle=subtitle)


def account_posts(posts: pd.DataFrame, *, least: float, source: str = SOURCE) -> Any:
    """One account's posts by how many times its usual level they reached, with a brush (`brush`).

    `posts`: post_id, account_id, platform, posted_at (UTC), value, multiplier, tier; optional
    handle, caption, title, image (data URL). `least`: the multiplier of a breakout, a line. Posts
    without time or multiplier are left out and counted.
    """
    title = "Posts of the account"
    if posts.empty:
        return nothing("no account is chosen", title=title, source=source)
    require(posts, ("post_id", "posted_at", "value", "multiplier", "tier"), chart=title)
    rows = posts.assign(posted_at=naive_utc(posts["posted_at"]), tier=posts["tier"].astype(str))
    rows = rows[rows["posted_at"].notna() & (rows["multiplier"] > 0)].head(MAX_POINTS)
    if rows.empty:
        return nothing("no post of it was scored", title=title, source=source)
    n = int(rows["tier"].isin(BREAKOUT_TIERS).sum())
    title = f"{account_names(rows).iloc[0]}: {n} of {number(len(rows))} posts break out"
    rows = rows.assign(caption=captions(rows, 60))
    keep = ["posted_at", "value", "multiplier", "tier", "caption"]
    slim = significant(rows[[*keep, *(["image"] if "image" in rows else [])]])
    brush = alt.selection_interval(name="brush")
    axis = alt.Axis(labelExpr="'×' + format(datum.value, '~g')", tickCount=6, labelOverlap=True)
    y = alt.Y(
        "multiplier:Q",
        title="times its usual",
        scale=alt.Scale(type="log", nice=False, padding=10),
        axis=axis,
    )
    points = (
        alt.Chart(slim, width="container", height=260)
        .mark_point(filled=True)
        .encode(
            alt.X("posted_at:T", title="posted (UTC)", axis=alt.Axis(tickCount=6)),
            y,
            color=tier_colour(),
            shape=tier_shape(),
            size=alt.condition("datum.tier === 'none'", alt.value(30), alt.value(110)),
            opacity=alt.condition(brush, alt.value(0.95), alt.value(0.25)),
            tooltip=post_tooltip(slim),
        )
        .add_params(brush)
    )
    rule = dashed_rule("multiplier", least).encode(alt.Y("multiplier:Q"))
    left_out = len(posts) - len(rows)
    more = f" · {number(left_out)} without a score" if left_out else ""
    subtitle = f"{source}{more} · dashed: the least of a breakout · drag to list posts"
    return finish(alt.layer(points, rule), title=title, subtitle=subtitle)


def _bands(scores: pd.DataFrame) -> pd.DataFrame:
    posts = scores.assign(posted_at=naive_utc(scores["posted_at"]))
    posts = posts[posts["posted_at"].notna() & posts["value"].notna()].copy()
    multiplier = pd.to_numeric(posts["multiplier"], errors="coerce").astype(float)
    value = posts["value"].astype(float)
    level = (1 + value) / multiplier.where(multiplier > 0) - 1
    low = level * posts["multiplier_low"].astype(float) / multiplier
    high = level * posts["multiplier_high"].astype(float) / multiplier
    # The axis is logarithmic: a post without views is drawn at 1.
    posts["views"] = value.clip(lower=1)
    for name, ends in (("expected", level), ("band_low", low), ("band_high", high)):
        posts[name] = ends.clip(lower=1).replace(np.inf, np.nan)
    posts["account"] = account_names(posts)
    return posts


def _thin(posts: pd.DataFrame) -> pd.DataFrame:
    """Accounts with the surest breakouts first; of each all flagged posts, then the newest."""
    is_breakout = posts["tier"].isin(BREAKOUT_TIERS)
    sure = posts["multiplier_low"].where(is_breakout).fillna(0.0)
    rank = (
        pd.DataFrame({"account_id": posts["account_id"], "flagged": is_breakout, "sure": sure})
        .groupby("account_id")
        .agg(flagged=("flagged", "sum"), sure=("sure", "max"), posts=("sure", "size"))
        .reset_index()
        .sort_values(
            ["flagged", "sure", "posts", "account_id"], ascending=[False, False, False, True]
        )
    )
    best = list(rank["account_id"].head(MAX_MENU))
    order = {account: place for place, account in enumerate(best)}
    subset = posts[posts["account_id"].isin(best)].copy()
    subset["place"] = subset["account_id"].map(order)
    subset["plain"] = ~subset["tier"].isin(FLAGGED_TIERS)
    newest = subset.sort_values(["plain", "posted_at", "post_id"], ascending=[True, False, True])
    few = newest.groupby("place").head(MAX_POINTS // len(best))
    return few.sort_values(["place", "posted_at", "post_id"])


def _slim(posts: pd.DataFrame) -> pd.DataFrame:
    top = posts[posts["tier"].isin(BREAKOUT_TIERS)].sort_values("multiplier_low", ascending=False)
    top = top[_apart(top)].groupby("account").head(NAMED_PER_ACCOUNT)
    pairs = zip(top["multiplier"], captions(top, 22), strict=True)
    texts = pd.Series([f"×{times(m)} {c}".strip() for m, c in pairs], top.index, dtype="object")
    slim = posts.assign(name=texts.reindex(posts.index).fillna(""))
    # A name goes on the side with more room.
    middle = posts["posted_at"].min() + (posts["posted_at"].max() - posts["posted_at"].min()) / 2
    slim["side"] = np.where(posts["posted_at"] < middle, "left", "right")
    slim["caption"] = captions(posts, 60).where(posts["tier"].isin(FLAGGED_TIERS), "")
    keep = (
        "account format posted_at views expected band_low band_high multiplier tier name side "
        "caption"
    )
    images = ["image"] if "image" in posts else []
    return significant(slim[[*keep.split(), *images]])


def _apart(top: pd.DataFrame) -> pd.Series:
    """Which of `top`, the surest first, keep their name: not those that would stand on another."""
    span = max((top["posted_at"].max() - top["posted_at"].min()).total_seconds(), 1)
    named: dict[str, list[tuple[float, float]]] = {}
    is_apart = []
    rows = zip(top["account"], top["posted_at"], top["views"], strict=True)
    for account, posted_at, views in rows:
        at, height = posted_at.timestamp() / span, float(np.log(views))
        others = named.setdefault(account, [])
        is_apart.append(all(abs(at - a) > 0.3 or abs(height - h) > 0.7 for a, h in others))
        if is_apart[-1]:
            others.append((at, height))
    return pd.Series(is_apart, top.index, dtype=bool)


_LISTED = {
    "account": "account",
    "posted_at": "posted (UTC)",
    "views": "views",
    "multiplier": "times its usual",
    "caption": "caption",
}


def _layers(width: str, tips: list[Any], brush: Any) -> list[Any]:
    """The layers of one picture; `width`: name of its width in Vega, which limits names."""
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
    points = base.mark_point(filled=True).encode(
        time,
        count,
        opacity=alt.condition(brush, alt.value(0.9), alt.value(0.2)),
        color=tier_colour(),
        shape=tier_shape(),
        size=alt.condition(
            "indexof(['breakout','extreme'], datum.tier) >= 0", alt.value(110), alt.value(26)
        ),
        tooltip=tips,
    )
    room = alt.expr(f"{width} * 0.46")
    names = [
        base.mark_text(align=side, dx=dx, dy=-7, limit=room, fontWeight=600)
        .transform_filter(f"datum.side === '{side}'")
        .encode(time, count, text="name:N")
        for side, dx in (("left", 8), ("right", -8))
    ]
    return [band, line, points.add_params(brush), *names]


def _views(field: str) -> Any:
    return alt.Y(
        f"{field}:Q",
        title="views",
        scale=alt.Scale(type="log", nice=False, padding=12),
        axis=alt.Axis(format="~s", tickCount=4, grid=False, ticks=False, minExtent=34),
    )


def _rows(slim: pd.DataFrame, names: list[str]) -> Any:
    """One row an account: each on its own scale, all on the same time."""
    brush = alt.selection_interval(name="brush")
    layers = [
        alt.layer(*_layers("width", post_tooltip(slim), brush))
        .transform_filter(alt.datum.account == name)
        .properties(width=WIDTH, height=130, title=alt.TitleParams(name, fontSize=12, offset=4))
        for name in names
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # one brush in all of them, as meant
        accounts = alt.vconcat(*layers, spacing=18).resolve_scale(x="shared")
    return alt.vconcat(accounts, _listed(slim, brush), spacing=18, data=slim)


def _listed(slim: pd.DataFrame, brush: Any) -> Any:
    return selected_rows(
        slim, {name: say(head) for name, head in _LISTED.items()}, brush, first="multiplier"
    )


def _menu(slim: pd.DataFrame, names: list[str]) -> Any:
    menu = alt.binding_select(options=names, name="Account ")
    pick = alt.param(name="picked_account", bind=menu, value=names[0])
    brush = alt.selection_interval(name="brush")
    is_picked = "datum.account === picked_account"
    layers = alt.layer(*_layers("width", post_tooltip(slim), brush))
    account = layers.properties(width=WIDTH, height=320).transform_filter(is_picked)
    table = _listed(slim, brush).transform_filter(is_picked)
    return alt.vconcat(account, table, spacing=18, data=slim).add_params(pick)


ROW_PX = 38


def multipliers(scores: pd.DataFrame, *, limit: int = 20, source: str = SOURCE) -> Any:
    """Top posts by the lower end of their interval: multiplier (point), 80 % interval (line).

    `scores` as for `accounts_over_time`. 1 is the account's own level. Posts without an interval
    (classic rules, not scored) are left out and counted.
    """
    title = say("How far above their account's own level")
    if scores.empty:
        return nothing(say("no post has been scored yet"), title=title, source=source)
    require(scores, tuple(COLUMNS), chart="multipliers")
    sure = scores.dropna(subset=["multiplier", "multiplier_low", "multiplier_high"])
    sure = sure[sure["multiplier_low"] > 0]
    if sure.empty:
        reason = say("this method states no interval") if scores["multiplier"].notna().any() else ""
        return nothing(reason or say("no post has a multiplier"), title=title, source=source)
    top = sure.sort_values(["multiplier_low", "post_id"], ascending=[False, True]).head(limit)
    rows = top.assign(label=_labels(top), rank=range(1, len(top) + 1), posted_at=day(top))
    keep = ["label", "rank", "posted_at", "platform", "tier", *COLUMNS[6:9], "caption"]
    rows = rows.assign(caption=captions(rows, 60))
    keep += ["image"] if "image" in rows else []
    who, most = account_names(top).iloc[0], times(top["multiplier"].iloc[0])
    title = say("{who} reached ×{most} its usual, the surest of all", who=who, most=most)
    subtitle = say(
        "{source} · n = {n_sure} posts with an interval · top {n_top} · line: 80 %",
        source=source,
        n_sure=number(len(sure)),
        n_top=len(top),
    )
    chart = _intervals(significant(rows[keep]))
    return finish(chart, title=title, subtitle=subtitle)


def _intervals(rows: pd.DataFrame) -> Any:
    ends = [*rows["multiplier_low"], *rows["multiplier_high"], 1.0]
    scale = alt.Scale(type="log", domain=[min(ends) * 0.9, max(ends) * 1.1], nice=False)
    axis = alt.Axis(labelExpr="'×' + format(datum.value, '~g')", tickCount=6, labelOverlap=True)
    title = say("times the account's own level (1 = as usual)")
    x, low, usual_x = (
        alt.X(f"{field}:Q", title=title, scale=scale, axis=axis)
        for field in ("multiplier", "multiplier_low", "one")
    )
    y = alt.Y("rank:O", axis=None, scale=alt.Scale(paddingInner=0.2, paddingOuter=0.3))
    base = alt.Chart(rows, width=WIDTH, height=ROW_PX * len(rows))
    tip = [alt.Tooltip("label:N", title="post"), *post_tooltip(rows.drop(columns="posted_at"))]
    usual = dashed_rule("one", 1.0)
    line = base.mark_rule(strokeWidth=3, opacity=0.75, yOffset=7).encode(
        low,
        alt.X2("multiplier_high:Q"),
        y,
        color=tier_colour(),
        tooltip=tip,
    )
    point = base.mark_point(filled=True, size=95, opacity=1, yOffset=7).encode(
        x, y, color=tier_colour(), shape=tier_shape(), tooltip=tip
    )
    name = base.mark_text(
        align="left", baseline="bottom", dy=0, limit=alt.expr("width - 4")
    ).encode(y=y, x=alt.value(2), text="label:N")
    return alt.layer(usual.encode(usual_x), line, point, name)


def _labels(frame: pd.DataFrame) -> pd.Series:
    label = account_names(frame) + " · " + day(frame)
    caption = captions(frame, 48)
    return label + (" · " + caption).where(caption != "", "")


MAX_PAIRS = 300


def growth(
    curve: pd.DataFrame, pairs: pd.DataFrame | None = None, *, source: str = "post_snapshots"
) -> Any:
    """Share of its 7-day count a post has at an age: prior (dashed) or fit (solid), with pairs.

    `curve`: platform, format, age_h (hours, > 0), g_ln (ln of count at that age over count at 7
    days), basis (`prior` or `fitted`), and n_pairs, the number of snapshot pairs behind it.
    `pairs`, optional: platform, format, age_h, g_ln, one row a pair; at most 300 are drawn, evenly
    along age. Raises BadInput when a column is missing.
    """
    title = say("How a post's count grows with age")
    if curve.empty:
        return nothing(say("no growth curve was needed"), title=title, source=source)
    require(curve, ("platform", "format", "age_h", "g_ln", "basis", "n_pairs"), chart="growth")
    names = _stratum_labels(curve)
    lines = _shares(curve, names).assign(
        basis=curve["basis"].to_numpy(), n_pairs=curve["n_pairs"].fillna(0).to_numpy()
    )
    dots = _shares(_sample(pairs), names) if pairs is not None and not pairs.empty else None
    day_1 = (
        lines.assign(off=(lines["age_d"] - 1).abs()).sort_values("off").groupby("stratum").head(1)
    )
    share = day_1["share"].median()
    title = say("After a day a post has {share:.0%} of its 7-day count", share=share)
    n = int(curve.drop_duplicates(["platform", "format"])["n_pairs"].fillna(0).sum())
    kinds = ", ".join(sorted({_basis_word(b) for b in curve["basis"]}))
    subtitle = say(
        "{source} · n = {n:,} snapshot pairs · curve: {kinds} · 100 % = count at 7 days",
        source=source,
        n=n,
        kinds=kinds,
    )
    return finish(_picture(lines, dots), title=title, subtitle=subtitle)


def _stratum_labels(curve: pd.DataFrame) -> dict[str, str]:
    pairs = zip(_strata(curve), curve["basis"].astype(str), strict=True)
    return {stratum: f"{stratum} ({_basis_word(basis)})" for stratum, basis in pairs}


def _basis_word(basis: object) -> str:
    """How people call it: learnt from these posts, or taken from what is known elsewhere."""
    return {"prior": "assumed"}.get(str(basis), str(basis))


def _strata(frame: pd.DataFrame) -> list[str]:
    return [f"{p} · {f}" for p, f in zip(frame["platform"], frame["format"], strict=True)]


def _shares(frame: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    share = np.exp(frame["g_ln"].to_numpy(float))
    stratum = [names.get(name, name) for name in _strata(frame)]
    data = {
        "stratum": stratum,
        "age_d": frame["age_h"].to_numpy(float) / 24,
        "share": share,
    }
    return pd.DataFrame(data).round({"age_d": 4, "share": 4})


def _sample(pairs: pd.DataFrame) -> pd.DataFrame:
    by_age = pairs.sort_values(["age_h", "g_ln"], kind="stable")
    if len(by_age) <= MAX_PAIRS:
        return by_age
    return by_age.iloc[np.linspace(0, len(by_age) - 1, MAX_PAIRS).astype(int)]


_CURVE_TIPS = [
    alt.Tooltip("line:N", title="platform · format"),
    alt.Tooltip("age_d:Q", title="age, days", format=".3~g"),
    alt.Tooltip("share:Q", title="share of the 7-day count", format=".0%"),
]


def _picture(lines: pd.DataFrame, dots: pd.DataFrame | None) -> Any:
    lines = lines.assign(line=lines["stratum"])
    lines = few_series(lines, "stratum", weight="n_pairs", most=len(SERIES))
    # OTHERS are drawn first, under the lines that have a name.
    lines = lines.sort_values("stratum", key=lambda s: s.ne(OTHERS), kind="stable")
    lines = lines.drop(columns="n_pairs")
    colour = series_colour(lines, "stratum", columns=2, labelLimit=240)
    if dots is not None:
        is_named = dots["stratum"].isin(set(lines["stratum"]))
        dots = dots.assign(line=dots["stratum"], stratum=dots["stratum"].where(is_named, OTHERS))
    axis = alt.Axis(values=[0.04, 0.25, 1, 3, 7, 14, 30, 90], format="~g", labelOverlap=True)
    days = alt.X("age_d:Q", title="age (days)", scale=alt.Scale(type="log", nice=False), axis=axis)
    share = alt.Y(
        "share:Q", title=say("share of the 7-day count"), axis=alt.Axis(format="%", tickCount=5)
    )
    dash = alt.StrokeDash(
        "basis:N",
        scale=alt.Scale(domain=["fitted", "prior"], range=[[1, 0], [5, 4]]),
        legend=None,  # the names say it
    )
    line = (
        alt.Chart(lines, width=WIDTH, height=260)
        .mark_line(strokeWidth=2.5)
        .encode(days, share, color=colour, strokeDash=dash, detail="line:N", tooltip=_CURVE_TIPS)
    )
    if dots is None:
        return alt.layer(line)
    marks = alt.Chart(dots).mark_point(filled=True, size=18, opacity=0.4, clip=True)
    return alt.layer(marks.encode(days, share, color=colour, tooltip=_CURVE_TIPS), line)
