"""03 outliers: every post judged against its own account, stratum by stratum.

A stratum is platform x format x metric. The metric of an account's posts of one format is the reach count
that most of them expose (views, plays or impressions, never mixed); where none is exposed, likes + comments,
as the basis "engagement". docs/method.md says what is computed and why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from vtlib.models import TIERS
from vtlib.params import Outliers
from vtlib.stages.conclusion import Conclusion, done, number, skipped
from vtlib.stats import calibrated, classic, growth, scores, tiers
from vtlib.stats.baseline import LeftOut

REACH = ("views", "plays", "impressions")
PRIOR_TAU_D = {"youtube": 10.0}  # statistics.md, step 4; 3 days elsewhere
DEFAULT_TAU_D = 3.0
STRATUM = ["platform", "format", "metric"]
SCORE_COLUMNS = [
    *("post_id", "account_id", "platform", "format", "basis", "metric", "value", "captured_at"),
    *("age_h", "is_provisional", "n_baseline", "left_out", "x7_ln", "expected_ln", "scale_ln"),
    *("t", "df", "multiplier", "multiplier_low", "multiplier_high", "percentile", "p_value"),
    *("q_value", "tier", "reason"),
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judged project.

    `scores`: SCORE_COLUMNS, one row a post, sorted by the lower end of the multiplier. `strata`: what was
    learnt of each stratum (platform, format, metric, n, priors, growth basis, null). `expected_false_alarms`:
    ordinary posts expected at breakout or above, None for a classic rule, which states none.
    """

    method: str
    scores: pd.DataFrame
    strata: list[dict[str, Any]]
    expected_false_alarms: float | None
    curves: pd.DataFrame

    def count(self, *names: str) -> int:
        return int(self.scores["tier"].isin(names).sum())

    @property
    def n_scored(self) -> int:
        return int((self.scores["reason"] == "").sum())


def judge(posts: pd.DataFrame, pairs: pd.DataFrame, params: Outliers) -> Verdict:
    """Judge all posts of a project.

    `posts`: post_id, account_id, platform, format, posted_at, is_pinned, is_paid, followers, and for each of views,
    plays, impressions and engagement its latest known value and `<metric>_at` (naive UTC). `pairs`: post_id,
    metric, captured_at, value: snapshots of posts captured more than once. An empty frame gives no scores.
    """
    placed = with_metric(posts)
    parts, strata, curves, expected = [], [], [], 0.0
    for key, group in placed.groupby(STRATUM, sort=True, observed=True):
        curve = _growth(group, pairs, key, params)
        found, learnt, chance = _stratum(group, curve, params)
        parts.append(found)
        strata.append({**dict(zip(STRATUM, key, strict=True)), **learnt})
        curves.append(_curve_rows(key, curve))
        expected += chance
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SCORE_COLUMNS)
    table["q_value"] = tiers.q_values(table["p_value"].to_numpy(float))
    calibrated_run = params.method == "calibrated"
    return Verdict(
        params.method,
        table.sort_values(
            ["multiplier_low", "multiplier", "post_id"], ascending=[False, False, True]
        )[SCORE_COLUMNS].reset_index(drop=True),
        strata,
        expected if calibrated_run else None,
        pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=_CURVE),
    )


def with_metric(posts: pd.DataFrame) -> pd.DataFrame:
    """`posts` with `metric`, `value` and `captured_at` of the metric its account is judged by."""
    frame = posts.assign(account=posts["account_id"].fillna(posts["post_id"]))
    keys = [frame["account"], frame["platform"], frame["format"]]
    known = frame[list(REACH)].notna().groupby(keys).transform("sum").to_numpy()
    best = np.where(known.max(axis=1, initial=0) > 0, known.argmax(axis=1), len(REACH))
    names = np.array([*REACH, "engagement"])
    frame["metric"] = names[best]
    values = frame[list(names)].to_numpy(float, na_value=np.nan)
    at = frame[[f"{n}_at" for n in names]].to_numpy("datetime64[us]")
    rows = np.arange(len(frame))
    frame["value"], frame["captured_at"] = values[rows, best], at[rows, best]
    return frame


