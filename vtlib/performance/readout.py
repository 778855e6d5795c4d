"""Read-out of a script: its numbers against what was expected, and its patterns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from vtlib.core.conclusion import number
from vtlib.core.membership import is_in
from vtlib.core.models import RATE_METRICS
from vtlib.performance.forecasts import RATE, VIEWS

NUMBER_COLUMNS = [
    *("post_id", "metric", "expected", "low", "high", "basis", "actual", "n_seen"),
    *("difference_pct", "percentile", "n_own", "missing"),
]
PATTERN_COLUMNS = ["pattern", "n", "ratio", "low", "high", "verdict", "posts_needed", "library"]
LEAST_OWN = 5  # own posts below which no usual range and no percentile is given
LEAST_RATIO = 1.5  # the smallest effect that a library without a word on a pattern is asked to show
FORECAST, USUAL = "forecast", "own posts before it"
RATES = {
    "engagement rate": "engagement_rate",
    "shares a view": "share_rate",
    "saves a view": "save_rate",
}
UNFORECAST = ("shares a view", "saves a view")  # no forecast is made of them
_COUNTS = {
    "engagement rate": RATE_METRICS,
    "shares a view": ("shares",),
    "saves a view": ("saves",),
}


def numbers(posts: pd.DataFrame, verdicts: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Each post's views, engagement, shares and saves beside what was expected: NUMBER_COLUMNS, a
    row a metric.

    `posts`: post_id, account_id, platform, format, posted_at, age_h, views, x7_ln, RATES' columns
    and `<count>_state`; `verdicts`: verdicts of these posts; `own`: own matured plain posts with
    x7_ln, RATES' columns, account_id, platform, format, posted_at. Expected is the frozen forecast,
    where none is the median of the account's own earlier posts of that format, low and high hold 80
    % of them (5 or more, else NaN). Views are those at 7 days, rates those of the last capture,
    whose counts are `n_seen`. `missing` says what a row lacks and what to do.
    """
    rows = []
    for post in posts.to_dict("records"):
        mine = verdicts[verdicts["post_id"].eq(post["post_id"])]
        same = own[
            own["account_id"].eq(post["account_id"])
            & own["format"].eq(post["format"])
            & own["post_id"].ne(post["post_id"])
        ]
        rows.append(_views(post, mine[mine["target"].eq(VIEWS)], same))
        rows += [_rate(post, name, mine, same) for name in RATES]
    return pd.DataFrame(rows, columns=NUMBER_COLUMNS)


def _views(post: Mapping[Any, Any], mine: pd.DataFrame, same: pd.DataFrame) -> dict[str, Any]:
    ln = post["x7_ln"]
    is_known = pd.notna(ln)
    views_so_far = post["views"] if pd.notna(post["views"]) else math.nan
    row = _row(post, "views at 7 days" if is_known else "views so far", same, "x7_ln")
    for name in ("expected", "low", "high"):
        row[name] = math.expm1(row[name]) if pd.notna(row[name]) else math.nan
    forecast = _forecast(mine)
    if forecast is not None:
        row |= {k: math.expm1(v) for k, v in forecast.items()} | {"basis": FORECAST}
    return _held_against(row, math.expm1(ln) if is_known else views_so_far, post, is_late=is_known)


def _rate(
    post: Mapping[Any, Any], name: str, verdicts: pd.DataFrame, same: pd.DataFrame
) -> dict[str, Any]:
    row = _row(post, name, same, RATES[name])
    forecast = (
        _forecast(verdicts[verdicts["target"].eq(RATE)]) if name == "engagement rate" else None
    )
    if forecast is not None:
        row |= {k: math.exp(v) for k, v in forecast.items()} | {"basis": FORECAST}
    return _held_against(row, post[RATES[name]], post, is_late=post["age_h"] >= 168)


def _row(post: Mapping[Any, Any], name: str, same: pd.DataFrame, column: str) -> dict[str, Any]:
    """A row with what the account's own posts usually have: the earlier ones expect, all rank."""
    before = pd.to_datetime(same["posted_at"]) < pd.Timestamp(post["posted_at"])
    earlier = same.loc[before, column].dropna().to_numpy(float)
    every = same[column].dropna().to_numpy(float)
    nan = math.nan
    low, middle, high = (
        np.quantile(earlier, [0.1, 0.5, 0.9]) if len(earlier) >= LEAST_OWN else (nan, nan, nan)
    )
    value = post[column]
    rank = nan
    if len(every) >= LEAST_OWN and pd.notna(value):
        rank = 50 * float((every < value).mean() + (every <= value).mean())
    return {
        "post_id": post["post_id"],
        "metric": name,
        "expected": middle,
        "low": low,
        "high": high,
        "basis": USUAL if pd.notna(middle) else "",
        "percentile": rank,
        "n_own": len(every),
    }


