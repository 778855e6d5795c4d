"""Verdicts: predictions against actual numbers, and the calibration report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.language import say, stored
from vtlib.core.language import word as word_of
from vtlib.core.membership import is_in
from vtlib.core.proportions import Estimate, Rate
from vtlib.outliers.trailing import MATURE_H
from vtlib.performance import predictions

EARLIEST_H = 24.0
Z80 = 1.2816
VERDICT_COLUMNS = [
    *("prediction_id", "script_id", "version", "post_id", "target", "status", "actual_ln"),
    *("predicted_ln", "low_ln", "high_ln", "naive_ln", "p_beats_median", "difference_pct"),
    *("is_inside", "beats_median", "percentile", "source_percentile", "projected_low_ln"),
    *("projected_high_ln", "age_h", "captured_at", "account_id", "is_plain", "reason"),
]
NOTHING_YET = "nothing can be claimed yet"


def verdicts(
    prediction_rows: pd.DataFrame,
    links: pd.DataFrame,
    posts: pd.DataFrame,
    sources: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What became of each prediction whose script was published: VERDICT_COLUMNS, one row a
    prediction and post.

    `prediction_rows`: rows of `predictions` (prediction_id and PREDICTION_COLUMNS). `links`:
    script_id, version, post_id. `posts`: `history`'s frame (own posts) with scale_ln, se_age_ln and
    captured_at. `sources`: script_id, source_percentile (of the source video within its own
    account). status: matured (captured at 7 days or later) · too early (with a projected range from
    24 h on) · not captured · no forecast. `difference_pct` of views, + = more than predicted.
    `percentile` of the value brought to 7 days among the account's own other posts. A prediction
    made after the post went up is no prediction: it is left out with its reason.
    """
    table = prediction_rows.merge(
        links[["script_id", "version", "post_id"]], on=["script_id", "version"]
    )
    facts = [
        *("post_id", "x7_ln", "age_h", "captured_at", "posted_at", "is_plain", "se_age_ln"),
    ]
    here = posts[is_in(posts["post_id"], table["post_id"])]
    where = here.reindex(columns=[*facts, "account_id", "format"])
    where = where.rename(columns={"account_id": "posted_by", "format": "posted_as"})
    rows = _meant(table.merge(where, on="post_id", how="left"))
    if sources is not None:
        rows = rows.merge(sources, on="script_id", how="left")
    rows["status"], rows["reason"] = _status(rows)
    # Of a post that is not known, or stands elsewhere, the prediction for some other place is none.
    numbers = ["predicted_ln", "low_ln", "high_ln", "naive_ln", "p_beats_median"]
    rows.loc[~rows["is_meant"], numbers] = np.nan
    is_matured, early = rows["status"].eq("matured"), rows["status"].eq("too early")
    rows["actual_ln"] = rows["x7_ln"].where(is_matured)
    off = rows["actual_ln"] - rows["predicted_ln"]
    rows["difference_pct"] = 100 * np.expm1(off)
    inside = rows["actual_ln"].between(rows["low_ln"], rows["high_ln"])
    rows["is_inside"] = inside.astype("boolean").where(is_matured & off.notna())
    beats = rows["actual_ln"] > rows["naive_ln"]
    rows["beats_median"] = beats.astype("boolean").where(is_matured & off.notna())
    reach = Z80 * rows["se_age_ln"].fillna(0)
    rows["projected_low_ln"] = (rows["x7_ln"] - reach).where(early)
    rows["projected_high_ln"] = (rows["x7_ln"] + reach).where(early)
    rows["percentile"] = _percentiles(rows, posts)
    return rows.reindex(columns=VERDICT_COLUMNS)


