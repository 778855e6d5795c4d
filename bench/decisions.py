"""Stated against measured for decisions: who wins an A/B test, how many posts are still needed, how
far raters agree, money.

    .venv/bin/python bench/decisions.py [--draws N]

Simulated throughout: variants with no difference, at the stated least difference, and at x1.5 after
the stated number of further posts; raters of known kappa with 12 and 20 labels; views of posts with
known scatter. A line a figure: what is stated, what was measured over the draws. Exit 1 where a
measured share leaves what is stated by more than such a number of draws leaves to chance (99 %).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np

from vtlib.analysis.labels import cohen_kappa
from vtlib.core.proportions import rate
from vtlib.performance.abtest import VariantTest, compare
from vtlib.performance.money import incremental

DRAWS = 60
AIM = float(np.log(1.5))
SD = 0.8
MOST_GAIN = float(
    np.log(1000)
)  # ordinary posts go no further beyond their level: else a t3's mean has no end
Scatter = Callable[[np.random.Generator, int], np.ndarray]
MAD_SD = 0.6745


def variants(
    draw: np.random.Generator, design: str, units: int, effect: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(y, is_b, block, account) of a test in which B is `effect` (ln) above A: `units` pairs,
    posts or accounts a variant.
    """
    each = 5 if design == "by account" else 1
    is_b = np.repeat([False, True], units * each)
    y = SD * draw.normal(size=len(is_b)) + effect * is_b
    block = np.full(len(is_b), -1)
    account = np.zeros(len(is_b), np.int64)
    if design == "paired":
        block = np.tile(np.arange(units), 2)
        y += draw.normal(size=units)[block]
    if design == "by account":
        account = np.repeat(np.arange(2 * units), each)
        y += 0.4 * draw.normal(size=2 * units)[account]
    return y, is_b, block, account


def run(draw: np.random.Generator, design: str, units: int, effect: float) -> VariantTest:
    """One test."""
    y, is_b, block, account = variants(draw, design, units, effect)
    return compare(y, is_b, block, account=account, aim=AIM)


def ab_tests(draws: int) -> list[tuple[str, str, float, float, float, int]]:
    """Rows (what, stated, low, high, measured, n): winners by luck, at the least difference,
    after what is still needed.
    """
    rows = []
    for design, units in (("paired", 20), ("unpaired", 30), ("by account", 8)):
        draw = np.random.default_rng([7, units])
        none = [run(draw, design, units, 0.0) for _ in range(draws)]
        least = float(np.median([f.least_visible for f in none]))
        needed = [f.units_needed for f in none if f.units_needed is not None]
        more = units + int(np.median(needed))
        won = [run(draw, design, units, least).winner == "B" for _ in range(draws)]
        later = [run(draw, design, more, AIM).winner == "B" for _ in range(draws)]
        lucky = float(np.mean([f.winner != "" for f in none]))
        name = f"{design}, {units} a variant"
        rows += [
            (f"{name}: a winner at no difference", "at most .05", 0.0, 0.05, lucky, draws),
            (
                f"... at the least visible x{np.exp(least):.2f}",
                ".80",
                0.7,
                0.9,
                float(np.mean(won)),
                draws,
            ),
            (
                f"... x1.5 with the {more - units} more needed",
                ".80",
                0.7,
                0.9,
                float(np.mean(later)),
                draws,
            ),
        ]
    return rows


def raters(draws: int) -> list[tuple[str, str, float, float, float, int]]:
    """Coverage of kappa's 95 % interval."""
    rows = []
    for n, kappa, k in ((12, 0.6, 2), (12, 0.8, 3), (12, 0.0, 3), (20, 0.4, 2)):
        draw = np.random.default_rng(n + k)
        cells = ((1 - kappa) / k**2 + kappa / k * np.eye(k)).ravel()
        inside = 0
        for _ in range(5 * draws):
            first, second = np.divmod(draw.choice(k * k, n, p=cells), k)
            found = cohen_kappa(first, second, n_categories=k)
            inside += bool(found.low <= kappa <= found.high) or not np.isfinite(found.kappa)
        name = f"kappa {kappa}, {k} words, {n} labels: 95 % interval"
        rows.append((name, ".89 to .99", 0.89, 0.99, inside / (5 * draws), 5 * draws))
    return rows


