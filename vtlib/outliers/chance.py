"""How many of the posts over a threshold are there by chance: a range, not a number.

Detection does not depend on anything here. From one capture, ordinary posts with a heavy right
tail, a second kind of content and true hits cannot be told apart. So the range is wide where they
may be confused, never exceeds the number flagged, and says what could not be told. docs/method.md
compares it with the truth of simulations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr

from vtlib.outliers.scores import Basis, JudgedPosts, student_quantile

Floats = NDArray[np.float64]

MIN_SCORES = 500  # fewer scores of a stratum do not bound a tail
SECOND_KIND = 0.035  # share flagged from which a second kind of content explains it as well as hits
HITS_A_FLAG = 5.0  # hits that may stand behind one flag: the rule finds a fifth to a half of them
LEAST_SHARE = 0.5  # tails that end (uniform scatter) have fewer still than a thinning normal one
MAX_HITS = 0.25  # share of hits beyond which a stratum has no ordinary level
MISFIT = 0.10  # by how much a quarter of the scores may be off Student's quarter
SURE = 0.9  # of each end
LOOSE = 0.5  # of ln likelihood: what the bulk still allows
BULK = (0.5, 0.9)
_CELLS = 24
_REACH = np.array([0.9, 0.96])
# In normal quantiles a threshold of 2.6 is 1.8 times as far from 96 % as 96 % is from 90 %.
_ONWARD = 1.8
_DF = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0, 100.0])
_SCALE = np.geomspace(0.25, 4.0, 57)

Word = Literal["", "few", "second_kind", "misfit"]


@dataclass(frozen=True, slots=True)
class Chance:
    """Ordinary posts among the flagged of one stratum.

    `n_posts` able to be flagged; `n_flagged`; `student` how many ordinary posts Student's t would
    flag if every post were ordinary; `least` and `most` the means behind the ends; `low` to `high`
    the range, `high` at most `n_flagged`. `word` is what could not be told: "few" scores to bound a
    tail, a "second_kind" of content may be it, or a "misfit" of the scores with Student's t:
    nothing is claimed and the range is 0 to all.
    """

    n_posts: int
    n_flagged: int
    student: float
    least: float
    most: float
    low: int
    high: int
    word: Word


def chance(
    scores: JudgedPosts,
    *,
    p: float,
    multiplier: float,
    among: NDArray[np.bool_] | None = None,
    least_ln: Floats | float = -np.inf,
) -> Chance:
    """The range for posts with `p_tail` < p, `multiplier` at least that and `x7_ln` at least
    `least_ln`.

    `among` (n,) the posts that may be flagged (default: those judged by their own account). The
    bulk that bounds the tail is all scores by own account.
    """
    own = scores.basis == Basis.ACCOUNT
    able = np.flatnonzero(own if among is None else own & among)
    if not able.size:
        return Chance(0, 0, 0.0, 0.0, 0.0, 0, 0, "")
    passes = (scores.p_tail < p) & (scores.multiplier >= multiplier) & (scores.x7_ln >= least_ln)
    n_flagged, df = int(np.count_nonzero(passes[able])), scores.df[able]
    need_ln = np.maximum(np.log(multiplier), (least_ln - scores.expected_ln))[able]
    usual = student_quantile(df, 1 - p)
    limit = np.maximum(usual, need_ln / scores.error_ln[able])
    student = float(_tail(df, limit, usual).sum())
    bulk, share = scores.t[own], float(passes[own].mean())
    word: Word = ""
    if len(bulk) < MIN_SCORES:
        word = "few"
    elif _misfits(bulk, scores.df[own]):
        word = "misfit"
    elif share > SECOND_KIND:
        word = "second_kind"
    cells, count = _binned(limit)
    least = min(student, _least(bulk, cells, count, share))
    mirror = float(np.count_nonzero(scores.t[able] < -limit))
    most = float(n_flagged) if word else max(student, mirror, _most(bulk, cells, count))
    low = 0 if word == "misfit" else _poisson_end(1 - SURE, least, n_flagged)
    return Chance(
        len(able), n_flagged, student, least, most, low, _poisson_end(SURE, most, n_flagged), word
    )


def combine(ranges: Sequence[Chance]) -> Chance:
    """One range for parts of a stratum, with the gravest of their words."""
    words: tuple[Word, ...] = ("misfit", "second_kind", "few", "")
    sure = [r for r in ranges if r.word != "misfit"]
    return Chance(
        n_posts=sum(r.n_posts for r in ranges),
        n_flagged=sum(r.n_flagged for r in ranges),
        student=sum(r.student for r in ranges),
        least=sum(r.least for r in sure),
        most=sum(r.most for r in ranges),
        low=_poisson_end(1 - SURE, sum(r.least for r in sure), sum(r.n_flagged for r in sure)),
        high=sum(r.high for r in ranges),
        word=next(w for w in words if w == "" or any(r.word == w for r in ranges)),
    )


def _poisson_end(probability: float, mean: float, n_flagged: int) -> int:
    """A quantile of how many come by chance, never more than were flagged."""
    if mean <= 0:
        return 0
    from scipy.stats import poisson  # noqa: PLC0415 - it loads slowly

    return int(min(poisson.ppf(probability, mean), n_flagged))


def _tail(df: Floats, limit: Floats, usual: Floats) -> Floats:
    """Student's tail beyond `limit`; most limits are the `usual` of their df, of which there are
    few.
    """
    code, first = np.unique(df, return_index=True, return_inverse=True)[:0:-1]
    tail = stdtr(df[first], -usual[first])[code]
    other = np.flatnonzero(limit != usual)
    tail[other] = stdtr(df[other], -limit[other])
    return np.asarray(tail)


def _misfits(t: Floats, df: Floats) -> bool:
    """Whether the quarters of the scores are not Student's quarters."""
    below = [(t < student_quantile(df, q)).mean() for q in (0.25, 0.5, 0.75)]
    off = np.abs(np.array(below) - (0.25, 0.5, 0.75))
    return bool(off.max() > MISFIT)


