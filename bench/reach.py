"""Stated against measured on real posts: past-only p, intervals of forecasts, patterns that come
back in the other half of time.

    .venv/bin/python bench/reach.py [--folder FOLDER] [--picture docs/images/calibration.png]

FOLDER holds Parquet files with account, posted_at, captured_at, views, followers, caption_chars,
n_hashtags and perhaps duration_s and is_copyrighted_sound of real posts (default:
../shared/real/reach). Every post is judged by earlier ones of its account and forecast from them;
spreads are learnt from the first half of the posts and tried on the second. --picture draws the
first two tables (PNG or SVG by the file's name): the picture of docs/method.md.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import vl_convert
from PIL import Image

from vtlib.charts.theme import COLOURS, finish
from vtlib.core.params import Outliers
from vtlib.core.proportions import rate
from vtlib.outliers import rule
from vtlib.outliers.growth import Growth
from vtlib.outliers.judgement import judge
from vtlib.outliers.scores import Basis, Posts, RuleSettings
from vtlib.outliers.trailing import MATURE_H, trailing
from vtlib.performance.patterns import Feature, find
from vtlib.performance.patterns.features import post_features
from vtlib.performance.predictions import Outlook, calibrate, forecast

FOLDER = Path(__file__).parent.parent.parent / "shared" / "real" / "reach"
COVER, COVER_QUARTILE = (0.76, 0.84), (0.72, 0.88)
SAME_SIGN, REPEATED, CLAIM_P = 0.8, 0.5, 0.10
STATED = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
P_RANGES = {0.01: (0.007, 0.014), 0.05: (0.04, 0.065)}  # by quartile of volatility: a factor of two
LEVEL = 0.95  # of the binomial intervals, as if posts fell independently of one another
QUARTILES = ("steady", "2", "3", "wild")  # of volatility
PAST, STUDENT = "past-only p", "Student's t alone"


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


def tails(posts: pd.DataFrame) -> pd.DataFrame:
    """Tail of every post judged by earlier ones of its account: columns PAST, STUDENT, quartile
    (0 to 3).
    """
    hours, captured = (
        posts[c].to_numpy("datetime64[s]").astype(float) / 3600
        for c in ("posted_at", "captured_at")
    )
    followers, none = posts["followers"].to_numpy(float), np.zeros(len(posts), bool)
    judged = rule.judge(
        Posts(
            x=np.log1p(posts["views"].to_numpy(float)),
            posted_h=hours,
            age_h=captured - hours,
            group=posts["account_id"].factorize(sort=True)[0].astype(np.int64),
            ln_followers=np.log(np.where(followers > 0, followers, np.nan)),
            is_pinned=none,
            is_paid=none,
        ),
        Growth("prior", 3.0),
        RuleSettings(look="past"),
    )
    own = judged.basis == Basis.ACCOUNT
    scale = judged.scale_ln[own]
    quartile = np.searchsorted(np.quantile(scale, [0.25, 0.5, 0.75]), scale)
    return pd.DataFrame({PAST: judged.p[own], STUDENT: judged.p_tail[own], "quartile": quartile})


def shares(judged: pd.DataFrame) -> pd.DataFrame:
    """Share of posts under each stated p, with its binomial interval: method, stated, share,
    low, high, n.
    """
    rows = []
    for method in (PAST, STUDENT):
        for stated in STATED:
            under = rate(int((judged[method] < stated).sum()), len(judged), interval=LEVEL)
            rows.append((method, stated, under.share, under.low, under.high, under.n))
    return pd.DataFrame(rows, columns=["method", "stated", "share", "low", "high", "n"])


def keeps(judged: pd.DataFrame) -> bool:
    """Whether the past-only p holds what P_RANGES state, in all and within a factor of two in
    every quartile.
    """
    kept = True
    for stated, (low, high) in P_RANGES.items():
        under = judged[PAST] < stated
        parts = under.groupby(judged["quartile"]).mean()
        kept &= low <= under.mean() <= high
        kept &= bool(parts.between(stated / 2, 2 * stated).all())
    return kept


def forecasts(posts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, float]:
    """Of the later half's 80 % intervals: (n,) whether the post lies inside, (n,) its quartile,
    mean width in ln.
    """
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
    quartile = np.empty(len(inside), np.int64)
    for k, part in enumerate(np.array_split(np.argsort(levels.scale[late], kind="stable"), 4)):
        quartile[part] = k
    return inside, quartile, float((made.high - made.low)[late].mean())


def coverage(inside: np.ndarray, quartile: np.ndarray) -> pd.DataFrame:
    """Coverage by quartile of volatility with its binomial interval: quartile, share, low, high,
    n.
    """
    rows = []
    for k, name in enumerate(QUARTILES):
        part = rate(int(inside[quartile == k].sum()), int((quartile == k).sum()), interval=LEVEL)
        rows.append((name, part.share, part.low, part.high, part.n))
    return pd.DataFrame(rows, columns=["quartile", "share", "low", "high", "n"])


def picture(tables: dict[str, tuple[pd.DataFrame, pd.DataFrame]]) -> Any:
    """Chart of `shares` (above) and `coverage` (below) of each set of posts, one column a set."""
    columns = []
    for name, (share, cover) in tables.items():
        n = f"{name}: {share['n'].iloc[0]:,} posts"
        below = f"{cover['n'].sum():,} later posts"
        columns.append(alt.vconcat(_share_panel(share, n), _coverage_panel(cover, below)))
    chart = finish(
        alt.hconcat(*columns, spacing=40),
        title="Stated against measured on real TikTok posts, each judged by earlier ones alone",
        subtitle="dashed: what is stated; shaded: what is promised · bars: 95 % binomial "
        "intervals, posts taken as independent",
    )
    chart.config.background = "white"
    chart.padding = 14
    return chart


def _share_panel(share: pd.DataFrame, title: str) -> Any:
    axis = {"type": "log", "domain": [0.0005, 0.7], "nice": False}
    look = {"values": [0.001, 0.01, 0.1, 0.5], "format": "~%", "labelFlush": False}
    x = alt.X("stated:Q", scale=alt.Scale(**axis), axis=alt.Axis(title="stated: p under", **look))
    y = alt.Y(
        "share:Q", scale=alt.Scale(**axis), axis=alt.Axis(title="measured: share of posts", **look)
    )
    colour = alt.Color(
        "method:N",
        scale=alt.Scale(domain=[PAST, STUDENT], range=[COLOURS["blue"], COLOURS["vermillion"]]),
    )
    shape = alt.Shape(
        "method:N", scale=alt.Scale(domain=[PAST, STUDENT], range=["circle", "square"])
    )
    shown = share.assign(low=share["low"].clip(lower=0.0005))
    base = alt.Chart(shown, width=330, height=300, title=alt.TitleParams(title, fontSize=12))
    ends = pd.DataFrame({"stated": [0.0005, 0.7], "share": [0.0005, 0.7]})
    ideal = alt.Chart(ends).mark_line(strokeDash=[5, 4], color=COLOURS["grey"]).encode(x, y)
    promised = pd.DataFrame(
        [(p / 1.12, p * 1.12, low, high) for p, (low, high) in P_RANGES.items()],
        columns=["x", "x2", "y", "y2"],
    )
    band = (
        alt.Chart(promised)
        .mark_rect(color=COLOURS["grey"], opacity=0.3)
        .encode(alt.X("x:Q", scale=alt.Scale(**axis)), alt.Y("y:Q"), x2="x2:Q", y2="y2:Q")
    )
    points = base.mark_point(size=46, filled=True, opacity=1).encode(x, y, colour, shape)
    bars = base.mark_rule(strokeWidth=1.6).encode(x, alt.Y("low:Q"), alt.Y2("high:Q"), colour)
    return band + ideal + bars + points


def _coverage_panel(cover: pd.DataFrame, title: str) -> Any:
    x = alt.X(
        "quartile:N",
        sort=list(QUARTILES),
        axis=alt.Axis(title="quartile of the account's volatility", labelAngle=0),
    )
    scale = alt.Scale(domain=[0.6, 1.0], zero=False)
    y = alt.Y(
        "share:Q",
        scale=scale,
        axis=alt.Axis(
            title="inside their 80 % interval", format="%", values=[0.6, 0.7, 0.8, 0.9, 1]
        ),
    )
    base = alt.Chart(cover, width=330, height=170, title=alt.TitleParams(title, fontSize=12))
    stated = alt.Chart(pd.DataFrame({"y": [0.8]})).mark_rule(
        strokeDash=[5, 4], color=COLOURS["grey"]
    )
    low, high = COVER_QUARTILE
    band = (
        alt.Chart(pd.DataFrame({"y": [low], "y2": [high]}))
        .mark_rect(color=COLOURS["grey"], opacity=0.2)
        .encode(alt.Y("y:Q", scale=scale), y2="y2:Q")
    )
    bars = base.mark_rule(strokeWidth=2, color=COLOURS["blue"]).encode(
        x, alt.Y("low:Q", scale=scale), alt.Y2("high:Q")
    )
    points = base.mark_point(size=60, filled=True, opacity=1, color=COLOURS["blue"]).encode(x, y)
    return band + stated.encode(alt.Y("y:Q", scale=scale)) + bars + points


def save(chart: Any, path: Path) -> None:
    """Write the chart as SVG or PNG, by the file's name."""
    spec = chart.to_json()
    if path.suffix == ".svg":
        path.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")
        return
    drawn = Image.open(io.BytesIO(vl_convert.vegalite_to_png(spec, scale=1.5)))
    drawn.convert("RGB").quantize(64).save(path, optimize=True)  # a quarter of the bytes


