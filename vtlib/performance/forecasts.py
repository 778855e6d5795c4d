"""Forecasts for scripts before they are published, learnt from earlier posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from vtlib.core.language import stored
from vtlib.core.proportions import Estimate
from vtlib.performance import forecaster, predictions
from vtlib.performance.history import WANTED_COLUMNS, current_levels, outlook, spread, to_median
from vtlib.performance.patterns import Feature, Library
from vtlib.performance.patterns.features import is_after_the_fact
from vtlib.performance.patterns.values import FeatureValues

METHOD = (
    "own local level + ridge of features known before publication, "
    "conformal interval by volatility, 2"
)
VIEWS, RATE = "ln_views_7d", "ln_engagement_rate"
PREDICTION_COLUMNS = [
    *("script_id", "version", "target", "made_at", "platform", "format", "metric", "account_id"),
    *(
        "predicted_ln",
        "low_ln",
        "high_ln",
        "p_beats_median",
        "p_breakout",
        "naive_ln",
        "naive_low_ln",
    ),
    *("naive_high_ln", "n_baseline", "effect_ln", "effects", "interval_basis", "method", "reason"),
]


@dataclass(frozen=True, slots=True)
class Forecaster:
    """What was learnt. `lift` and `breakout` are trials on unseen accounts and times: the models
    they hold speak only if they beat the naive forecast there. `effects`: pattern, effect_ln
    (shrunk, of having it), share (of posts that have it). `calibration`, `naive` calibrations of
    both forecasts' intervals; `n` posts learnt from, of `n_matured`; `target` VIEWS or RATE.
    """

    names: tuple[str, ...]
    lift: forecaster.Trial
    breakout: forecaster.Trial
    calibration: predictions.Calibration
    naive: predictions.Calibration
    evaluation: predictions.Evaluation
    n: int
    target: str = VIEWS
    n_matured: int = 0

    @property
    def stands(self) -> bool:
        return self.lift.stands


def learn(
    past: pd.DataFrame,
    values: FeatureValues | pd.DataFrame,
    features: Sequence[Feature],
    *,
    is_rate: bool = False,
) -> Forecaster:
    """Learn from `history`'s frame and the features of its posts (post_id, feature, value), model
    ones last.

    Features made from what became of a post are not used. With too little data nothing stands, and
    every forecast is the own level. `is_rate`: the frame is `rate_history`'s, and breakouts (of
    views) are not forecast from it.
    """
    rank = {"measured": 0, "human": 1, "model": 2}
    usable = sorted(
        (f for f in features if not is_after_the_fact(f.name) and not f.parts),
        key=lambda f: (rank[f.kind], f.name),
    )
    names = tuple(f.name for f in usable)
    account = past["account_id"].factorize(sort=True)[0].astype(np.int64)
    is_known = past["lift_ln"].notna().to_numpy()
    is_own = (
        past["is_own"].astype(bool).to_numpy() if "is_own" in past else np.zeros(len(past), bool)
    )
    # Posts without a lift are not learnt from and do not count; they are tried by no model either.
    part = past
    if is_known.sum() > forecaster.MAX_POSTS:
        rows = np.flatnonzero(is_known)
        rows = rows[forecaster.drawn_accounts(account[rows], is_own[rows])]
        part, account = past.iloc[rows], account[rows]
    data = forecaster.Past(
        np.ascontiguousarray(FeatureValues.of(values).of_posts(part["post_id"], names).T),
        part["lift_ln"].to_numpy(float),
        part["own_scale_ln"].to_numpy(float),
        part["is_breakout"].to_numpy(bool),
        part["posted_h"].to_numpy(float),
        account,
    )
    lift = forecaster.try_out(data, "lift")
    breakout = _NO_BREAKOUTS if is_rate else forecaster.try_out(data, "breakout")
    # Where the model stands down every forecast is the own level, whatever it said in the trial.
    calibration = spread(part, lift.forecast) if lift.stands else spread(past, np.zeros(len(past)))
    return Forecaster(
        names,
        lift,
        breakout,
        calibration,
        spread(past, to_median(past)),
        _held_against(part, lift, data),
        int(np.isfinite(data.lift).sum()),
        RATE if is_rate else VIEWS,
        int(is_known.sum()),
    )


def predict(
    scripts: pd.DataFrame,
    values: pd.DataFrame,
    learnt: Forecaster,
    *,
    past: pd.DataFrame,
    now: pd.Timestamp,
) -> pd.DataFrame:
    """Forecasts for script versions, PREDICTION_COLUMNS, one row each, in their order.

    `scripts`: script_id, version, account_id, platform, format (where it will run). `values`:
    script_id, version, feature, value. An account with under 5 matured posts of that format gets no
    forecast, and `reason` says so. Of engagement rates when `past` and `learnt` are.
    """
    levels = current_levels(past, scripts[WANTED_COLUMNS], now)
    key = scripts["script_id"].astype(str) + "\n" + scripts["version"].astype(str)
    rows = values.assign(
        post_id=values["script_id"].astype(str) + "\n" + values["version"].astype(str)
    )
    table = FeatureValues.of(rows).of_posts(key, learnt.names).T
    effect = _effect(learnt, table)
    forecast = predictions.forecast(outlook(levels, effect), learnt.calibration)
    naive = predictions.forecast(outlook(levels, to_median(levels)), learnt.naive)
    chance = learnt.breakout.model
    unknown = np.isnan(forecast.ln)
    return pd.DataFrame(
        {
            "script_id": scripts["script_id"].to_numpy(),
            "version": scripts["version"].to_numpy(),
            "target": learnt.target,
            "made_at": now,
            **{c: levels[c].to_numpy() for c in ("platform", "format", "metric", "account_id")},
            "predicted_ln": forecast.ln,
            "low_ln": forecast.low,
            "high_ln": forecast.high,
            "p_beats_median": forecast.p_beats,
            "p_breakout": expit(chance.score(table)) if chance else np.nan,
            "naive_ln": naive.ln,
            "naive_low_ln": naive.low,
            "naive_high_ln": naive.high,
            "n_baseline": levels["own_n"].fillna(0).astype(int),
            "effect_ln": effect,
            "effects": _parts(learnt, table),
            "interval_basis": learnt.calibration.basis,
            "method": METHOD,
            "reason": np.where(unknown, _FEW, "" if learnt.stands else _down(learnt)),
        },
        columns=PREDICTION_COLUMNS,
    )


def _held_against(
    past: pd.DataFrame, lift: forecaster.Trial, data: forecaster.Past
) -> predictions.Evaluation:
    """Score the model and the naive forecast on the posts of the trial."""
    is_tried = np.isfinite(lift.forecast)
    rows = past[is_tried]
    forecast = lift.forecast[is_tried]
    actual = rows["x7_ln"].where(rows["lift_ln"].notna()).to_numpy(float)
    calibration = spread(past, np.where(is_tried, lift.forecast, np.nan))
    forecasts = predictions.forecast(outlook(rows, forecast), calibration)
    usual = to_median(past)
    naive = predictions.forecast(
        outlook(rows, usual[is_tried]), spread(past, np.where(is_tried, usual, np.nan))
    )
    even = predictions.Forecasts(naive.ln, naive.low, naive.high, np.full(len(rows), 0.5))
    return predictions.evaluate(actual, forecasts, even, data.group[is_tried])


def _effect(learnt: Forecaster, table: np.ndarray) -> np.ndarray:
    model = learnt.lift.model
    return model.score(table) if model else np.zeros(len(table))


def _parts(learnt: Forecaster, table: np.ndarray) -> list[list[dict[str, Any]]]:
    """What each feature adds, largest first: feature, value, effect_ln (under .005 omitted)."""
    model = learnt.lift.model
    if model is None:
        return [[] for _ in range(len(table))]
    each = (
        np.where(np.isfinite(table), (table - model.center) / model.spread, 0) * model.coefficient
    )
    rows = []
    for value, effect in zip(table, each, strict=True):
        parts = sorted(zip(learnt.names, value, effect, strict=True), key=lambda p: -abs(p[2]))
        rows.append(
            [
                {"feature": n, "value": float(v), "effect_ln": round(float(e), 4)}
                for n, v, e in parts
                if abs(e) >= 0.005
            ]
        )
    return rows


def _down(learnt: Forecaster) -> str:
    why = learnt.lift.reason
    return stored("own level alone: the model stands down, {why}", why=why)


_NAN = float("nan")
_NO_BREAKOUTS = forecaster.Trial(
    "breakout",
    np.empty(0),
    np.empty(0),
    Estimate(_NAN, _NAN, _NAN, 0),
    _NAN,
    0,
    False,
    "not asked",
    None,
)
_FEW = "no forecast: under 5 matured posts of this account and format"


def used_patterns(library: Library, features: Mapping[str, float]) -> list[dict[str, Any]]:
    """The library's word on a script's features (name -> value): pattern, ratio with interval, q,
    n, claim.

    Only patterns the script has; kept with a prediction as what was known then.
    """
    rows = library.table
    has = [
        _has(*r, features)
        for r in zip(rows["pattern"], rows["parts"], rows["threshold"], strict=True)
    ]
    names = ["pattern", "kind", "ratio", "ratio_low", "ratio_high", "q_value", "n_with", "claim"]
    return [{str(k): v for k, v in row.items()} for row in rows.loc[has, names].to_dict("records")]


def _has(name: str, parts: Sequence[str], threshold: float, features: Mapping[str, float]) -> bool:
    floor = threshold if pd.notna(threshold) else 1.0
    return all(features.get(part, float("nan")) >= floor for part in (parts or [name]))
