"""How many measured films a pattern needs: power of the rank test on a sample of breakouts and
ordinary posts.

Films are drawn by their outcome, features are not known before: the chance that a post has a
feature follows its outcome, logit P(with | y) = logit(share) + ln f(y - effect) / f(y), what a
shift implies (Anderson 1972, doi:10.1093/biomet/59.1.19), with f Student's t of 4 degrees of
freedom: a normal f would give hits of any cause the feature too often. Mann-Whitney's test asks
only for ranks and holds under such a draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm as normal
from scipy.stats import rankdata
from scipy.stats import t as student

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
    """Chance that the target is found among `size` films, half breakouts, half ordinary posts.

    `y` (posts,) outcomes in ln over the own level, `is_hit` which are breakouts. Drawn with
    replacement, so a size beyond the posts at hand is answered as if there were more like them. NaN
    without breakouts or without ordinary posts.
    """
    hits, others = y[is_hit], y[~is_hit]
    if not (len(hits) and len(others)):
        return float("nan")
    rng = np.random.default_rng(0)
    half = size // 2
    sample = np.concatenate(
        [rng.choice(hits, (WORLDS, half)), rng.choice(others, (WORLDS, size - half))], axis=1
    )
    center = np.median(others)
    scale = max(float(np.median(np.abs(others - center))) / student.ppf(0.75, DF), 1e-6)
    far = (sample - center) / scale
    gain = student.logpdf(far - target.effect_ln / scale, DF) - student.logpdf(far, DF)
    chance = expit(logit(target.share) + gain)
    has = rng.random(sample.shape) < chance
    n_on = has.sum(axis=1)
    n_off = size - n_on
    ranks = rankdata(sample, axis=1)
    u = (ranks * has).sum(axis=1) - n_on * (n_on + 1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (u - n_on * n_off / 2) / np.sqrt(n_on * n_off * (size + 1) / 12)
    return float(np.mean(np.nan_to_num(2 * normal.sf(np.abs(z)), nan=1.0) <= target.alpha))


def films_needed(
    y: Floats, is_hit: NDArray[np.bool_], target: Target, *, sizes: Sequence[int] = SIZES
) -> int | None:
    """The least of `sizes` with power .8; None: not with 1,000 films, or nothing to draw from."""
    for size in sizes:
        if power(y, is_hit, size, target) >= POWER:
            return size
    return None
