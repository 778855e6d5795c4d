"""Input of the advice rules, and tests of scripts against ordinary posts. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vtlib.outliers.scores import q_values
from vtlib.performance import effects

Floats = NDArray[np.float64]
DRAWS = 2000  # means of ordinary posts behind a script's p
MIN_RUNS = 3  # posts of a script from which it is more than a single hit or miss
CLIP = 2.5  # scales, as for money (performance/money)
MIN_ORDINARY = 200  # posts from which their own scatter serves; below, a normal curve twice as wide
FEW_ORDINARY_SD = 2.0


def _frame() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True)
class Evidence:
    """Input of the advice rules; any frame may be empty.

    `patterns`: the latest library. `uses`: pattern, n_own, n_known (own posts that carry it, of
    those of which it is known). `fits`: recommendation.rank_products with `patterns`, the names of
    the patterns that the video carries. `runs`: posts of scripts: script_id, title, account_id,
    lift_ln, own_scale_ln, own_error_ln. `ordinary`: how other posts scatter about their level, in
    their own scales. `variants`: VARIANT_COLUMNS. `returns`: ROI_COLUMNS. `scripts`: script_id,
    title, status, posts, source_post_id. `level`: views of a typical own post at 7 days (NaN = no
    own post). `usd`: what a post cost so far, US dollars (NaN = not known).
    """

    project: str
    patterns: pd.DataFrame = field(default_factory=_frame)
    uses: pd.DataFrame = field(default_factory=_frame)
    fits: pd.DataFrame = field(default_factory=_frame)
    runs: pd.DataFrame = field(default_factory=_frame)
    ordinary: Floats = field(default_factory=lambda: np.empty(0))
    variants: pd.DataFrame = field(default_factory=_frame)
    returns: pd.DataFrame = field(default_factory=_frame)
    scripts: pd.DataFrame = field(default_factory=_frame)
    level: float = float("nan")
    usd: float = float("nan")
    claim_q: float = 0.1
    interval: float = 0.8


def ordinary_scatter(past: pd.DataFrame, script_posts: pd.DataFrame) -> Floats:
    """Scatter of posts other than `script_posts` about their own level, in scales.

    `past`: `history`'s frame; posts without a level or younger than 7 days are not in it.
    """
    rest = past[~past["post_id"].isin(script_posts["post_id"])]
    scale, error = (rest[f"own_{name}_ln"].to_numpy(float) for name in ("scale", "error"))
    lift = rest["lift_ln"].to_numpy(float) / np.hypot(scale, error)
    return np.asarray(lift[np.isfinite(lift)], dtype=np.float64)


def by_script(evidence: Evidence) -> pd.DataFrame:
    """script_id, title, n, accounts, shift_ln, effect_ln, effect_se_ln, p_value, q_value of scripts
    with MIN_RUNS posts.

    The mean of its posts over their own levels, each held within CLIP scales (one dead or viral
    post says little of a script), drawn to 0 as far as scripts differ no more than ordinary posts
    do (effects.shrink); p two-sided, against means of as many ordinary posts; q over all these
    scripts.
    """
    posts = (
        evidence.runs.groupby("script_id")["script_id"].transform("size")
        if len(evidence.runs)
        else 0
    )
    runs = evidence.runs[posts >= MIN_RUNS] if len(evidence.runs) else evidence.runs
    if runs.empty:
        return pd.DataFrame()
    rng = np.random.default_rng(0)
    spread = _spread(evidence.ordinary)
    rows = []
    for script, mine in runs.groupby("script_id"):
        scale, error = (mine[f"own_{name}_ln"].to_numpy(float) for name in ("scale", "error"))
        scale = np.hypot(scale, error)
        mean = float(np.mean(scale * _winsorise(mine["lift_ln"].to_numpy(float) / scale)))
        lucky = np.abs((_draw(rng, evidence.ordinary, (DRAWS, len(mine))) * scale).mean(axis=1))
        rows.append(
            {
                "script_id": str(script),
                "title": mine["title"].iloc[0],
                "n": len(mine),
                "accounts": int(mine["account_id"].nunique()),
                "shift_ln": mean,
                "shift_se_ln": spread * float(np.sqrt((scale**2).sum())) / len(mine),
                "p_value": float((lucky >= abs(mean)).sum() + 1) / (DRAWS + 1),
            }
        )
    table = pd.DataFrame(rows)
    shrunk = effects.shrink(table["shift_ln"].to_numpy(float), table["shift_se_ln"].to_numpy(float))
    q = q_values(table["p_value"].to_numpy(float))
    return table.assign(effect_ln=shrunk.effect, effect_se_ln=shrunk.se, q_value=q)


def _spread(ordinary: Floats) -> float:
    """Root mean square of ordinary posts in their own scales, 1 where a scale says all."""
    if len(ordinary) < MIN_ORDINARY:
        return FEW_ORDINARY_SD
    return max(float(np.sqrt(np.mean(_winsorise(ordinary) ** 2))), 1.0)


def _draw(rng: np.random.Generator, ordinary: Floats, size: tuple[int, int]) -> Floats:
    if len(ordinary) < MIN_ORDINARY:
        return _winsorise(FEW_ORDINARY_SD * rng.standard_normal(size))
    return rng.choice(_winsorise(ordinary), size)


def _winsorise(lifts: Floats) -> Floats:
    return np.clip(lifts, -CLIP, CLIP)
