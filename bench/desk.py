"""Pages of the desk on 10,000 posts: from the press of a button to the rows, the database opened
each time.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

import pandas as pd
from tabulate import tabulate

from vtlib.capture import store as captures
from vtlib.desk import Desk, browse
from vtlib.desk.browse import SORTS, PostQuery
from vtlib.outliers import store as outliers
from vtlib.store import people
from vtlib.store.project import Project

N_POSTS = 10_000
N_CAPTURES = 3
N_TURNS = 40
BEGAN = datetime(2026, 3, 1)  # noqa: DTZ001 - naive UTC, as the store keeps times


def main() -> None:
    """Print seconds a page, by what was asked for."""
    with tempfile.TemporaryDirectory(prefix="vt-bench-") as folder:
        project = filled(Path(folder))
        lot = random.Random(7)  # noqa: S311 - no secret
        last = N_POSTS // PostQuery().size

        def turned(**wish: object) -> Callable[[], object]:
            return lambda: browse.page(project, PostQuery(page=lot.randint(1, last), **wish))  # type: ignore[arg-type]

        asked = {f"sorted by {name}": turned(sort=key) for key, name in SORTS.items()}
        asked["searched"] = lambda: browse.page(
            project, PostQuery(search=f"post {lot.randint(1, 99)}")
        )
        rows = [(name, *timed(ask)) for name, ask in asked.items()]
        desk = Desk(project, by="bench")
        rows.append(
            ("button More pressed, row of the place written", *timed(desk.posts.next.click))
        )
    print(
        f"{N_POSTS:,} posts, {N_CAPTURES} captures each, {PostQuery().size} a page, {N_TURNS} turns"
    )
    print(tabulate(rows, headers=("page", "median ms", "95th percentile ms"), floatfmt=".0f"))


def timed(ask: Callable[[], object]) -> tuple[float, float]:
    """Median and 95th percentile of milliseconds."""
    took = []
    for _ in range(N_TURNS):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1_000)
    return median(took), quantiles(took, n=20)[-1]


def filled(home: Path) -> Project:
    """A workspace whose project has N_POSTS posts of a hundred accounts, captured and judged."""
    (home / "params").mkdir()
    (home / "params" / "p.yaml").write_text("project: p\n")
    project = Project.open("p", home=str(home))
    people.ensure_project(project.store, "p")
    for number in range(N_CAPTURES):
        key = f"c{number}"
        row = {"capture_id": key, "project_id": "p", "provider": "file", "started_at": BEGAN}
        captures.begin(project.store, row)
        captures.ingest(project.store, capture(key, BEGAN + timedelta(days=number)))
        captures.finish(project.store, key)
    run = {"outlier_run_id": "r", "project_id": "p", "method": "calibrated", "created_at": BEGAN}
    outliers.save_run(project.store, {**run, "params": {}, "strata": []}, scores())
    return project


def capture(key: str, at: datetime) -> dict[str, pd.DataFrame]:
    """The rows of one capture of all posts."""
    ids = pd.Series(range(N_POSTS)).astype(str)
    posts = pd.DataFrame({"post_id": "tiktok:" + ids, "platform": "tiktok", "native_id": ids})
    owners = "tiktok:" + (ids.astype(int) % 100).astype(str)
    posts = posts.assign(
        account_id=owners, caption="post " + ids, format="video", url="https://x.y/" + ids
    )
    posts["posted_at"] = BEGAN - pd.to_timedelta(ids.astype(int), unit="h")
    seen = posts[["post_id"]].assign(captured_at=at, capture_id=key)
    links = posts[["post_id"]].assign(
        project_id="p", came_from="dataset", first_capture_id="c0", added_at=BEGAN
    )
    people_ = pd.DataFrame({"account_id": owners.unique(), "platform": "tiktok"})
    people_ = people_.assign(
        native_id=people_["account_id"].str[7:], first_seen_at=at, last_captured_at=at
    )
    people_["handle"] = "rival" + people_["native_id"]
    return {
        "accounts": people_,
        "posts": posts.assign(first_seen_at=at, last_captured_at=at),
        "post_snapshots": seen.assign(views=ids.astype(int) * 37 % 99_991, views_state="observed"),
        "project_posts": links,
    }


def scores() -> pd.DataFrame:
    """A score a post, in no order of the ids."""
    number = pd.Series(range(N_POSTS))
    large = (number * 7_919 % N_POSTS + 1) / 1_000
    frame = pd.DataFrame({"post_id": "tiktok:" + number.astype(str), "platform": "tiktok"})
    frame = frame.assign(multiplier=large, multiplier_low=large / 2, multiplier_high=large * 2)
    return frame.assign(metric="views", value=number * 37 % 99_991, tier="none", reason="")


if __name__ == "__main__":
    main()