def _forecast(mine: pd.DataFrame) -> dict[str, float] | None:
    """The last prediction that counts for a post, ln: expected, low, high."""
    rows = mine[mine["status"].ne("no forecast") & mine["predicted_ln"].notna()]
    if rows.empty:
        return None
    last = rows.iloc[-1]
    return {
        "expected": float(last["predicted_ln"]),
        "low": float(last["low_ln"]),
        "high": float(last["high_ln"]),
    }


def _held_against(
    row: dict[str, Any], actual: Any, post: Mapping[Any, Any], *, is_late: bool
) -> dict[str, Any]:
    value = float(actual) if pd.notna(actual) else math.nan
    off = math.nan
    if is_late and pd.notna(row["expected"]) and row["expected"] > 0 and post["age_h"] >= 168:
        off = 100 * (value / row["expected"] - 1)
    names = _COUNTS.get(row["metric"], ("views",))
    counts = pd.to_numeric(pd.Series([post[n] for n in names]), errors="coerce")
    return {
        **row,
        "actual": value,
        "n_seen": float(counts.sum(min_count=1)),
        "difference_pct": off,
        "missing": _missing(row, value, post),
    }


def _missing(row: Mapping[str, Any], value: float, post: Mapping[Any, Any]) -> str:
    """What a row lacks, and why; "" = nothing."""
    if pd.isna(post["captured_at"]):
        return "not captured yet: vt scrape --due, or import an export"
    parts = []
    if math.isnan(value):
        names = _COUNTS.get(row["metric"], ("views",))
        states = {str(post.get(f"{n}_state") or "not observed") for n in names}
        parts.append(" and ".join(sorted(states)).replace("_", " "))
    elif post["age_h"] < 168:
        parts.append(f"{post['age_h'] / 24:.1f} days old: compared from 7 days on")
    if row["basis"] != FORECAST and row["metric"] not in UNFORECAST:
        parts.append("no forecast")
    if not row["basis"]:
        parts.append(
            f"{number(row['n_own'], 'own post')} of this format to compare with, {LEAST_OWN} needed"
        )
    return "; ".join(parts)


def verdict(verdicts: pd.DataFrame) -> str:
    """A sentence on how a script's posts did against its forecast of views, or why none."""
    views = verdicts[verdicts["target"].eq(VIEWS)]
    rows = views[views["status"].eq("matured") & views["difference_pct"].notna()]
    if rows.empty:
        early = views["status"].eq("too early").any()
        why = "too early, the posts are not 7 days old" if early else "no post tests a forecast"
        return f"Verdict: cannot be told yet; {why}."
    last = rows.drop_duplicates("post_id", keep="last")
    off, n = float(last["difference_pct"].median()), len(last)
    inside = int(last["is_inside"].astype(bool).sum())
    word = "over" if off >= 0 else "under"
    size = f"{abs(off):,.0f} % {word} the forecast of views"
    if n == 1:
        where = "as expected, inside" if inside else f"{word} what was expected, outside"
        return f"Verdict: {size}: {where} its 80 % interval."
    return f"Verdict: of {n} posts {inside} lie inside their 80 % interval; in the middle {size}."


def patterns_held(
    names: Sequence[str],
    uses: pd.DataFrame,
    past: pd.DataFrame,
    library: Iterable[Mapping[str, Any]],
) -> pd.DataFrame:
    """Which of a script's patterns held on posts made with them: PATTERN_COLUMNS, one row each of
    `names`.

    `uses`: pattern, post_id (posts of scripts with that pattern); `past`: `history`'s frame;
    `library`: what it said when production began (used_patterns). `ratio` is the mean of matured
    plain posts against their own level with an 80 % interval from the scatter of single posts
    (own_scale_ln, own_error_ln; Student's t, own_df), so that one post has one, too. verdict: "use
    again" (interval above 1), "leave out" (below 1), else "cannot be told yet", with the posts
    needed for an effect as large as the library said (x1.5 without a word of it).
    """
    word = {str(p["pattern"]): p for p in library}
    rows = [_pattern(name, uses, past, word.get(name)) for name in names]
    table = pd.DataFrame(rows, columns=PATTERN_COLUMNS)
    table["posts_needed"] = table["posts_needed"].astype("Int64")
    return table


