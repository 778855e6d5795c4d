"""`rising` as an analyst sees it: a small project captured every two days, its record beside the
calls.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.store.frames import account, at, begun, capture, snapshot
from vtlib.capture import store as captures
from vtlib.store.project import Project

ACCOUNTS, POSTS, DAYS = 12, 30, 60


def ingest(home: str, *, until: float, again: bool = True) -> None:
    """12 accounts with 30 posts in 60 days, one in twelve x20, captured every two days up to
    `until`.
    """
    rng = np.random.default_rng(5)
    people = [account(0, str(k), f"a{k}") for k in range(ACCOUNTS)]
    owner = np.repeat(np.arange(ACCOUNTS), POSTS)
    posted = rng.uniform(0, DAYS, len(owner))
    ln = rng.normal(9, 1, ACCOUNTS)[owner] + rng.normal(0, 0.6, len(owner))
    ln += (rng.random(len(owner)) < 1 / 12) * np.log(20)
    tau = np.exp(rng.normal(np.log(2), 0.4, len(owner)))
    posts = [(str(i), f"tiktok:{owner[i]}", 1) for i in range(len(owner)) if posted[i] < until]
    batch = capture("c", until, people, posts)
    batch["posts"]["posted_at"] = [at(posted[int(i)]) for i, _, _ in posts]
    batch["posts"]["first_seen_at"] = batch["posts"]["posted_at"]
    late = until > 30
    batch["posts"]["hashtags"] = [
        ["spoons"] if posted[int(i)] > until - 7 * late else [] for i, _, _ in posts
    ]
    rows = []
    for i, _, _ in posts:
        k = int(i)
        days = [
            d
            for d in np.arange(1.0, until + 0.1, 2.0)
            if 1 < d - posted[k] < 3 or 6.5 < d - posted[k] < 9
        ]
        for day in days if again else days[-1:]:
            share = -np.expm1(-(day - posted[k]) / tau[k])
            rows.append(snapshot(day, i, "c", views=int(np.exp(ln[k]) * share)))
    batch["post_snapshots"] = batch["post_snapshots"].iloc[:0]
    batch["post_snapshots"] = type(batch["posts"])(rows)
    store = Project.open("p", home=home).store
    captures.begin(store, begun("c", until))
    captures.ingest(store, batch)
    captures.finish(store, "c")


@pytest.fixture
def vt_p(vt: Callable[..., Any]) -> Callable[..., Any]:
    vt("project", "create", "P")
    return vt


def judged(vt: Callable[..., Any]) -> dict[str, Any]:
    answer = vt("analyze", "outliers", "--project", "p", "--json")
    assert answer.code == 0, answer.err
    return dict(answer.data)


def test_rising_posts_are_shown_with_the_record_and_counted_when_due(vt_p, home) -> None:
    ingest(str(home), until=45.0)
    first = judged(vt_p)
    calls, said = first["early_calls"], " ".join(first["headline"])
    assert len(calls) >= 5
    assert all(0 <= c["probability"] <= 1 and 24 <= c["age_h"] <= 72 for c in calls)
    assert [c["post_id"] for c in first["rising"]] == [
        c["post_id"] for c in calls if c["probability"] >= 0.5
    ]
    record = first["early"]["replayed"]
    assert record["brier"] < record["brier_base"]
    assert f"({record['n']:,} calls" in said
    assert "came true" in said
    assert first["early"]["made"] is None
    assert [t["tag"] for t in first["gathering"]] == ["spoons"]

    ingest(str(home), until=59.0)
    text = vt_p("analyze", "outliers", "--project", "p").out
    assert "Calls that earlier runs stored: predicted" in text
    assert "Earlier calls by their chance:" in text
    assert "of earlier runs" in text
    store = Project.open("p", home=str(home)).store
    runs = store.query("SELECT outlier_run_id FROM early_calls GROUP BY ALL")
    assert len(runs) == 2  # each run keeps its own calls


def test_one_capture_a_post_is_silence(vt_p, home) -> None:
    ingest(str(home), until=45.0, again=False)
    only = judged(vt_p)
    assert only["early_calls"] == only["rising"] == []
    assert "There are no early calls: 0 posts captured" in " ".join(only["headline"])


def test_few_captures_are_silence_and_say_what_is_missing(vt_p, home) -> None:
    ingest(str(home), until=20.0)
    only = judged(vt_p)
    assert only["rising"] == []
    assert "There are no early calls" in " ".join(only["headline"])
    assert "A chance is learnt from 50 such posts of 3 accounts with 5 breakouts" in " ".join(
        only["headline"]
    )
