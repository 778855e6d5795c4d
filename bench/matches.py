"""How sure is sure: how often posts matched to scripts came of them, by the stated probability, and
how many are found.

    .venv/bin/python bench/matches.py [--worlds 120] [--first 101] [--fit] [--real ../shared/real]

Simulated productions (simulator/productions.py) of worlds that the weights were not fitted on. A
row a band of stated probability: pairs, how many of them are true, the probability stated; then,
for thresholds of linking by itself, how many of the links are right (with the lower end of a 95 %
Wilson interval) and how many of the posts that came of scripts are linked. `--fit` prints weights
fitted on seeds 1 to 15. `--real`: captions of real posts, which came of none of those scripts, in
the place of the simulated ones: how many would be linked. Exits 1 where a band with 50 pairs is off
by more than .1.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from simulator.build import build_world
from simulator.productions import Production, produce
from vtlib.performance import match_rule
from vtlib.performance.match_rule import FEATURES, fit

WINDOW_D = 60
FIT_SEEDS = range(1, 16)
BANDS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 1.0)
THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)


def pairs_of(made: Production) -> pd.DataFrame:
    """Candidate pairs of a production, with `is_true`."""
    known = match_rule.MatchContext(
        pd.DataFrame(made.links, columns=["script_id", "post_id"]),
        pd.DataFrame(made.places, columns=["script_id", "account_id", "format"]),
        made.cuts,
        pd.DataFrame(columns=["script_id", "post_id"]),
    )
    found = match_rule.match(
        pd.DataFrame(made.posts), pd.DataFrame(made.scripts), known, window_days=WINDOW_D
    )
    truth = found["post_id"].map(made.truth)
    return found.assign(is_true=truth.eq(found["script_id"]))


def productions(seeds: range) -> tuple[pd.DataFrame, int]:
    """Pairs of the worlds of `seeds`, and how many new posts came of a script."""
    parts, n_scripted = [], 0
    for seed in seeds:
        made = produce(build_world(seed=seed))
        n_scripted += sum(bool(made.truth[p["post_id"]]) for p in made.posts if p["is_new"])
        parts.append(pairs_of(made).assign(seed=seed))
    return pd.concat(parts, ignore_index=True), n_scripted


def weights(pairs: pd.DataFrame) -> np.ndarray:
    """Weights of FEATURES that make the pairs likeliest."""
    x = np.column_stack([np.ones(len(pairs)), pairs[[*FEATURES[1:]]].to_numpy(float)])
    post = pd.factorize(pairs["seed"].astype(str) + pairs["post_id"])[0]
    return fit(x, post, pairs["is_true"].to_numpy(bool))


def bands(pairs: pd.DataFrame) -> pd.DataFrame:
    """Stated probability against share of true pairs."""
    band = pd.cut(pairs["probability"], [-1, *BANDS])
    table = pairs.groupby(band, observed=True).agg(
        pairs=("is_true", "size"), stated=("probability", "mean"), true=("is_true", "mean")
    )
    return table.round(3)


def linking(pairs: pd.DataFrame, n_scripted: int) -> pd.DataFrame:
    """What linking by itself from each threshold gives."""
    rows = []
    for least in THRESHOLDS:
        linked = pairs[pairs["probability"] >= least]
        right = int(linked["is_true"].sum())
        low = proportion_confint(right, max(len(linked), 1), method="wilson")[0]
        rows.append((least, len(linked), right / max(len(linked), 1), low, right / n_scripted))
    names = ["from", "links", "right", "right_low", "posts_found"]
    return pd.DataFrame(rows, columns=names).round(4)


def captions(folder: Path) -> list[str]:
    """Captions of the real posts of a folder: JSON, JSON lines and CSV, under the names that
    providers give them.
    """
    texts: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".csv":
            rows = pd.read_csv(path, dtype=str).to_dict("records")
        elif path.suffix == ".jsonl":
            rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        elif path.suffix == ".json":
            data = json.loads(path.read_text())
            rows = data if isinstance(data, list) else [data]
        else:
            continue
        for row in rows:
            names = ("caption", "text", "full_text", "title", "description", "fullText")
            texts += [
                t for n in names if isinstance(row, dict) and isinstance(t := row.get(n), str)
            ]
    return list(dict.fromkeys(t for t in texts if t.strip()))


def on_real(texts: list[str], seeds: range) -> pd.DataFrame:
    """Pairs of posts that carry real captions, and nothing else of the simulated ones but
    account, time and length.
    """
    parts, at = [], 0
    for seed in seeds:
        made = produce(build_world(seed=seed))
        for post in made.posts:
            post |= {
                "caption": texts[at % len(texts)],
                "speech": "",
                "hashes": None,
                "is_new": True,
            }
            at += 1
        made.links.clear()
        made.truth.clear()
        parts.append(pairs_of(made).assign(seed=seed))
    return pd.concat(parts, ignore_index=True)


def main() -> int:
    """Print the tables; 1 where what is stated is not what comes true."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=120)
    parser.add_argument("--first", type=int, default=101)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--real", type=Path)
    given = parser.parse_args()
    if given.fit:
        found = weights(productions(FIT_SEEDS)[0])
        for name, value in zip(FEATURES, found, strict=True):
            print(f"    {name}: {value:.2f}")
        return 0
    seeds = range(given.first, given.first + given.worlds)
    if given.real:
        texts = captions(given.real)
        pairs = on_real(texts, seeds)
        n_posts = pairs.groupby("seed")["post_id"].nunique().sum()
        print(
            f"{n_posts:,} posts with {len(texts):,} real captions, {len(pairs):,} pairs:", end=" "
        )
        for least in (0.2, *THRESHOLDS):
            print(f"{int((pairs['probability'] >= least).sum())} at {least}", end="; ")
        print(f"highest {pairs['probability'].max():.3f}")
        return 0
    pairs, n_scripted = productions(seeds)
    table = bands(pairs)
    print(f"{given.worlds} worlds from seed {given.first}: {n_scripted:,} new posts of scripts")
    print(table.to_string(), "\n")
    print(linking(pairs, n_scripted).to_string(index=False))
    many = table[table["pairs"] >= 50]
    return int((many["stated"] - many["true"]).abs().max() > 0.1)


if __name__ == "__main__":
    sys.exit(main())
