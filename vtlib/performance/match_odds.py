"""How likely a post came of one of several scripts, or of none: a conditional logit, fitted on
simulated worlds.

McFadden (1974), "Conditional logit analysis of qualitative choice behavior": each post chooses
among the scripts it could have come of and "none of them", whose utility is 0. The probabilities of
one post add up to at most 1, so two scripts that fit equally well share what there is to share.
"""

from __future__ import annotations

import numpy as np

METHOD = "match-logit/1"
FEATURES = (
    *(
        "constant",
        "same_video",
        "other_video",
        "caption_words",
        "speech_words",
        "sister_words",
    ),
    *("on_day", "far_day", "usual_place", "place_taken", "length_off"),
)
RIDGE = 0.05  # of squared weights: keeps a feature that always or never decides finite


def probabilities(x: np.ndarray, post: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The probability (0 to 1) of each pair: float [n], for features `x` [n, len(FEATURES)] and
    the number of its `post`.
    """
    if not len(x):
        return np.empty(0)
    utility = x @ weights
    _, place = np.unique(post, return_inverse=True)
    top = np.zeros(place.max() + 1)
    np.maximum.at(top, place, utility)
    odds = np.exp(utility - top[place])
    rest = np.exp(-top) + np.bincount(place, odds)
    return odds / rest[place]


def fit(x: np.ndarray, post: np.ndarray, is_true: np.ndarray) -> np.ndarray:
    """Weights of FEATURES by penalised likelihood.

    `post`: number of the post of each pair; `is_true`: whether it came of that script (at most one
    true pair a post). A post without a true pair came of none. Nothing is penalised but weights
    other than the constant.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - it loads slowly, and only fitting needs it

    _, place = np.unique(post, return_inverse=True)
    penalty = np.full(x.shape[1], RIDGE)
    penalty[0] = 0.0

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        p = probabilities(x, post, weights)
        none = np.maximum(1 - np.bincount(place, p), 1e-12)
        has_one = np.bincount(place, is_true) > 0
        cost = -np.log(np.maximum(p[is_true], 1e-12)).sum() - np.log(none[~has_one]).sum()
        slope = x.T @ (p - is_true)
        return cost + (penalty * weights**2).sum(), slope + 2 * penalty * weights

    result = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(result.x)