def patterns(posts: pd.DataFrame) -> tuple[int, int, int, list[str]]:
    """Claims in either half of time, how many have the same sign in the other, how many are
    there again (one-sided p up to .10), and what the whole library calls repeatable.
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
    return pd.concat([values.frame(), *parts], ignore_index=True), [*features, *extra]


def main() -> int:
    """Print the three tables; 1 when a stated range is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--picture", type=Path, help="draw p and intervals into this PNG or SVG")
    args = parser.parse_args()
    files = sorted(args.folder.glob("*.parquet")) if args.folder.is_dir() else []
    if not files:
        print(f"No real posts in {args.folder}: nothing was measured on real posts here.")
        return 0
    posts = {path.stem.removeprefix("tiktok_"): posts_of(path) for path in files}
    missed, tables = False, {}
    print("share of posts under a stated p, each judged by earlier posts alone")
    for name, frame in posts.items():
        judged = tails(frame)
        found = shares(judged)
        _print_shares(name, judged, found)
        missed |= not keeps(judged)
        inside, quartile, width = forecasts(frame)
        tables[name] = (found, coverage(inside, quartile), float(inside.mean()), width)
    print(
        "\n80 % intervals of forecasts, stated .76 to .84 in all, .72 to .88 by quartile of "
        "volatility"
    )
    for name, (_, cover, whole, width) in tables.items():
        parts = " ".join(f"{q:.3f}" for q in cover["share"])
        print(f"{name:22} {whole:.3f}   {parts}   mean width {width:.2f} ln")
        missed |= not COVER[0] <= whole <= COVER[1]
        missed |= not cover["share"].between(*COVER_QUARTILE).all()
    if args.picture:
        save(picture({name: table[:2] for name, table in tables.items()}), args.picture)
        print(f"drawn into {args.picture}")
    print(
        "\npatterns claimed in one half of time and looked for in the other: 8 of 10 of one "
        "sign, half again"
    )
    for name, frame in posts.items():
        claimed, same, again, sure = patterns(frame)
        print(
            f"{name:22} claimed {claimed}, same sign {same}, again {again}; repeatable: "
            f"{', '.join(sure) or 'none'}"
        )
        missed |= claimed > 0 and (same < SAME_SIGN * claimed or again < REPEATED * claimed)
    return int(missed)


def _print_shares(name: str, judged: pd.DataFrame, found: pd.DataFrame) -> None:
    print(
        f"{name}, {len(judged):,} posts"
        + " " * 8
        + "stated %  "
        + " ".join(f"{100 * p:6.1f}" for p in STATED)
    )
    for method, rows in found.groupby("method", sort=False):
        print(f"{method:>34}  " + " ".join(f"{100 * v:6.2f}" for v in rows["share"]))
    for stated in P_RANGES:
        parts = (judged[PAST] < stated).groupby(judged["quartile"]).mean()
        print(
            f"   p < {stated} by quartile of volatility: "
            + " ".join(f"{100 * v:.2f}" for v in parts)
            + " %"
        )


if __name__ == "__main__":
    sys.exit(main())