def select(verdict: Verdict, params: Outliers) -> pd.DataFrame:
    """Posts handed on to analysis: post_id, role (breakout, control), rule.

    Breakouts by the lower end of their multiplier; as controls ordinary posts of the same accounts and
    formats, nearest to their account's usual level, in turn over the accounts.
    """
    table = verdict.scores
    hits = table[table["tier"].isin(["breakout", "extreme"])].head(params.select_limit)
    ordinary = table[(table["tier"] == "none") & (table["reason"] == "")]
    same = ordinary.merge(hits[["account_id", "format"]].drop_duplicates())
    same = same.assign(off=(same["x7_ln"] - same["expected_ln"]).abs())
    same = same.sort_values(["off", "post_id"], kind="stable")
    same["turn"] = same.groupby("account_id").cumcount()
    wanted = round(len(hits) * params.controls_ratio)
    controls = same.sort_values(["turn", "off", "post_id"], kind="stable").head(wanted)
    rule = f"{verdict.method}: breakout or above, top {params.select_limit} by the interval's lower end"
    return pd.concat(
        [
            hits[["post_id"]].assign(role="breakout", rule=rule),
            controls[["post_id"]].assign(
                role="control",
                rule="ordinary posts of the same accounts, nearest to their usual level",
            ),
        ],
        ignore_index=True,
    )


def conclude(verdict: Verdict) -> Conclusion:
    """The stage's sentences, from the numbers."""
    n_all, n = len(verdict.scores), verdict.n_scored
    if not n_all:
        return skipped("outliers", "no posts: import or scrape some first (vt import dataset …)")
    hits = verdict.count("breakout", "extreme")
    lines = [
        (
            f"{number(n, 'post')} of {n_all:,} could be scored, by the {verdict.method} rule: "
            f"{number(hits, 'breakout')}, of which {verdict.count('extreme'):,} extreme, "
            f"and {number(verdict.count('watch'), 'post')} to watch."
        )
    ]
    if verdict.expected_false_alarms is None:
        lines.append("A classic rule states no false-alarm rate; compare with method calibrated.")
    else:
        lines.append(_chance(verdict.expected_false_alarms, hits))
    left = verdict.scores.loc[verdict.scores["reason"] != "", "reason"].value_counts()
    lines += [f"{number(c, 'post')} {reason}." for reason, c in sorted(left.items())]
    return done("outliers", lines, scored=n, breakouts=hits, not_scored=n_all - n)


def summary(verdict: Verdict) -> pd.DataFrame:
    """One row a stratum: platform, format, metric, posts, scored, watch, breakout, extreme, growth, null."""
    table = verdict.scores
    learnt = {tuple(s[k] for k in STRATUM): s for s in verdict.strata}
    rows = []
    for key, group in table.groupby(STRATUM, sort=True):
        facts = learnt[key]
        rows.append(
            {
                **dict(zip(STRATUM, key, strict=True)),
                "accounts": group["account_id"].nunique(),
                "posts": len(group),
                "scored": int((group["reason"] == "").sum()),
                **{t: int((group["tier"] == t).sum()) for t in ("watch", "breakout", "extreme")},
                "growth": facts.get("growth", ""),
                "null": facts.get("null", ""),
            }
        )
    return pd.DataFrame(rows, columns=_SUMMARY)


def _chance(expected: float, hits: int) -> str:
    if expected < 0.05:
        return "Fewer than 0.1 false alarms are to be expected at breakout or above."
    real = max(hits - expected, 0)
    return (
        f"About {expected:.1f} of these would be expected by chance alone if every post were ordinary"
        + (f", so about {real:.0f} of the {hits} are more than luck." if hits else ".")
    )


