"""Which videos to measure next so that patterns of videos can be tested; power, plan, draw."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, stdtrit

from vtlib.core.language import marked
from vtlib.core.models import BREAKOUT_TIERS, VIDEO_FORMATS
from vtlib.performance.patterns.features import Feature
from vtlib.performance.patterns.library import Library
from vtlib.performance.patterns.preparation import binary, outcomes
from vtlib.performance.patterns.values import FeatureValues

Floats = NDArray[np.float64]
SIZES = (20, 30, 40, 60, 80, 110, 150, 200, 270, 370, 500, 700, 1000)
WORLDS = 200
POWER = 0.8
DF = 4  # of outcomes: heavier tails than a normal curve


@dataclass(frozen=True, slots=True)
class Target:
    """An effect to be found: `share` of ordinary posts with the feature (0 to 1), `effect_ln`
    its shift, ln units, `alpha` the two-sided p that a claim needs.
    """

    share: float
    effect_ln: float
    alpha: float


def power(y: Floats, is_hit: NDArray[np.bool_], size: int, target: Target) -> float:
    """Chance that the target is found among `size` videos, half breakouts, half ordinary posts.

    `y` (posts,) outcomes in ln over the own level, `is_hit` which are breakouts. Drawn with
    replacement, so a size beyond the posts at hand is answered as if there were more like them. NaN
    without breakouts or without ordinary posts.
    """
    from scipy.stats import rankdata, t  # noqa: PLC0415 - it loads slowly

    hits, others = y[is_hit], y[~is_hit]
    if not (len(hits) and len(others)):
        return float("nan")
    rng = np.random.default_rng(0)
    half = size // 2
    sample = np.concatenate(
        [rng.choice(hits, (WORLDS, half)), rng.choice(others, (WORLDS, size - half))], axis=1
    )
    center = np.median(others)
    scale = max(float(np.median(np.abs(others - center))) / stdtrit(DF, 0.75), 1e-6)
    far = (sample - center) / scale
    gain = t.logpdf(far - target.effect_ln / scale, DF) - t.logpdf(far, DF)
    chance = expit(logit(target.share) + gain)
    has = rng.random(sample.shape) < chance
    n_on = has.sum(axis=1)
    n_off = size - n_on
    ranks = rankdata(sample, axis=1)
    u = (ranks * has).sum(axis=1) - n_on * (n_on + 1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (u - n_on * n_off / 2) / np.sqrt(n_on * n_off * (size + 1) / 12)
    return float(np.mean(np.nan_to_num(2 * ndtr(-np.abs(z)), nan=1.0) <= target.alpha))


def films_needed(
    y: Floats, is_hit: NDArray[np.bool_], target: Target, *, sizes: Sequence[int] = SIZES
) -> int | None:
    """The least of `sizes` with power .8; None: not with 1,000 videos, or nothing to draw from."""
    for size in sizes:
        if power(y, is_hit, size, target) >= POWER:
            return size
    return None


RULE = marked(
    "half breakouts, half ordinary posts, at random within each, one account after the other"
)
PLAN_COLUMNS = [
    *("pattern", "kind", "films_known", "films_with", "share", "claim", "reason"),
    *("films_needed", "films_more"),
]
USUAL_SHARE = 0.3  # of videos with a feature that is known of too few yet
MIN_KNOWN = 20


def film_posts(posts: pd.DataFrame) -> pd.DataFrame:
    """Judged plain posts with video, with y and `is_hit`; watch posts are left out."""
    usable, _ = outcomes(posts)
    usable = usable[
        usable["format"].isin(VIDEO_FORMATS) & usable["tier"].isin(["none", *BREAKOUT_TIERS])
    ]
    return usable.assign(is_hit=usable["tier"].isin(BREAKOUT_TIERS)).reset_index(drop=True)


def film_plan(
    films: pd.DataFrame,
    values: FeatureValues | pd.DataFrame,
    features: Sequence[Feature],
    library: Library,
    *,
    effect: float,
) -> pd.DataFrame:
    """PLAN_COLUMNS, one row a feature that is read from videos: of how many it is known, whether it
    is claimed or why it is not tested, and how many videos in all would show an effect of `effect`
    (a ratio) with power .8 at the p that a claim needs.

    `films`: `film_posts`; `features`, `values`: of videos alone. The p of one more claim under
    Benjamini-Hochberg: claim_q (claims + 1) / tests, with those counted that cannot be tested yet.
    films_more None: over 1,000 videos, or no breakout. Empty without posts.
    """
    tested_names = set(library.table["pattern"])
    tests = len(tested_names | {f.name for f in features})
    alpha = library.rules.claim_q * (len(library.claimed) + 1) / max(tests, 1)
    claims = library.table.set_index("pattern")["claim"]
    reasons = library.untested.set_index("pattern")["reason"]
    names = [f.name for f in features]
    known = FeatureValues.of(values).of_posts(films["post_id"], names)
    columns = dict(zip(names, known, strict=True))
    y, is_hit = films["y"].to_numpy(float), films["is_hit"].to_numpy(bool)
    is_ordinary = films["tier"].eq("none").to_numpy(bool)
    rows = []
    films_by_share: dict[float, int | None] = {}
    for feature in features if len(films) else ():
        value, _ = binary(columns, is_ordinary, feature)
        n, usual = int((~np.isnan(value)).sum()), float(pd.Series(value[~is_hit]).mean())
        is_known = n >= MIN_KNOWN and np.isfinite(usual)
        share = float(np.clip(round(usual if is_known else USUAL_SHARE, 1), 0.05, 0.95))
        if share not in films_by_share:
            target = Target(share, float(np.log(effect)), alpha)
            films_by_share[share] = films_needed(y, is_hit, target)
        total = films_by_share[share]
        rows.append(
            {
                "pattern": feature.name,
                "kind": feature.kind,
                "films_known": n,
                "films_with": int((value == 1).sum()),
                "share": share,
                "claim": str(claims.get(feature.name, "")),
                "reason": str(reasons.get(feature.name, "")),
                "films_needed": total,
                "films_more": None if total is None else max(0, total - n),
            }
        )
    table = pd.DataFrame(rows, columns=PLAN_COLUMNS)
    return table.astype({"films_needed": "Int64", "films_more": "Int64"})


def draw(films: pd.DataFrame, size: int, *, previous_ids: Sequence[str], seed: str) -> pd.DataFrame:
    """post_id, stratum (breakout, ordinary), drawn_share: what is still to be drawn for `size`
    videos in all.

    Half of `size` are breakouts, or all there are, the rest ordinary posts; `previous_ids` (post
    ids: drawn, measured or lost before) count and are not drawn again. Within a stratum the order
    is random (by `seed`, the same again for the same posts) and goes from account to account, so
    that few accounts do not stand for all.
    """
    here = films[films["post_id"].isin(set(previous_ids))]
    rest = films[~films["post_id"].isin(set(previous_ids))]
    n_hits = min(size // 2, int(films["is_hit"].sum()))
    parts = []
    for is_hit, target in ((True, n_hits), (False, size - n_hits)):
        stratum = rest[rest["is_hit"].eq(is_hit)]
        lot = [hashlib.sha256(f"{seed}/{p}".encode()).hexdigest() for p in stratum["post_id"]]
        order = stratum.assign(lot=lot).sort_values("lot")
        order["turn"] = order.groupby("account_id").cumcount()
        more = max(0, target - int(here["is_hit"].eq(is_hit).sum()))
        picks = order.sort_values(["turn", "lot"]).head(more)
        everyone = int(films["is_hit"].eq(is_hit).sum())
        parts.append(
            pd.DataFrame(
                {
                    "post_id": picks["post_id"],
                    "stratum": "breakout" if is_hit else "ordinary",
                    "drawn_share": target / everyone if everyone else np.nan,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
