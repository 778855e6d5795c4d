"""Do effects by platform tell a platform's own patterns from those of all, and from nothing?

    .venv/bin/python bench/platforms.py [--worlds N] [--first SEED]

Simulated posts whose truth is known: three platforms of 6 to 12 accounts, 40 posts each, scatter of
an account .6 to 1.4, heavy-tailed (t with 5 degrees of freedom); 24 features on 15 to 45 % of
posts, six of them with an effect. Four worlds: effects alike on all platforms; effects that scatter
between platforms; two effects on TikTok alone; no effect at all.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import pandas as pd

from vtlib.performance.patterns import Feature, find

WORLDS = 6  # more need some 20 s of a processor each
PLATFORMS = ("instagram", "tiktok", "youtube")
POSTS, N_FEATURES = 40, 24
EFFECTS = (0.6, 0.45, 0.35, -0.45, 0.3, 0.5)  # those of the sandbox's hooks, about
SCATTER_LN = 0.35
KINDS = ("alike", "scattered", "own", "none")
# Of claims, of tests without a difference; of all intervals, of those of claims (scattered effects:
# .66, see docs/method.md).
MAX_FALSE, MAX_DIFFER, COVERAGE, COVERAGE_OF_CLAIMS = 0.12, 0.02, 0.80, 0.60
FEW = 10  # claims: fewer have no share to speak of


def effects(kind: str, rng: np.random.Generator) -> np.ndarray:
    """(features, platforms) true effects, ln units."""
    true = np.zeros((N_FEATURES, len(PLATFORMS)))
    if kind == "none":
        return true
    true[: len(EFFECTS)] = np.array(EFFECTS)[:, None]
    if kind == "scattered":
        true[: len(EFFECTS)] += rng.normal(0, SCATTER_LN, (len(EFFECTS), len(PLATFORMS)))
    if kind == "own":
        true[0], true[3] = (0, 0.8, 0), (0, -0.7, 0)
    return true


def world(seed: int, kind: str) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Judged posts, values of features and the truth."""
    rng = np.random.default_rng((seed, KINDS.index(kind)))
    true = effects(kind, rng)
    parts = []
    for place, platform in enumerate(PLATFORMS):
        for account in range(rng.integers(6, 13)):
            scale = np.exp(rng.uniform(np.log(0.6), np.log(1.4)))
            has = rng.random((POSTS, N_FEATURES)) < np.linspace(0.15, 0.45, N_FEATURES)
            y = scale * rng.standard_t(5, POSTS) / np.sqrt(5 / 3) + has @ true[:, place]
            parts.append((platform, f"{platform}:{account}", y - np.median(y), has))
    y = np.concatenate([p[2] for p in parts])
    has = np.concatenate([p[3] for p in parts])
    ids = [f"{p[0]}:{n}-{i}" for n, p in enumerate(parts) for i in range(POSTS)]
    posts = pd.DataFrame(
        {
            "post_id": ids,
            "platform": np.repeat([p[0] for p in parts], POSTS),
            "account_id": np.repeat([p[1] for p in parts], POSTS),
            "metric": "views",
            "basis": "account",
            "x7_ln": 9 + y,
            "expected_ln": 9.0,
            "tier": np.where(y > 2.2, "breakout", "none"),
            "reason": "",
            "posted_at": pd.Timestamp("2026-01-01")
            + pd.to_timedelta(rng.uniform(0, 170, len(y)), unit="D"),
            "is_pinned": False,
            "is_paid": False,
        }
    )
    names = [f"f{i:02d}" for i in range(N_FEATURES)]
    values = pd.DataFrame(has.astype(float), columns=names).assign(post_id=ids)
    return posts, values.melt("post_id", var_name="feature", value_name="value"), true