def scatters() -> dict[str, tuple[Scatter, bool]]:
    """Shapes of ln views about the own level, and whether the scatter of ordinary posts is
    learnt (1,000 of them).
    """

    def normal(sd: float) -> Scatter:
        return lambda draw, k: sd * draw.normal(size=k)

    def dead(draw: np.random.Generator, k: int) -> np.ndarray:
        return np.where(draw.random(k) < 0.05, -6.0, 1.2 * draw.normal(size=k))

    def gumbel(draw: np.random.Generator, k: int) -> np.ndarray:
        return 0.6 * draw.gumbel(size=k)

    def t3(draw: np.random.Generator, k: int) -> np.ndarray:
        return np.minimum(0.7 * draw.standard_t(3, k), MOST_GAIN)

    return {
        "log-normal .8": (normal(0.8), False),
        "log-normal 1.2": (normal(1.2), False),
        "log-normal 1.6": (normal(1.6), False),
        "dead posts, learnt": (dead, True),
        "Gumbel, learnt": (gumbel, True),
        "t3, learnt": (t3, True),
        "Gumbel, not learnt": (gumbel, False),
        "t3, not learnt": (t3, False),
    }


def covers(scatter: Scatter, n: int, draws: int, *, learnt: bool, seed: int) -> float:
    """Coverage of the interval of views beyond the own level: `n` posts at +.5 ln, scales known
    to 15 %, levels to .2.
    """
    draw = np.random.default_rng([seed, n])
    mean = np.maximum(0, np.expm1(0.5 + scatter(draw, 400_000))).mean()
    usual = scatter(draw, 100_001)
    scale = float(np.median(np.abs(usual - np.median(usual)))) / MAD_SD
    inside = 0
    for _ in range(draws):
        m = 8 + 0.2 * draw.normal(size=n)
        said = incremental(
            m + 0.2 * draw.normal(size=n) + 0.5 + scatter(draw, n),
            m,
            scale=scale * np.exp(0.15 * draw.normal(size=n)),
            error=np.full(n, 0.2),
            shape=scatter(draw, 1000) / scale if learnt else None,
        ).total
        # levels lie about m with SD .2: their mean exponential is exp(.02) of m's
        inside += bool(said.low <= np.exp(m + 0.02).sum() * mean <= said.high)
    return inside / draws


def main() -> int:
    """Print what is stated beside what was measured; 1 where it does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=DRAWS)
    draws = parser.parse_args().draws
    print(f"{'':62} stated        measured")
    missed = False
    for name, stated, low, high, measured, n in [*ab_tests(draws), *raters(draws)]:
        print(f"{name:62} {stated:13} {measured:.2f}", flush=True)
        missed |= misses(measured, n, low, high)
    print("\n80 % interval of views beyond the own level, stated .80, at 5, 15 and 40 posts")
    for seed, (name, (scatter, learnt)) in enumerate(scatters().items()):
        cells = [covers(scatter, n, draws, learnt=learnt, seed=seed) for n in (5, 15, 40)]
        print(f"| {name} | " + " | ".join(f"{c:.2f}" for c in cells) + " |", flush=True)
        if not name.endswith(
            "not learnt"
        ):  # of these docs/method.md says that they are not covered
            missed |= any(misses(c, draws, 0.76, 0.9) for c in cells)
    return int(missed)


def misses(measured: float, n: int, low: float, high: float) -> bool:
    """Whether so many draws cannot come from a share of `low` to `high` (99 % interval of
    Wilson).
    """
    found = rate(round(measured * n), n, interval=0.99)
    return found.high < low or found.low > high


if __name__ == "__main__":
    sys.exit(main())