def _least(t: Floats, limit: Floats, count: Floats, share: float) -> float:
    """The lightest tail: normal, no wider than the scores at their 90 and 96 % are and thinning on
    as between them, hits gone from level and scale.

    A share of hits in baselines lifts their median and widens their MAD, so ordinary posts reach
    less far: by the shift and factor that a normal distribution with that share at infinity has.
    """
    hits = min(HITS_A_FLAG * share, MAX_HITS)
    shift = float(ndtri(0.5 / (1 - hits)))
    widening = _mad(hits, shift) / float(ndtri(0.75))
    reach = (np.quantile(t, _REACH) - np.median(t)) / ndtri(_REACH) * (1 - 2 / np.sqrt(len(t)))
    thinner = min(1.0, float(reach[1] / reach[0])) if reach[0] > 0 else 1.0
    scale = max(min(1.0, float(reach.min())) * thinner**_ONWARD, 0.05)
    return LEAST_SHARE * float((count * ndtr(-(limit * widening + shift) / scale)).sum())


def _mad(hits: float, shift: float) -> float:
    """MAD about `shift` of a standard normal with a share of hits far above it."""
    low, high = 0.0, 8.0
    for _ in range(50):
        middle = (low + high) / 2
        inside = (1 - hits) * (ndtr(shift + middle) - ndtr(shift - middle))
        low, high = (middle, high) if inside < 0.5 else (low, middle)
    return low


def _most(t: Floats, limit: Floats, count: Floats) -> float:
    """The heaviest right tail of Student's family that the scores between BULK still allow.

    About their median; scale and degrees of freedom on a grid, by their likelihood in 24 equally
    filled cells; of those within LOOSE of the best the one that flags most.
    """
    scores = np.sort(t)
    at = np.rint(np.linspace(*BULK, _CELLS + 1) * (len(scores) - 1)).astype(int)
    edges = scores[at]
    share = np.diff(at).astype(np.float64)
    df, scale = (a.ravel() for a in np.meshgrid(_DF, _SCALE, indexing="ij"))
    z = (edges - edges[0]) / scale[:, None]
    tail = stdtr(df[:, None], -z)
    inside = np.maximum(tail[:, :-1] - tail[:, 1:], 1e-300)
    mass = tail[:, 0] - tail[:, -1]
    ln_l = (share * np.log(inside)).sum(axis=1) - share.sum() * np.log(np.maximum(mass, 1e-300))
    near = np.flatnonzero(ln_l > ln_l.max() - LOOSE)
    reach = stdtr(df[near, None], -(limit - edges[0]) / scale[near, None])
    each = (count * reach).sum(axis=1) * (BULK[1] - BULK[0]) / mass[near]
    return float(each.max())


def _binned(limit: Floats) -> tuple[Floats, Floats]:
    """Thresholds in at most 200 cells: their means, and how many posts each has."""
    limits = np.sort(limit)
    parts = np.array_split(limits, min(len(limits), 200))
    return np.array([part.mean() for part in parts]), np.array([len(part) for part in parts], float)
