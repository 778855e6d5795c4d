"""How often is advice wrong? Simulated worlds whose truth is known, with effects and without any.

    .venv/bin/python bench/advice.py [--seeds N] [--first SEED]

Each world is judged at its epoch and its features tested (bench/patterns.py), on all accounts and
on a few; scripts are made of posts drawn at random, with an effect of their own (sd .8 ln) or none.
Advice is wrong where who follows it would lose or gain nothing. In worlds without effects nothing
but tests may be advised, each with an interval that includes no gain. Exit 1 where a stated aim is
missed.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import pandas as pd
from patterns import features_of, judged_at

from simulator.build import build_world
from simulator.truth import truth
from vtlib.core.proportions import rate
from vtlib.performance.history import history
from vtlib.performance.patterns import find
from vtlib.report.insight.advice_rule import advise
from vtlib.report.insight.evidence import Evidence, ordinary_scatter

SEEDS = 5
SCRIPTS, MOST_POSTS, SCRIPT_SD = 24, 8, 0.8
FEW_ACCOUNTS = 12  # a small project
MAX_WRONG, MAX_NONE = 0.1, 0.1


def scripts(past: pd.DataFrame, seed: int, *, sd: float) -> tuple[pd.DataFrame, dict[str, float]]:
    """Posts of scripts drawn from `history`'s frame, lifted by each script's own effect; and
    those effects (ln).
    """
    rng = np.random.default_rng([11, seed])
    known = past[past["lift_ln"].notna()]
    sizes = rng.integers(1, MOST_POSTS + 1, SCRIPTS)
    drawn = known.iloc[rng.choice(len(known), int(sizes.sum()), replace=False)]
    names = np.repeat([f"s{n:02d}" for n in range(SCRIPTS)], sizes)
    true = {f"s{n:02d}": float(e) for n, e in enumerate(sd * rng.standard_normal(SCRIPTS))}
    lift = drawn["lift_ln"].to_numpy(float) + [true[name] for name in names]
    return drawn.assign(script_id=names, title=names, lift_ln=lift), true


def advised(seed: int) -> pd.DataFrame:
    """The advice of one world beside what is true of it: with and without effects, all accounts and
    a few.

    Added: has_effects, accounts_in (all, few), true_ln (what following it brings), is_decoy (a
    pattern without an effect of its own: its carriers may differ in others).
    """
    world = build_world(seed=seed)
    before = judged_at(world, world.epoch)
    ids = np.sort(before["account_id"].dropna().unique())
    few = np.random.default_rng(seed).choice(ids, min(FEW_ACCOUNTS, len(ids)), replace=False)
    own = {e["feature"]: float(e["ln_effect"]) for e in truth(world)["effects"]}
    parts = []
    for has_effects in (True, False):
        values, features = features_of(world, seed=None if has_effects else seed)
        for name, posts in (("all", before), ("few", before[before["account_id"].isin(few)])):
            library = find(posts.reset_index(drop=True), values, features).table
            past = history(posts)
            true = contrasts(library, values, posts["post_id"], own) if has_effects else {}
            found = of_one(library, past, seed, true, sd=SCRIPT_SD if has_effects else 0.0)
            decoy = found["pattern"].notna() & ~found["pattern"].isin(own if has_effects else {})
            parts.append(
                found.assign(seed=seed, has_effects=has_effects, accounts_in=name, is_decoy=decoy)
            )
    return pd.concat([p for p in parts if len(p)] or parts[:1])


def of_one(
    library: pd.DataFrame, past: pd.DataFrame, seed: int, true: dict[str, float], *, sd: float
) -> pd.DataFrame:
    """The advice from one library and the posts of `history`, with true_ln."""
    runs, of_scripts = scripts(past, seed, sd=sd)
    evidence = Evidence(
        "bench",
        patterns=library,
        runs=runs,
        ordinary=ordinary_scatter(past, runs),
        level=1000.0,
    )
    found = advise(evidence)
    brings = [
        true.get(p, 0.0) if isinstance(p, str) else of_scripts.get(s, 0.0)
        for p, s in zip(found["pattern"], found["script_id"], strict=True)
    ]
    sign = np.where(found["kind"].eq("stop"), -1.0, 1.0)
    return found.assign(true_ln=sign * np.array(brings, float))


def contrasts(
    library: pd.DataFrame, values: pd.DataFrame, posts: pd.Series, own: dict[str, float]
) -> dict[str, float]:
    """What posts with a feature truly have over posts without it, ln: its effect and those of
    what comes with it.
    """
    mine = values[values["post_id"].isin(posts)]
    wide = mine.pivot_table(index="post_id", columns="feature", values="value")
    total = sum((wide[f].fillna(0) * size for f, size in own.items() if f in wide), start=0.0)
    return {
        name: float(total[wide[name].eq(1)].mean() - total[wide[name].eq(0)].mean())
        for name in library["pattern"]
    }


def table(found: pd.DataFrame, n_worlds: int) -> pd.DataFrame:
    """By kind and source: advice, share that is wrong with its interval, coverage, gain stated
    and true (geometric means).
    """
    if found.empty:
        return pd.DataFrame({"advice": [0]})
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
    """Print both tables; 1 where too much advice is wrong, or a world without effects gets more
    than tests.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    args = parser.parse_args()
    seeds, start = range(args.first, args.first + args.seeds), time.perf_counter()
    found = pd.concat([advised(seed) for seed in seeds])
    missed = False
    for size in ("all", "few"):
        mine = found[found["accounts_in"].eq(size)]
        full, none = mine[mine["has_effects"]], mine[~mine["has_effects"]]
        what = "all accounts" if size == "all" else f"{FEW_ACCOUNTS} accounts"
        print(f"{len(seeds)} worlds, {what}, with effects")
        print(table(full, len(seeds)).round(2).to_string(index=False))
        print(f"... without any\n{table(none, len(seeds)).round(2).to_string(index=False)}")
        sure, bad = full[full["kind"].ne("test")], none[none["kind"].ne("test")]
        wrong = rate(int((sure["true_ln"] <= 0).sum()), len(sure))
        worlds = rate(bad["seed"].nunique(), len(seeds))
        shut = int((~none.loc[none["kind"].eq("test"), "ratio_low"].le(1)).sum())
        print(
            f"wrong among shoot, repeat, stop: {wrong.k} of {wrong.n} ({wrong.low:.2f} to "
            f"{wrong.high:.2f}), "
            f"aim at most {MAX_WRONG}; of patterns without an effect of their own: "
            f"{int(sure['is_decoy'].sum())}\n"
            f"worlds without effects that get more than tests: {worlds.k} of {worlds.n}, aim at "
            f"most {MAX_NONE}; "
            f"their tests whose interval leaves out no gain: {shut}, aim 0\n"
        )
        missed |= wrong.low > MAX_WRONG or worlds.low > MAX_NONE or shut > 0
    print(f"{time.perf_counter() - start:.0f} s")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
