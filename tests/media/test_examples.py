"""Examples of claimed patterns are fetched for their frames, and stay out of statistics."""

import pandas as pd

from tests.store.frames import account, at, begun, capture
from vtlib.capture import store as captures
from vtlib.media import stage, store
from vtlib.media.queue import EXAMPLE_ROLE, SAMPLE_ROLE
from vtlib.store.project import Project
from vtlib.store.writes import save


def captured(project: Project) -> None:
    posts = [(f"7{i}", "tiktok:7", 1000 + i) for i in range(4)]
    captures.begin(project.store, begun("c1", 50))
    captures.ingest(project.store, capture("c1", 50, [account(50, "7", "ann")], posts))
    captures.finish(project.store, "c1")


def measured(project: Project, post_id: str) -> None:
    row = {"post_id": post_id, "sha256": post_id, "status": "ok", "duration_s": 9.0}
    with project.store.write() as connection:
        save(connection, "measures", [row | {"measured_at": at(51)}], key=["sha256", "post_id"])


def roles(project: Project) -> dict[str, str]:
    rows = project.frame("media_wanted")
    return dict(zip(rows["post_id"], rows["role"], strict=True))


def test_examples_are_queued_once_and_those_measured_already_are_not(ticking: Project) -> None:
    captured(ticking)
    measured(ticking, "tiktok:73")
    for _ in range(2):
        store.save_examples(ticking.store, "p", ["tiktok:70", "tiktok:71", "tiktok:73"], at=at(52))
    assert roles(ticking) == {"tiktok:70": EXAMPLE_ROLE, "tiktok:71": EXAMPLE_ROLE}
    queue = stage.load(ticking)
    assert list(queue["role"]) == [EXAMPLE_ROLE] * 2


def test_a_video_fetched_as_an_example_counts_in_no_statistic_until_it_is_drawn(
    ticking: Project,
) -> None:
    captured(ticking)
    measured(ticking, "tiktok:72")
    store.save_examples(ticking.store, "p", ["tiktok:70"], at=at(52))
    measured(ticking, "tiktok:70")
    assert list(ticking.frame("performance_measures")["post_id"]) == ["tiktok:72"]
    assert not ticking.frame("film_held")["is_drawn"].any()
    drawn = pd.DataFrame({"post_id": ["tiktok:70"], "stratum": ["ordinary"], "drawn_share": [0.5]})
    store.save_film_sample(ticking.store, "p", drawn, rule="at random", at=at(53))
    assert list(ticking.frame("performance_measures")["post_id"]) == ["tiktok:70", "tiktok:72"]
    assert roles(ticking) == {"tiktok:70": SAMPLE_ROLE}