def none_held() -> pd.DataFrame:
    """PATTERN_COLUMNS without a row."""
    return patterns_held([], pd.DataFrame(columns=["pattern", "post_id"]), pd.DataFrame(), [])


def pattern_uses(
    scripts: pd.DataFrame, predictions: pd.DataFrame, links: pd.DataFrame
) -> pd.DataFrame:
    """script_id, pattern, post_id: which posts were made with which patterns.

    `scripts`: script_id, version, structure (source_patterns in it); `predictions`: predictions
    with `patterns`; `links`: script_id, version, post_id. What the plan names counts, and what the
    library knew of it.
    """
    rows = [
        (str(r["script_id"]), int(r["version"]), str(name))
        for r in scripts.to_dict("records")
        for name in (r["structure"] or {}).get("source_patterns") or []
    ]
    rows += [
        (str(r["script_id"]), int(r["version"]), str(p["pattern"]))
        for r in predictions.to_dict("records")
        for p in (r["patterns"] or [])
    ]
    uses = pd.DataFrame(rows, columns=["script_id", "version", "pattern"]).drop_duplicates()
    posts = links[["script_id", "version", "post_id"]]
    return uses.merge(posts, on=["script_id", "version"])[["script_id", "pattern", "post_id"]]


def _pattern(
    name: str, uses: pd.DataFrame, past: pd.DataFrame, word: Mapping[str, Any] | None
) -> dict[str, Any]:
    of = past[is_in(past["post_id"], uses.loc[uses["pattern"].eq(name), "post_id"])]
    of = of[of["lift_ln"].notna() & of["own_scale_ln"].notna()]
    library_text = _library_word(word)
    if of.empty:
        return {"pattern": name, "n": 0, "verdict": "cannot be told yet", "library": library_text}
    error = np.sqrt(of["own_scale_ln"].astype(float) ** 2 + of["own_error_ln"].astype(float) ** 2)
    mean, n = float(of["lift_ln"].mean()), len(of)
    reach = float(stdtrit(max(float(of["own_df"].mean()), 1.0), 0.9))
    half = reach * math.sqrt(float((error**2).sum())) / n
    low, high = math.exp(mean - half), math.exp(mean + half)
    verdict = "use again" if low > 1 else "leave out" if high < 1 else "cannot be told yet"
    sought = abs(math.log(float(word["ratio"]))) if word and pd.notna(word["ratio"]) else 0.0
    sought = max(sought, math.log(LEAST_RATIO))
    n_needed = math.ceil((reach * float(error.mean()) / sought) ** 2)
    return {
        "pattern": name,
        "n": n,
        "ratio": math.exp(mean),
        "low": low,
        "high": high,
        "verdict": verdict,
        "posts_needed": max(n_needed, n + 1) if verdict == "cannot be told yet" else None,
        "library": library_text,
    }


def _library_word(word: Mapping[str, Any] | None) -> str:
    if word is None or pd.isna(word.get("ratio")):
        return "not tested"
    low, high = word.get("ratio_low"), word.get("ratio_high")
    span = f" ({low:.2f} to {high:.2f})" if low is not None and pd.notna(low) else ""
    return f"x{word['ratio']:.2f}{span}, {word.get('claim') or 'no claim'}"


def advice(table: pd.DataFrame) -> list[str]:
    """What to use again, what to leave out, and what cannot be told yet, a line each."""
    lines = []
    for verdict in ("use again", "leave out"):
        some = table[table["verdict"].eq(verdict)]
        texts = [
            (
                f"{r['pattern']} (x{r['ratio']:.2f}, {r['low']:.2f} to {r['high']:.2f}, "
                f"{number(r['n'], 'post')})"
            )
            for r in some.to_dict("records")
        ]
        lines.append(f"{verdict}: {', '.join(texts) or 'nothing can be named yet'}")
    rest = table[table["verdict"].eq("cannot be told yet")]
    if len(rest):
        need = rest["posts_needed"].dropna()
        more = f"; about {int(need.min()):,} posts with it are needed" if len(need) else ""
        lines.append(f"cannot be told yet: {', '.join(rest['pattern'])}{more}")
    return lines