def _stratum(
    group: pd.DataFrame, curve: growth.Growth, params: Outliers
) -> tuple[pd.DataFrame, dict[str, Any], float]:
    if params.method != "calibrated":
        return _classic(group, params), {"growth": "", "null": ""}, 0.0
    judged = calibrated.judge(_arrays(group), curve, _settings(params))
    use = _thresholds(params)
    chance = tiers.expected_false_alarms(judged, use.breakout).count
    return _rows(group, judged, tiers.tiers(judged, use)), _learnt(judged), chance


def _arrays(group: pd.DataFrame) -> scores.Posts:
    posted = group["posted_at"].to_numpy("datetime64[us]")
    hour = np.timedelta64(3_600_000_000, "us")
    followers = group["followers"].to_numpy(float, na_value=np.nan)
    with np.errstate(divide="ignore"):
        ln_followers = np.where(
            followers > 0, np.log(np.where(followers > 0, followers, 1)), np.nan
        )
    return scores.Posts(
        x=np.log1p(group["value"].to_numpy(float)),
        posted_h=_hours(posted - np.datetime64(0, "us"), hour),
        age_h=_hours(group["captured_at"].to_numpy("datetime64[us]") - posted, hour),
        group=group["account"].factorize(sort=True)[0].astype(np.int64),
        ln_followers=ln_followers,
        is_pinned=group["is_pinned"].eq(True).fillna(value=False).to_numpy(bool),
        is_paid=group["is_paid"].eq(True).fillna(value=False).to_numpy(bool),
    )


def _hours(span: Any, hour: np.timedelta64) -> np.ndarray:
    return np.where(np.isnat(span), np.nan, span / hour)


def _rows(group: pd.DataFrame, judged: scores.Judged, tier: np.ndarray) -> pd.DataFrame:
    account = "engagement" if group["metric"].iloc[0] == "engagement" else "account"
    names = np.array(["none", account, "cohort"])
    return _facts(group).assign(
        basis=names[judged.basis],
        age_h=_arrays(group).age_h,
        is_provisional=judged.is_provisional,
        n_baseline=judged.n_baseline,
        left_out=_left_out(judged.left_out),
        x7_ln=judged.x7_ln,
        expected_ln=judged.expected_ln,
        scale_ln=judged.scale_ln,
        t=judged.t,
        df=judged.df,
        multiplier=judged.multiplier,
        multiplier_low=judged.low,
        multiplier_high=judged.high,
        percentile=judged.percentile,
        p_value=judged.p,
        tier=np.array(TIERS)[tier],
        reason=np.array([scores.REASONS[r] for r in scores.Reason])[judged.reason],
    )


def _facts(group: pd.DataFrame) -> pd.DataFrame:
    return group[
        ["post_id", "account_id", "platform", "format", "metric", "value", "captured_at"]
    ].reset_index(drop=True)


def _left_out(counts: np.ndarray) -> pd.Series:
    names = [kind.name.lower() for kind in LeftOut if kind]
    rows = ({n: int(c) for n, c in zip(names, row, strict=True) if c} for row in counts)
    return pd.Series([json.dumps(r) for r in rows], dtype=object)


def _learnt(judged: scores.Judged) -> dict[str, Any]:
    s = judged.stratum
    null = s.nulls[0]
    return {
        "n_posts": s.n_posts,
        "n_scored": s.n_scored,
        "n_account": s.n_account,
        "n_cohort": s.n_cohort,
        "growth": f"{s.growth.basis}, {s.growth.n_pairs} pairs",
        "growth_tau_d": s.growth.tau_d,
        "scale_s0": _float(s.scale.s0),
        "scale_d0": _float(s.scale.d0),
        "level_a": _float(s.level.a),
        "level_b": _float(s.level.b),
        "level_tau2": _float(s.level.tau2),
        "level_accounts": s.level.n_accounts,
        "null": f"fitted on {null.n} scores, df {null.df:.1f}"
        if null
        else "too few scores to check",
    }