def report(
    rows: pd.DataFrame, *, min_matured: int = 20, what: str = "views"
) -> tuple[pd.DataFrame, list[str]]:
    """The calibration page: (table, sentences).

    `rows`: verdicts of one target, which `what` names. Table: measure, forecast, low, high, naive,
    naive_low, naive_high, n. Only matured plain posts of scripts count, each script and post once
    (its last prediction). Under `min_matured` of them the first sentence says that nothing can be
    claimed yet, and why.
    """
    last = counted(rows)
    evaluation = _evaluation(last)
    table = evaluation_table(evaluation)
    subject = "" if what == "views" else say(" of predictions of the {what}", what=word_of(what))
    if evaluation.n < min_matured:
        early = int(rows["status"].eq("too early").sum()) if len(rows) else 0
        waiting = say(", {posts} too early", posts=number(early, "post")) if early else ""
        text = say(
            "{nothing_yet}{subject}: {matured_posts} of {min_matured} needed{waiting}.",
            nothing_yet=NOTHING_YET.capitalize(),
            subject=subject,
            matured_posts=number(evaluation.n, "matured post"),
            min_matured=min_matured,
            waiting=waiting,
        )
        return table, [text]
    return table, _sentences(evaluation, what)


def evaluation_table(evaluation: predictions.Evaluation) -> pd.DataFrame:
    """An evaluation as rows: measure, forecast, low, high, naive, naive_low, naive_high, n."""
    return pd.DataFrame(_rows(evaluation), columns=_MEASURES)


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Verdicts that count: matured, plain, the last prediction of a script and post."""
    use = rows["status"].eq("matured") & rows["is_plain"].eq(True)
    use &= rows["predicted_ln"].notna()
    return rows[use].drop_duplicates(["script_id", "post_id", "target"], keep="last")


def _meant(rows: pd.DataFrame) -> pd.DataFrame:
    """The prediction for the account and format of the post; one row if there is none."""
    here = rows["account_id"].eq(rows["posted_by"]) & rows["format"].eq(rows["posted_as"])
    rows = rows.assign(is_meant=here)
    pair = [rows["script_id"], rows["version"], rows["post_id"]]
    is_fallback = ~here.groupby(pair).transform("any") & ~rows.duplicated(
        ["script_id", "version", "post_id"]
    )
    return rows[here | is_fallback].reset_index(drop=True)


def _status(verdict_rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    status = pd.Series("matured", index=verdict_rows.index, dtype=object)
    reason = pd.Series("", index=verdict_rows.index, dtype=object)

    def mark(rows: pd.Series, name: str, why: str) -> None:
        status[rows], reason[rows] = name, why

    mark(
        verdict_rows["age_h"].lt(MATURE_H),
        "too early",
        stored("younger than 7 days when last captured"),
    )
    absent = verdict_rows["x7_ln"].isna()
    mark(absent, "not captured", stored("no capture of the post since it was linked"))
    young = absent & verdict_rows["age_h"].lt(EARLIEST_H)
    mark(young, "too early", stored("younger than 24 h when last captured"))
    few = verdict_rows["predicted_ln"].isna()
    mark(few, "no forecast", stored("the account had too few posts to forecast from"))
    elsewhere = ~verdict_rows["is_meant"] & verdict_rows["posted_by"].notna()
    mark(
        elsewhere,
        "no forecast",
        stored("published on an account or in a format it was not predicted for"),
    )
    late = pd.to_datetime(verdict_rows["made_at"]) > pd.to_datetime(verdict_rows["posted_at"])
    mark(late, "no forecast", stored("made after the post was published"))
    return status, reason


def _percentiles(rows: pd.DataFrame, posts: pd.DataFrame) -> pd.Series:
    """0 to 100, mid-rank among the account's other mature posts of the same format and metric."""
    mine = posts[is_in(posts["account_id"], rows["account_id"])]
    mine = mine[mine["is_mature"] & mine["is_plain"]]
    groups = dict(iter(mine.groupby(["account_id", "platform", "format", "metric"])))
    percentiles = []
    for row in rows.itertuples():
        usual = groups.get((row.account_id, row.platform, row.format, row.metric), mine[:0])
        others = usual.loc[usual["post_id"] != row.post_id, "x7_ln"]
        value = row.x7_ln if row.status in ("matured", "too early") else np.nan
        percentiles.append(_mid_rank(np.asarray(others, float), value))
    return pd.Series(percentiles, index=rows.index, dtype=float)