def outcome(verdicts: pd.DataFrame, runs: pd.DataFrame, predictions: pd.DataFrame) -> list[str]:
    """What is known of one script, post by post; honest where nothing is.

    `verdicts`: its verdicts (VERDICT_COLUMNS); `runs`: its links (post_id, url, variant,
    source_multiplier) with `history`'s columns where the post was captured; `predictions`: its
    frozen predictions.
    """
    if predictions.empty and runs.empty:
        return [
            (
                "Neither predicted nor published: a prediction is frozen when a version goes into "
                "production."
            )
        ]
    if runs.empty:
        return [
            *_waiting(predictions),
            "No post is linked yet: vt script track SCRIPT --post-url URL.",
        ]
    lines: list[str] = []
    for run in runs.to_dict("records"):
        mine = verdicts[verdicts["post_id"].eq(run["post_id"])]
        lines += [_head(run), *(f"  {line}" for line in _post_lines(mine, run))]
    return lines


def _post_lines(mine: pd.DataFrame, run: dict[Any, Any]) -> list[str]:
    """Lines on one post: views, engagement rate, percentile, source."""
    views = mine[mine["target"].eq(VIEWS)]
    if views.empty:
        note = "not predicted before it was published, so it is no test of a prediction"
        return [note, *_level(run)]
    lines = [_target_line(row, _views_text, "views at 7 days") for row in views.to_dict("records")]
    rates = mine[mine["target"].eq(RATE) & mine["status"].ne("no forecast")]
    lines += [_target_line(row, _rate_text, "engagement rate") for row in rates.to_dict("records")]
    return lines + _beside(views.iloc[-1], run)


def _target_line(row: dict[Any, Any], form: Any, what: str) -> str:
    """Predicted against actual of one verdict; too early with its projected range."""
    if row["status"] == "no forecast":
        return f"{what}: no forecast, {row['reason']}"
    guess = (
        f"{what}: predicted {form(row['predicted_ln'])} "
        f"({form(row['low_ln'])} to {form(row['high_ln'])}, 80 %), own median "
        f"{form(row['naive_ln'])}"
    )
    if row["status"] == "matured":
        word = "over" if row["difference_pct"] >= 0 else "under"
        inside = "inside" if row["is_inside"] else "outside"
        return (
            f"{guess}; actual {form(row['actual_ln'])}: {abs(row['difference_pct']):,.0f} % "
            f"{word}, "
            f"{inside} the interval"
        )
    early = f"{guess}; {row['status']}: {row['reason']}"
    if pd.notna(row["projected_low_ln"]):
        low, high = form(row["projected_low_ln"]), form(row["projected_high_ln"])
        early += f"; on its way to {low} to {high} (80 %)"
    return early


def _beside(row: pd.Series, run: dict[Any, Any]) -> list[str]:
    """Percentile among the account's own posts at the same age, and what the source video did."""
    lines = []
    if pd.notna(row["percentile"]):
        lines.append(
            f"percentile {row['percentile']:.0f} of the account's own posts at the same age (7 "
            "days)"
        )
    if pd.notna(row["source_percentile"]):
        times = run.get("source_multiplier")
        size = f" (x{times:.1f})" if times is not None and pd.notna(times) else ""
        lines.append(
            f"its source video: percentile {row['source_percentile']:.0f} of its own account{size}"
        )
    return lines


def _level(run: dict[Any, Any]) -> list[str]:
    """An unpredicted post against its account's own level, where both are known."""
    if pd.isna(run.get("x7_ln")):
        return ["not captured yet: vt scrape --due, or import an export"]
    views = _views_text(run["x7_ln"])
    if pd.isna(run.get("lift_ln")):
        return [f"{views} views at 7 days, as far as known; no own level to compare with"]
    return [f"{views} views at 7 days: x{np.exp(run['lift_ln']):.2f} of its own level"]


def _waiting(predictions: pd.DataFrame) -> list[str]:
    latest = predictions[
        predictions["version"].eq(predictions["version"].max()) & predictions["target"].eq(VIEWS)
    ]
    return [
        f"version {row['version']} on {row['account_id']} ({row['format']}): predicted "
        f"{_views_text(row['predicted_ln'])} ({_views_text(row['low_ln'])} to "
        f"{_views_text(row['high_ln'])}, 80 %), own median "
        f"{_views_text(row['naive_ln'])}, frozen {row['made_at']:%Y-%m-%d %H:%M} UTC"
        for row in latest.to_dict("records")
    ]


def _head(run: dict[Any, Any]) -> str:
    variant = f", variant {run['variant']}" if isinstance(run.get("variant"), str) else ""
    at = run.get("age_h")
    age = f", last captured {at / 24:.1f} days old" if at is not None and pd.notna(at) else ""
    return f"{run['post_id']}{variant}{age}"


def _views_text(ln: float) -> str:
    return f"{np.expm1(ln):,.0f}"


def _rate_text(ln: float) -> str:
    return f"{np.exp(ln):.1%}"
