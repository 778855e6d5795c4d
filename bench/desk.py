"""Processor seconds of the desk on 200,000 posts: the first page, each filter and order, a press of
More and of Keep, and a move of each slider of Judging.

    .venv/bin/python bench/desk.py [--posts 200000] [--home FOLDER]

The project is the one of bench/scale.py, judged by an outlier run of its own; `--home` takes a
workspace that is there (project `bench`). Everything is read from the file each time, as the desk
does. Leaves with 1 where a page or filter takes more than LIMIT_S of CPU (the least of five).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from tabulate import tabulate

sys.path.insert(0, str(Path(__file__).parent))
from library import make
from scale import EPOCH, best, filled

from vtlib.core.params import LeastValue
from vtlib.desk import Desk, browse
from vtlib.desk.browse import SORTS, PostQuery
from vtlib.outliers import stage
from vtlib.outliers import store as outliers
from vtlib.outliers.live import LiveRule
from vtlib.store.project import Project

N_POSTS = 200_000
LIMIT_S = 0.3
FILTERS = {
    "platform": "tiktok",
    "format": "video",
    "tier": "broke_out",
    "decision": "open",
    "role": "unknown",
    "hook": "open_question",
    "script": "no",
    "tag": "none such",
    "fit": "none/such",
    "account": "rival12",
    "multiplier": "5",
    "views": "100k",
    "posted_from": "2025-06-01",
    "posted_to": "2025-06-30",
    "search": "rival12 video",
}


def main() -> int:
    """Print the table; 1 where the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=N_POSTS, help="how many (200,000)")
    parser.add_argument("--home", help="a workspace with the project bench, instead of a new one")
    wish = parser.parse_args()
    if wish.home:
        return measure(Project.open("bench", home=wish.home))
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        project = filled(Path(folder), wish.posts)
        judge(project, wish.posts)
        return measure(project)


def measure(project: Project) -> int:
    """Print what each page costs; 1 where one costs more than the limit."""

    def page(**facts: object) -> Callable[[], object]:
        return lambda: browse.page(project, PostQuery(**facts))  # type: ignore[arg-type]

    first = browse.page(project, PostQuery())
    asked = {"first page": page()}
    asked |= {f"filter {name}: {value}": page(**{name: value}) for name, value in FILTERS.items()}
    asked |= {f"sorted by {name}": page(sort=key) for key, name in SORTS.items()}
    asked["page in the middle"] = page(page=first.n_pages // 2)
    desk = Desk(project, by="bench")
    desk.posts.rows[0].open.click()
    presses = {"button More": desk.posts.next.click, "button Keep": desk.posts.post.keep.click}
    live = sliders(project)
    rows = [(name, seconds := best(ask), seconds > LIMIT_S) for name, ask in asked.items()]
    table = [(name, seconds, "missed" if is_bad else "") for name, seconds, is_bad in rows]
    table += [(f"slider {n}", s, "missed" if s > LIMIT_S else "") for n, s in live.items()]
    table += [(f"{name}, all of it", best(press), "no limit") for name, press in presses.items()]
    print(f"{first.n:,} posts, {PostQuery().size} a page; at most {LIMIT_S} s of CPU")
    print(tabulate(table, headers=("page", "CPU s", ""), floatfmt=".3f"))
    return int(any(is_bad for _, _, is_bad in rows) or any(s > LIMIT_S for s in live.values()))


def sliders(project: Project) -> dict[str, float]:
    """CPU s of a new judgement by another p, multiplier and least views, scores held; printed
    apart: loading the posts, and judging by another length of the baseline.
    """
    begun = time.process_time()
    live = LiveRule(*stage.load(project))
    loaded = time.process_time() - begun
    rule = project.params.outliers
    live.judge(rule)
    changes = {
        "p": {"breakout_p": 0.03},
        "multiplier": {"breakout_multiplier": 2.0},
        "least views": {"min_value": LeastValue(views=20_000, engagement=20)},
    }
    seconds = {
        name: best(lambda c=change: live.judge(rule.model_copy(update=c)))
        for name, change in changes.items()
    }
    begun = time.process_time()
    live.judge(rule.model_copy(update={"max_baseline": 20}))
    anew = time.process_time() - begun
    print(f"Judging: posts loaded {loaded:.2f} s, another baseline length {anew:.2f} s, once each")
    return seconds


def judge(project: Project, n: int) -> None:
    """A score a post, in no order of the ids."""
    posts = make(n)
    large = np.random.default_rng(7).lognormal(0, 1, n)
    frame = pd.DataFrame({"post_id": posts["post_id"], "platform": posts["platform"]})
    frame = frame.assign(multiplier=large, multiplier_low=large / 2, multiplier_high=large * 2)
    frame["tier"] = np.where(large > 20, "extreme", np.where(large > 8, "breakout", "none"))
    frame = frame.assign(metric="views", value=(large * 1_000).astype("int64"), reason="")
    run = {"outlier_run_id": "r", "project_id": project.slug, "method": "calibrated"}
    outliers.save_run(
        project.store, {**run, "created_at": EPOCH, "params": {}, "strata": []}, frame
    )


if __name__ == "__main__":
    sys.exit(main())