def _float(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _classic(group: pd.DataFrame, params: Outliers) -> pd.DataFrame:
    value = group["value"].to_numpy(float)
    codes = group["account"].factorize(sort=True)[0].astype(np.int64)
    found = _RULES[params.method](value, codes, params)
    missing = np.full(len(group), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiplier = np.where(found.center > 0, value / found.center, np.nan)
    return _facts(group).assign(
        basis=np.where(found.obstacle == 0, params.method, "none"),
        age_h=_arrays(group).age_h,
        is_provisional=False,
        n_baseline=found.n,
        left_out="{}",
        x7_ln=np.log1p(value),
        expected_ln=np.log1p(found.center),
        scale_ln=missing,
        t=found.score,
        df=missing,
        multiplier=multiplier,
        multiplier_low=missing,
        multiplier_high=missing,
        percentile=found.score if params.method == "percentile" else missing,
        p_value=missing,
        tier=np.where(found.flagged, "breakout", "none"),
        reason=np.array([classic.OBSTACLES[o] for o in classic.Obstacle])[found.obstacle],
    )


_RULES: dict[str, Any] = {
    "trimmed_sd": lambda v, g, p: classic.trimmed_sd(
        v, g, k=p.trimmed_sd_k, low=p.trimmed_sd_low, high=p.trimmed_sd_high
    ),
    "median_multiple": lambda v, g, p: classic.median_multiple(v, g, k=p.median_multiple_k),
    "robust_z": lambda v, g, p: classic.robust_z(v, g, k=p.robust_z_k),
    "percentile": lambda v, g, p: classic.percentile(v, g, k=p.percentile_k),
}


def _growth(group: pd.DataFrame, pairs: pd.DataFrame, key: Any, params: Outliers) -> growth.Growth:
    tau_d = PRIOR_TAU_D.get(str(key[0]), DEFAULT_TAU_D)
    seen = pairs[pairs["metric"] == key[2]].merge(group[["post_id", "posted_at"]], on="post_id")
    if seen.empty:
        return growth.prior_growth(tau_d)
    age = (seen["captured_at"] - seen["posted_at"]).dt.total_seconds().to_numpy(float) / 3600
    return growth.fit_growth(
        age,
        np.log1p(seen["value"].to_numpy(float)),
        seen["post_id"].factorize()[0],
        tau_d=tau_d,
        min_pairs=params.growth_min_pairs,
    )


def _curve_rows(key: Any, curve: growth.Growth) -> pd.DataFrame:
    age = np.geomspace(6, 30 * 24, 40)
    return pd.DataFrame(
        {
            "platform": key[0],
            "format": key[1],
            "metric": key[2],
            "age_h": age,
            "g_ln": growth.shift(curve, age),
            "basis": curve.basis,
            "n_pairs": curve.n_pairs,
        }
    )


def _settings(params: Outliers) -> scores.Settings:
    return scores.Settings(
        max_baseline=params.max_baseline,
        window_days=params.window_days,
        min_baseline=params.min_baseline,
        too_early_h=params.too_early_h,
        mature_h=params.mature_h,
        interval=params.interval,
        null_min_scores=params.null_min_scores,
    )


def _thresholds(params: Outliers) -> tiers.Thresholds:
    return tiers.Thresholds(
        watch=tiers.Threshold(params.watch_p, params.watch_multiplier),
        breakout=tiers.Threshold(params.breakout_p, params.breakout_multiplier),
        extreme=tiers.Threshold(params.extreme_p, params.extreme_multiplier),
    )


_CURVE = ["platform", "format", "metric", "age_h", "g_ln", "basis", "n_pairs"]
_SUMMARY = [
    *(*STRATUM, "accounts", "posts", "scored", "watch", "breakout", "extreme", "growth", "null"),
]