def rows(seed: int, kind: str) -> pd.DataFrame:
    """Effects by platform beside what is true of them."""
    posts, values, true = world(seed, kind)
    features = [Feature(n, n, "measured") for n in sorted(values["feature"].unique())]
    library = find(posts, values, features)
    table = library.platforms
    place = table["platform"].map(PLATFORMS.index).to_numpy(int)
    row = table["pattern"].str[1:].astype(int).to_numpy(int)
    common = library.table.set_index("pattern")
    others = (true.sum(axis=1, keepdims=True) - true) / (len(PLATFORMS) - 1)
    return table.assign(
        true_ln=true[row, place],
        true_difference=(true - others)[row, place],
        common_ln=table["pattern"].map(common["effect_ln"]),
        alone_ln=table["shift_ln"],
        kind=kind,
        seed=seed,
    )


def summary(table: pd.DataFrame) -> dict[str, float]:
    """The numbers of one kind of world."""
    claimed, is_null = table["claim"].ne(""), table["true_ln"].eq(0)
    differs, alike = table["differs"].ne(""), table["true_difference"].abs().lt(1e-9)
    own = is_null.eq(False) & table["true_difference"].abs().ge(0.6)
    z_low, z_high = (np.log(table[c]) for c in ("ratio_low", "ratio_high"))
    inside = table["true_ln"].between(z_low, z_high)
    raw = table["true_ln"].between(table["shift_low_ln"], table["shift_high_ln"])
    error = {
        n: np.sqrt(((table[c] - table["true_ln"]) ** 2).mean())
        for n, c in (("pooled", "effect_ln"), ("common", "common_ln"), ("alone", "alone_ln"))
    }
    return {
        "tested": len(table),
        "nulls claimed": claimed[is_null].mean(),
        "claims": claimed.sum(),
        "claims that are null": is_null[claimed].mean(),
        "effects found": claimed[~is_null].mean(),
        "wrong sign": (np.sign(table["shift_ln"]) != np.sign(table["true_ln"]))[
            claimed & ~is_null
        ].mean(),
        "alike, said to differ": differs[alike].mean(),
        "said to differ": differs.sum(),
        "said to differ, alike": alike[differs].mean(),
        "own (.6 apart), said to differ": differs[own].mean(),
        "80 % intervals cover: pooled": inside.mean(),
        "... with an effect": inside[~is_null].mean(),
        "... of claims": inside[claimed].mean(),
        "... of the platform alone (cover)": raw.mean(),
        "error (rms, ln): pooled": error["pooled"],
        "... common to all": error["common"],
        "... of the platform alone": error["alone"],
    }


def main() -> int:
    """Run all worlds and print the table; 1 when a stated aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=WORLDS)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    args = parser.parse_args()
    start = time.perf_counter()
    seeds = range(args.first, args.first + args.worlds)
    found = {k: summary(pd.concat([rows(s, k) for s in seeds])) for k in KINDS}
    print(f"{args.worlds} worlds of each kind, {len(PLATFORMS)} platforms\n")
    print(f"{'':34}" + "".join(f"{k:>12}" for k in KINDS))
    for name in found["none"]:
        print(f"{name:34}" + "".join(f"{found[k][name]:12.3f}" for k in KINDS))
    print(f"\n{time.perf_counter() - start:.0f} s")
    return 0 if all(map(meets, found.values())) else 1


def meets(numbers: dict[str, float]) -> bool:
    """Whether false claims, false differences, coverage and errors are where the aims say."""
    of_claims = numbers["... of claims"]
    few = numbers["claims"] < FEW
    return bool(
        (few or numbers["claims that are null"] <= MAX_FALSE)
        and numbers["alike, said to differ"] <= MAX_DIFFER
        and numbers["80 % intervals cover: pooled"] >= COVERAGE
        and (few or of_claims >= COVERAGE_OF_CLAIMS)
        and numbers["error (rms, ln): pooled"] <= numbers["... of the platform alone"]
    )


if __name__ == "__main__":
    sys.exit(main())
