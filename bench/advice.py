"""How often is advice wrong? Simulated worlds whose truth is known, with effects and without any.

    .venv/bin/python bench/advice.py [--seeds N] [--first SEED]

Each world is judged at its epoch and its features tested (bench/patterns.py); scripts are made of posts drawn at random,
with an effect of their own (sd .5 ln) or none. Advice is wrong where who follows it would lose or gain nothing. In worlds
without effects nothing but tests may be advised, each with an interval that includes no gain.
Exit 1 where a stated aim is missed.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from patterns import features_of, judged_at

from vtlib.patterns import find
from vtlib.patterns.carriers import carriers
from vtlib.sandbox.build import build_world
from vtlib.sandbox.truth import truth
from vtlib.stages.insight.advice import Evidence, advise
from vtlib.stages.performance.history import history
from vtlib.stats.rates import rate

SEEDS = 8
SCRIPTS, MOST_POSTS, SCRIPT_SD = 24, 6, 0.5
MAX_WRONG, MAX_NONE = 0.1, 0.1


def scripts(past: pd.DataFrame, seed: int, *, sd: float) -> tuple[pd.DataFrame, dict[str, float]]:
    """Posts of scripts drawn from `history`'s frame, lifted by each script's own effect; and those effects (ln)."""
    rng = np.random.default_rng([11, seed])
    known = past[past["lift_ln"].notna()]
    sizes = rng.integers(1, MOST_POSTS + 1, SCRIPTS)
    drawn = known.iloc[rng.choice(len(known), int(sizes.sum()), replace=False)]
    names = np.repeat([f"s{n:02d}" for n in range(SCRIPTS)], sizes)
    true = {f"s{n:02d}": float(e) for n, e in enumerate(sd * rng.standard_normal(SCRIPTS))}
    lift = drawn["lift_ln"].to_numpy(float) + [true[name] for name in names]
    return drawn.assign(script_id=names, title=names, lift_ln=lift), true


def advised(seed: int, *, has_effects: bool) -> pd.DataFrame:
    """The advice of one world beside what is true of it: true_ln, what following it brings."""
    world = build_world(seed=seed)
    values, features = features_of(world, seed=None if has_effects else seed)
    before = judged_at(world, world.epoch)
    library = find(before, values, features).table
    past = history(before)
    runs, of_scripts = scripts(past, seed, sd=SCRIPT_SD if has_effects else 0.0)
    others = past[~past["post_id"].isin(runs["post_id"])]
    spread = np.hypot(others["own_scale_ln"], others["own_error_ln"])
    ordinary = (others["lift_ln"] / spread).to_numpy(float)
    evidence = Evidence(
        "bench",
        patterns=library,
        runs=runs,
        ordinary=ordinary[np.isfinite(ordinary)],
        level=1000.0,
    )
    found = advise(evidence)
    effect = true_contrasts(library, values, world if has_effects else None)
    brings = [
        effect.get(p, 0.0) if isinstance(p, str) else of_scripts.get(s, 0.0)
        for p, s in zip(found["pattern"], found["script_id"], strict=True)
    ]
    sign = np.where(found["kind"].eq("stop"), -1.0, 1.0)
    return found.assign(seed=seed, true_ln=sign * np.array(brings, float))


def true_contrasts(library: pd.DataFrame, values: pd.DataFrame, world: object) -> dict[str, float]:
    """What each feature truly brings against posts without it, ln: its effect, and that of features which come with it."""
    if world is None:
        return {}
    alone = {e["feature"]: float(e["ln_effect"]) for e in truth(world)["effects"]}  # type: ignore[arg-type]
    held = carriers(library.assign(parts=None, threshold=np.nan), values)
    wide = held.pivot_table(index="post_id", columns="pattern", values="has").astype(float)
    total = sum(
        wide.get(name, 0.0).fillna(0) * size for name, size in alone.items() if name in wide
    )
    out = {}
    for name in library["pattern"]:
        on = wide[name].eq(1)
        off = wide[name].eq(0)
        out[name] = float(total[on].mean() - total[off].mean()) if name in alone else 0.0
    return out


def table(found: pd.DataFrame, n_worlds: int) -> pd.DataFrame:
    """By kind and source: advice, share that is wrong with its interval, coverage, gain stated and true (geometric means)."""
    rows = []
    for (kind, source), mine in found.groupby(["kind", "source"]):
        wrong = rate(int((mine["true_ln"] <= 0).sum()), len(mine))
        inside = mine["true_ln"].between(np.log(mine["ratio_low"]), np.log(mine["ratio_high"]))
        rows.append(
            {
                "kind": kind,
                "from": source,
                "advice": len(mine),
                "a world": len(mine) / n_worlds,
                "wrong": f"{wrong.share:.2f} ({wrong.low:.2f} to {wrong.high:.2f})",
                "inside": float(inside.mean()),
                "stated": float(np.exp(np.log(mine["ratio"]).mean())),
                "true": float(np.exp(mine["true_ln"].mean())),
            }
        )
    return pd.DataFrame(rows)


def main() -> int:
    """Print both tables; 1 where too much advice is wrong, or a world without effects gets more than tests."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    args = parser.parse_args()
    seeds, start = range(args.first, args.first + args.seeds), time.perf_counter()
    full = pd.concat([advised(seed, has_effects=True) for seed in seeds])
    none = pd.concat([advised(seed, has_effects=False) for seed in seeds])
    print(f"{len(seeds)} worlds with effects")
    print(table(full, len(seeds)).round(2).to_string(index=False))
    print(f"\n{len(seeds)} worlds without any")
    print(table(none, len(seeds)).round(2).to_string(index=False) if len(none) else "no advice")
    sure, bad = full[full["kind"].ne("test")], none[none["kind"].ne("test")]
    wrong = rate(int((sure["true_ln"] <= 0).sum()), len(sure))
    worlds = rate(bad["seed"].nunique(), len(seeds))
    shut = none[none["kind"].eq("test") & ~none["ratio_low"].le(1)]
    print(
        f"\nwrong among shoot, repeat, stop: {wrong.k} of {wrong.n} ({wrong.low:.2f} to {wrong.high:.2f}), at most {MAX_WRONG}"
    )
    print(
        f"worlds without effects that get more than tests: {worlds.k} of {worlds.n}, at most {MAX_NONE}"
    )
    print(f"tests there whose interval leaves out no gain: {len(shut)}, at most 0")
    print(f"{time.perf_counter() - start:.0f} s")
    return int(wrong.low > MAX_WRONG or worlds.low > MAX_NONE or len(shut) > 0)


if __name__ == "__main__":
    sys.exit(main())
