"""03 outliers: every post judged against its own account, stratum by stratum.

A stratum is platform x format x metric (x length for unknown formats). `counters` decides which
counter an account is judged by and which posts make one series; the sentences are in `messages`.
docs/method.md says what is computed and why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.conclusion import Conclusion
from vtlib.core.language import marked, stored
from vtlib.core.models import BREAKOUT_TIERS, FLAGGED_TIERS, TIERS
from vtlib.core.params import Outliers
from vtlib.outliers import classic, counters, early_calls, growth, messages, rising_tags, scores
from vtlib.outliers import rule as calibrated
from vtlib.outliers.baseline import BaselineExclusion
from vtlib.outliers.chance import Chance, chance, combine
from vtlib.outliers.counters import captures_again, definition_changes
from vtlib.outliers.growth import age_trend
from vtlib.outliers.messages import chance_note, notes, remarks

PRIOR_TAU_D = {"youtube": 10.0}  # statistics.md, step 4; 3 days elsewhere
DEFAULT_TAU_D = 3.0
STRATUM = ["platform", "format", "metric"]
SCORE_COLUMNS = [
    *("post_id", "account_id", "platform", "format", "basis", "metric", "value", "captured_at"),
    *("age_h", "is_provisional", "n_baseline", "left_out", "x7_ln", "expected_ln", "scale_ln"),
    *("t", "df", "multiplier", "multiplier_low", "multiplier_high", "percentile", "p_value"),
    *("q_value", "tier", "reason", "p_tail", "look", "notes"),
]


@dataclass(frozen=True, slots=True)
class EarlyInputs:
    """`calls`: early calls that earlier runs stored (post_id, probability, base_ratio, needed);
    `uses`: posts with their hashtags and sounds (`rising_tags.trends`); `searches`: hashtags and
    words that posts were searched by.
    """

    calls: pd.DataFrame | None = None
    uses: pd.DataFrame | None = None
    searches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judged project.

    `scores`: SCORE_COLUMNS, one row a post, sorted by the lower end of the multiplier. `strata`:
    what was learnt of each stratum (platform, format, metric, part, n, priors, growth basis,
    chance, age). `expected_false_alarms_low` to `expected_false_alarms`: ordinary posts at breakout
    or above, a range, None for a classic rule, which states none; `student` what Student's t alone
    would give. `remarks`: sentences. `inputs_digest`: of the ids, values and times of capture that
    were judged, in the order given.
    """

    method: str
    scores: pd.DataFrame
    strata: list[dict[str, Any]]
    expected_false_alarms: float | None
    curves: pd.DataFrame
    expected_false_alarms_low: float | None = None
    student: float | None = None
    chance_words: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    early: early_calls.Early = field(
        default_factory=lambda: early_calls.combine_strata([], None, Outliers())
    )
    trends: rising_tags.Trends = rising_tags.NO_TRENDS
    inputs_digest: str = ""

    def count(self, *names: str) -> int:
        return int(self.scores["tier"].isin(names).sum())

    @property
    def n_scored(self) -> int:
        return int((self.scores["reason"] == "").sum())


def judge(
    posts: pd.DataFrame,
    pairs: pd.DataFrame,
    params: Outliers,
    *,
    since: pd.Timestamp | None = None,
    early: EarlyInputs | None = None,
) -> Verdict:
    """Judge all posts of a project.

    `posts`: post_id, account_id, platform, format, posted_at, is_pinned, is_paid, followers, and
    for each of views, plays, impressions and engagement its latest known value and `<metric>_at`
    (naive UTC). `pairs`: post (place in `posts`) or post_id, metric, captured_at, value: snapshots
    of posts captured more than once, by post and time. `since` (naive UTC): with no `look` set,
    posts published later are judged by earlier ones alone. Optional columns of posts:
    is_coauthored, duration_s. An empty frame gives no scores.
    `early`: what the early calls need besides.
    """
    frame, lengths = with_strata(posts)
    parts, strata, curves, ranges, calls = [], [], [], [], []
    inputs = early or EarlyInputs()
    for key, group in strata_of(frame):
        curve = growth_curve(group, pairs, key, params)
        rows, learnt, range_ = _stratum(group, curve, params, since)
        parts.append(rows.assign(notes=notes(group, rows, least_value(group, params), lengths)))
        strata.append({**dict(zip([*STRATUM, "part"], key, strict=True)), **learnt})
        curves.append(_curve_rows(key, curve))
        ranges += [range_] if range_ else []
        calls += _early(group, pairs, key, params)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SCORE_COLUMNS)
    table["q_value"] = scores.q_values(table["p_value"].to_numpy(float))
    total = combine(ranges) if params.method == "calibrated" else None
    return Verdict(
        params.method,
        table[SCORE_COLUMNS].take(scores.surest_first(table)).reset_index(drop=True),
        strata,
        float(total.high) if total else None,
        pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=_CURVE),
        float(total.low) if total else None,
        total.student if total else None,
        tuple(sorted({r.word for r in ranges if r.word and r.n_flagged})),
        remarks(frame, table, strata, params, (since, lengths)) if total else (),
        early_calls.combine_strata(calls, inputs.calls, params),
        rising_tags.trends(inputs.uses, params, searches=inputs.searches),
        _digest(frame),
    )