def _mid_rank(others: np.ndarray, value: Any) -> float:
    if not len(others) or not np.isfinite(value):
        return float("nan")
    return float(50 * ((others < value).mean() + (others <= value).mean()))


def _evaluation(last: pd.DataFrame) -> predictions.Evaluation:
    column = {
        c: last[c].to_numpy(float) for c in ("actual_ln", "predicted_ln", "low_ln", "high_ln")
    }
    chance = last["p_beats_median"].to_numpy(float)
    naive = last["naive_ln"].to_numpy(float)
    forecasts = predictions.Forecasts(
        column["predicted_ln"], column["low_ln"], column["high_ln"], chance
    )
    nothing = np.full(len(last), np.nan)
    plain = predictions.Forecasts(naive, nothing, nothing, np.full(len(last), 0.5))
    group = last["account_id"].factorize(sort=True)[0].astype(np.int64)
    return predictions.evaluate(column["actual_ln"], forecasts, plain, group)


def _rows(evaluation: predictions.Evaluation) -> list[tuple[Any, ...]]:
    pairs: list[tuple[str, Estimate | Rate, Estimate | Rate | None]] = [
        (say("bias, mean ln(actual / predicted)"), evaluation.forecast.bias, evaluation.naive.bias),
        (say("mean absolute error, ln"), evaluation.forecast.mae, evaluation.naive.mae),
        (say("share inside the 80 % interval"), evaluation.forecast.coverage, None),
        (say("rank correlation with actual"), evaluation.forecast.rank, evaluation.naive.rank),
        (
            say("Brier score of 'beats its own median'"),
            evaluation.forecast.brier,
            evaluation.naive.brier,
        ),
        (say("rank correlation of distances to the own median"), evaluation.rank_lift, None),
    ]
    return [(name, *_numbers(a), *_numbers(b), evaluation.n) for name, a, b in pairs]


def _numbers(estimate: Estimate | Rate | None) -> tuple[float, float, float]:
    if estimate is None:
        return (float("nan"),) * 3
    value = estimate.share if isinstance(estimate, Rate) else estimate.value
    return value, estimate.low, estimate.high


def _sentences(evaluation: predictions.Evaluation, what: str) -> list[str]:
    cover, gain, bias = evaluation.forecast.coverage, evaluation.gain_mae, evaluation.forecast.bias
    fit = say("as it should") if cover.low <= 0.8 <= cover.high else say("not the 80 % it states")
    if gain.low > 0:
        word = say("better than")
    else:
        word = say("worse than") if gain.high < 0 else say("no better, as far as can be told, than")
    return [
        (
            say(
                "Of {matured_posts}, {share:.0%} fell inside the 80 % interval of their {what} "
                "({low:.0%} to {high:.0%}): {fit}.",
                matured_posts=number(evaluation.n, "matured post"),
                share=cover.share,
                what=word_of(what),
                low=cover.low,
                high=cover.high,
                fit=fit,
            )
        ),
        (
            say(
                "Predictions of {what} were {word} 'own median': mean error ×{value:.2f} against "
                "×{value_2:.2f} ({percent} nearer, {percent_2} to {percent_3}).",
                what=word_of(what),
                word=word,
                value=np.exp(evaluation.forecast.mae.value),
                value_2=np.exp(evaluation.naive.mae.value),
                percent=_percent(gain.value),
                percent_2=_percent(gain.low),
                percent_3=_percent(gain.high),
            )
        ),
        (
            say(
                "On average {what} came to ×{value:.2f} of what was predicted ({low:.2f} to "
                "{high:.2f}).",
                what=word_of(what),
                value=np.exp(bias.value),
                low=np.exp(bias.low),
                high=np.exp(bias.high),
            )
        ),
    ]


def _percent(gain_ln: float) -> str:
    """A gain on the scale of logarithms as a percentage of the error."""
    return f"{100 * np.expm1(gain_ln):+.0f} %"


_MEASURES = ["measure", "forecast", "low", "high", "naive", "naive_low", "naive_high", "n"]