def _digest(frame: pd.DataFrame) -> str:
    digest = hashlib.sha256("\n".join(frame["post_id"].tolist()).encode())
    for numbers in (frame["value"].to_numpy(np.float64), _us(frame["captured_at"])):
        digest.update(numbers.tobytes())
    return digest.hexdigest()


def _us(times: pd.Series) -> np.ndarray:
    return times.to_numpy("datetime64[us]").view(np.int64)


def with_strata(posts: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    """`posts` with metric, value and part (STRATUM + part: what is judged together), and the
    limits of length behind `part`.
    """
    frame = counters.with_metric(posts)
    frame["part"], lengths = counters.split_by_length(frame)
    return frame, lengths


def strata_of(frame: pd.DataFrame) -> Iterator[tuple[Any, pd.DataFrame]]:
    """(STRATUM and part, its posts) of each stratum, in order."""
    groups = frame.groupby([*STRATUM, "part"], sort=True, observed=True)
    if groups.ngroups == 1:  # most often; its posts are all of them
        yield tuple(frame[[*STRATUM, "part"]].iloc[0]), frame
    else:
        yield from groups


def select(verdict: Verdict, params: Outliers) -> pd.DataFrame:
    """Posts picked for analysis: post_id, role (breakout, control), rule.

    Breakouts by the lower end of their multiplier; controls are ordinary posts of the same accounts
    and formats, nearest to their account's usual level, one account after the other.
    """
    table = verdict.scores
    hits = table[table["tier"].isin(BREAKOUT_TIERS)].head(params.select_limit)
    own = table.loc[
        table["account_id"].isin(hits["account_id"]),
        ["post_id", "account_id", "format", "x7_ln", "expected_ln", "tier", "reason"],
    ]
    ordinary = own[(own["tier"] == "none") & (own["reason"] == "")]
    same = ordinary.merge(hits[["account_id", "format"]].drop_duplicates())
    same = same.assign(off=(same["x7_ln"] - same["expected_ln"]).abs())
    same = same.sort_values(["off", "post_id"], kind="stable")
    same["turn"] = same.groupby("account_id").cumcount()
    n_controls = round(len(hits) * params.controls_ratio)
    controls = same.sort_values(["turn", "off", "post_id"], kind="stable").head(n_controls)
    facts = {"method": verdict.method, "n": params.select_limit}
    rule = (
        stored("{method}: breakout or above, top {n} by the interval's lower end", **facts)
        if verdict.method == "calibrated"
        else stored("{method}: breakout or above, top {n} by the multiplier", **facts)
    )
    return pd.concat(
        [
            hits[["post_id"]].assign(role="breakout", rule=rule),
            controls[["post_id"]].assign(
                role="control",
                rule=stored("ordinary posts of the same accounts, nearest to their usual level"),
            ),
        ],
        ignore_index=True,
    )


def baseline_of(
    posts: pd.DataFrame, scores: pd.DataFrame, post_id: str, params: Outliers
) -> pd.DataFrame:
    """The posts that a post was judged against by the default rule, nearest in time first:
    post_id, account_id, platform, format, metric, value, posted_at.

    `posts` as for `judge`, `scores` its scores. Empty for a post that was not scored, and for one
    judged against its cohort.
    """
    row = scores[scores["post_id"].eq(post_id) & ~scores["basis"].isin(["none", "cohort"])]
    placed, _ = with_strata(posts)
    names = ["post_id", "account_id", "platform", "format", "metric", "value", "posted_at"]
    if row.empty:
        return placed.loc[[], names]
    key = placed.loc[placed["post_id"].eq(post_id), [*STRATUM, "part"]].iloc[0]
    group = placed[placed[[*STRATUM, "part"]].eq(key).all(axis=1)].reset_index(drop=True)
    arrays = _arrays(group)
    at = int(group.index[group["post_id"].eq(post_id)][0])
    gap_h = arrays.posted_h - arrays.posted_h[at]
    kinds = calibrated.left_out_kinds(arrays, mature_h=params.mature_h)
    near = (arrays.group == arrays.group[at]) & (kinds == BaselineExclusion.SERVES)
    near &= (np.abs(gap_h) <= params.window_days * 24) & (np.arange(len(group)) != at)
    near &= gap_h < 0 if row["look"].iloc[0] == "past" else True
    near_posts = group[near].assign(off=np.abs(gap_h)[near], gap=gap_h[near])
    return near_posts.sort_values(["off", "gap"]).head(params.max_baseline)[names]


def conclude(verdict: Verdict, params: Outliers | None = None) -> Conclusion:
    """The stage's sentences, from the numbers (`messages.conclude`)."""
    return messages.conclude(verdict, params or Outliers())


def summary(verdict: Verdict) -> pd.DataFrame:
    """One row a stratum: platform, format, metric, posts, scored, posts by tier, growth, chance."""
    table = verdict.scores
    learnt: dict[tuple[Any, ...], dict[str, Any]] = {}
    for s in verdict.strata:
        learnt.setdefault(tuple(s[k] for k in STRATUM), s)
    rows = []
    for key, group in table.groupby(STRATUM, sort=True):
        facts = learnt[key]
        rows.append(
            {
                **dict(zip(STRATUM, key, strict=True)),
                "accounts": group["account_id"].nunique(),
                "posts": len(group),
                "scored": int((group["reason"] == "").sum()),
                **{t: int((group["tier"] == t).sum()) for t in FLAGGED_TIERS},
                "growth": facts.get("growth", ""),
                "chance": facts.get("chance", ""),
            }
        )
    return pd.DataFrame(rows, columns=_SUMMARY)


def _stratum(
    group: pd.DataFrame, curve: growth.Growth, params: Outliers, since: pd.Timestamp | None
) -> tuple[pd.DataFrame, dict[str, Any], Chance | None]:
    if params.method != "calibrated":
        return _classic(group, params), {"growth": "", "chance": ""}, None
    rows, ranges, learnt = None, [], {}
    for one in looks(group, curve, params, since):
        tier, range_ = call(one, least_value(group, params), params)
        frame = _rows(group, one.result, tier).assign(look=one.name)
        rows = frame if rows is None else frame.where(pd.Series(one.here), rows)
        ranges.append(range_)
        learnt = _learnt(one.result)
    assert rows is not None  # noqa: S101 - a stratum has posts
    both = combine(ranges)
    trend = age_trend(np.log(rows["multiplier"].to_numpy(float)), rows["age_h"].to_numpy(float))
    return (
        rows,
        {**learnt, "chance": chance_note(both), "age": asdict(trend) if trend else {}},
        both,
    )


@dataclass(frozen=True, slots=True)
class JudgedLook:
    """A stratum judged one way, before any threshold: `name` past or around, `here` (n,) the posts
    that this way counts for, `x` (n,) ln(1 + value), `result` of all n.
    """

    name: str
    here: np.ndarray
    x: np.ndarray
    result: scores.JudgedPosts


def looks(
    group: pd.DataFrame, curve: growth.Growth, params: Outliers, since: pd.Timestamp | None
) -> list[JudgedLook]:
    """The calibrated rule on the posts of a stratum, once a look that some of them need."""
    posts, is_new = _arrays(group), _past(group, params, since)
    return [
        JudgedLook(
            name,
            here,
            posts.x,
            calibrated.judge(posts, curve, early_calls.settings_of(params, name)),
        )
        for name, here in (("around", ~is_new), ("past", is_new))
        if here.any()
    ]


def call(look: JudgedLook, least: float, params: Outliers) -> tuple[np.ndarray, Chance]:
    """(n,) tiers as positions in `models.TIERS`, and the range of chance among the posts `here`.

    `least`: what a breakout must have counted (`least_value`). Reads thresholds of `params` alone,
    so a look can be called again by others.
    """
    result, use = look.result, _thresholds(params)
    least_ln = np.log1p(least) + (result.x7_ln - look.x)
    able = scores.can_reach(result, "breakout", least_ln) & look.here
    breakout = use.breakout
    range_ = chance(
        result, p=breakout.p, multiplier=breakout.multiplier, among=able, least_ln=least_ln
    )
    return scores.tiers(result, use, least_ln=least_ln), range_


def _early(
    group: pd.DataFrame, pairs: pd.DataFrame, key: Any, params: Outliers
) -> list[early_calls.CallStratum]:
    """Early calls of a stratum, by the calibrated rule alone."""
    if params.method != "calibrated":
        return []
    tau_d = PRIOR_TAU_D.get(str(key[0]), DEFAULT_TAU_D)
    rule = early_calls.rule_of(params, least_value(group, params), tau_d)
    return [early_calls.early_part(group, _arrays(group), pairs, rule)]


def _past(group: pd.DataFrame, params: Outliers, since: pd.Timestamp | None) -> np.ndarray:
    """(n,) which posts are judged by earlier ones alone."""
    if params.look is not None or since is None:
        return np.full(len(group), params.look == "past")
    return group["posted_at"].gt(since).fillna(value=False).to_numpy(bool)


def least_value(group: pd.DataFrame, params: Outliers) -> float:
    """What a post of this stratum must have counted to be called a breakout."""
    is_engagement = group["metric"].iloc[0] == "engagement"
    return params.min_value.engagement if is_engagement else params.min_value.views


def _arrays(group: pd.DataFrame) -> scores.Posts:
    posted_at = group["posted_at"].to_numpy("datetime64[us]")
    followers = group["followers"].to_numpy(float, na_value=np.nan)
    with np.errstate(divide="ignore"):
        ln_followers = np.where(
            followers > 0, np.log(np.where(followers > 0, followers, 1)), np.nan
        )
    return scores.Posts(
        x=np.log1p(group["value"].to_numpy(float)),
        posted_h=early_calls.hours(posted_at),
        age_h=_ages(group),
        group=_series(group),
        ln_followers=ln_followers,
        is_pinned=_is(group, "is_pinned"),
        is_paid=_is(group, "is_paid"),
        is_coauthored=_is(group, "is_coauthored"),
    )


def _is(group: pd.DataFrame, flag: str) -> np.ndarray:
    """True only where known to be so."""
    if flag not in group:
        return np.zeros(len(group), bool)
    return group[flag].eq(True).fillna(value=False).to_numpy(bool)


def _series(group: pd.DataFrame) -> np.ndarray:
    """Codes of what is compared: an account, between two changes of what its counter means."""
    account = group["account"].factorize(sort=True)[0].astype(np.int64)
    first = group.iloc[0]
    cuts = definition_changes(str(first["platform"]), str(first["format"]), str(first["metric"]))
    if not cuts:
        return account
    at = np.array([c.since for c in cuts], "datetime64[us]")
    era = np.searchsorted(at, group["posted_at"].to_numpy("datetime64[us]"), side="right")
    return group.groupby([account, era]).ngroup().to_numpy(np.int64)


def _ages(group: pd.DataFrame) -> np.ndarray:
    """(n,) hours from posting to capture, NaN = unknown."""
    captured_at, posted_at = (
        group[name].to_numpy("datetime64[us]") for name in ("captured_at", "posted_at")
    )
    return early_calls.hours(np.datetime64(0, "us") + (captured_at - posted_at))


def _rows(group: pd.DataFrame, result: scores.JudgedPosts, tier: np.ndarray) -> pd.DataFrame:
    account = "engagement" if group["metric"].iloc[0] == "engagement" else "account"
    names = ["none", account, "cohort"]
    return _facts(group).assign(
        basis=scores.texts(names, result.basis),
        age_h=_ages(group),
        is_provisional=result.is_provisional,
        n_baseline=result.n_baseline,
        left_out=_left_out(result.left_out),
        x7_ln=result.x7_ln,
        expected_ln=result.expected_ln,
        scale_ln=result.scale_ln,
        t=result.t,
        df=result.df,
        multiplier=result.multiplier,
        multiplier_low=result.low,
        multiplier_high=result.high,
        percentile=result.percentile,
        p_value=result.p,
        p_tail=result.p_tail,
        tier=scores.texts(TIERS, tier),
        reason=scores.texts([scores.REASONS[r] for r in scores.Reason], result.reason),
    )


def _facts(group: pd.DataFrame) -> pd.DataFrame:
    return group[
        ["post_id", "account_id", "platform", "format", "metric", "value", "captured_at"]
    ].reset_index(drop=True)


def _left_out(counts: np.ndarray) -> pd.Series:
    names = [kind.name.lower() for kind in BaselineExclusion if kind]
    base = int(counts.max(initial=0)) + 1
    if base ** counts.shape[1] > np.iinfo(np.int64).max:
        kinds, kind = np.unique(counts, axis=0, return_inverse=True)
    else:  # most posts of an account are alike; one number a row is found by hash
        key = counts.astype(np.int64) @ (base ** np.arange(counts.shape[1], dtype=np.int64))
        kind, first = pd.factorize(key)
        kinds = np.stack([first // base**k % base for k in range(counts.shape[1])], axis=1)
    rows = [json.dumps({n: int(c) for n, c in zip(names, row, strict=True) if c}) for row in kinds]
    return scores.texts(rows, kind.ravel())


def _learnt(result: scores.JudgedPosts) -> dict[str, Any]:
    s = result.stratum
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
    }


def _float(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _classic(group: pd.DataFrame, params: Outliers) -> pd.DataFrame:
    value = group["value"].to_numpy(float)
    codes = group["account"].factorize(sort=True)[0].astype(np.int64)
    result = _RULES[params.method](value, codes, params)
    missing = np.full(len(group), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiplier = np.where(result.center > 0, value / result.center, np.nan)
    return _facts(group).assign(
        basis=np.where(result.obstacle == 0, params.method, "none"),
        age_h=_ages(group),
        is_provisional=False,
        n_baseline=result.n,
        left_out="{}",
        x7_ln=np.log1p(value),
        expected_ln=np.log1p(result.center),
        scale_ln=missing,
        t=result.score,
        df=missing,
        multiplier=multiplier,
        multiplier_low=missing,
        multiplier_high=missing,
        percentile=result.score if params.method == "percentile" else missing,
        p_value=missing,
        p_tail=missing,
        look="around",
        tier=np.where(result.is_flagged, "breakout", "none"),
        reason=np.array([classic.OBSTACLES[o] for o in classic.ClassicExclusion])[result.obstacle],
    )


_RULES: dict[str, Any] = {
    "trimmed_sd": lambda v, g, p: classic.trimmed_sd(
        v, g, k=p.trimmed_sd_k, low=p.trimmed_sd_low, high=p.trimmed_sd_high
    ),
    "median_multiple": lambda v, g, p: classic.median_multiple(v, g, k=p.median_multiple_k),
    "robust_z": lambda v, g, p: classic.robust_z(v, g, k=p.robust_z_k),
    "percentile": lambda v, g, p: classic.percentile(v, g, k=p.percentile_k),
}


def growth_curve(
    group: pd.DataFrame, pairs: pd.DataFrame, key: Any, params: Outliers
) -> growth.Growth:
    """The growth of a stratum's posts: fitted where its own pairs carry it, else the prior."""
    tau_d = PRIOR_TAU_D.get(str(key[0]), DEFAULT_TAU_D)
    post, at, value = captures_again(group, pairs)
    if not len(post):
        return growth.Growth("prior", tau_d)
    code = group["account"].factorize()[0].astype(np.int64)
    again = np.bincount(post, minlength=len(group)) > 0
    common = growth.common_pairs(np.log1p(group["value"].to_numpy(float)), code, again)[post]
    posted_at = group["posted_at"].to_numpy("datetime64[us]")
    age = pd.Series((at - posted_at[post])[common]).dt.total_seconds().to_numpy(np.float64) / 3600
    return growth.fit_growth(
        age,
        np.log1p(value[common]),
        post[common],
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


def _thresholds(params: Outliers) -> scores.Thresholds:
    return scores.Thresholds(
        **{
            tier: scores.Threshold(
                getattr(params, f"{tier}_p"), getattr(params, f"{tier}_multiplier")
            )
            for tier in FLAGGED_TIERS
        }
    )


_CURVE = ["platform", "format", "metric", "age_h", "g_ln", "basis", "n_pairs"]
STEPS = marked(
    (
        *("platform", "format", "metric", "value", "age_h", "n_baseline", "basis", "multiplier"),
        *("multiplier_low", "multiplier_high", "p_value", "q_value", "tier", "reason"),
    )
)  # what judging did, column by column
_SUMMARY = [
    *(*STRATUM, "accounts", "posts", "scored", *FLAGGED_TIERS, "growth", "chance"),
]
