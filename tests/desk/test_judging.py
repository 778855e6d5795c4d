"""Sliders at the desk: what they show is what a run by them stores."""

import numpy as np
import pandas as pd
import pytest

from tests.store.frames import account, at, begun, capture
from vtlib.capture import store as captures
from vtlib.charts import account_posts
from vtlib.desk import Desk
from vtlib.outliers import stage
from vtlib.store.project import Project


@pytest.fixture
def judged(ticking: Project) -> Project:
    """Two accounts of 60 posts, three of the first far above its usual, judged as the YAML says."""
    rng = np.random.default_rng(0)
    posts = []
    for owner in ("7", "8"):
        views = np.exp(rng.normal(7, 0.8, 60))
        views[:3] *= 60 if owner == "7" else 9
        posts += [(f"{owner}{i:02}", f"tiktok:{owner}", int(v)) for i, v in enumerate(views)]
    people = [account(55, "7", "ann"), account(55, "8", "bob")]
    batch = capture("c", 55, people, posts)
    batch["posts"]["posted_at"] = [at(i % 60 * 0.9) for i in range(120)]
    captures.begin(ticking.store, begun("c", 55))
    captures.ingest(ticking.store, batch)
    captures.finish(ticking.store, "c")
    stage.run(ticking)
    return ticking


@pytest.fixture
def desk(judged: Project) -> Desk:
    desk = Desk(judged, by="Ann")
    desk.tabs.value = "judging"
    return desk


def broke_out(project: Project) -> set[str]:
    sql = "SELECT post_id FROM outlier_latest WHERE tier IN ('breakout', 'extreme')"
    return set(project.store.query(sql)["post_id"])


def test_sliders_stand_where_the_project_is_and_move_at_once(desk: Desk, judged: Project) -> None:
    panel = desk.judging
    assert "The same as in the judgement that stands" in panel.headline.value
    assert panel.adopt.disabled
    n_before = len(broke_out(judged))
    panel.sliders["p"].value = 0.05
    assert "more than in the judgement that stands" in panel.headline.value
    assert "breakout_p: 0.05" in panel.keep.value
    assert "new</span>" in panel.rows[0].html.value
    assert len(broke_out(judged)) == n_before  # looking stores nothing
    panel.reset.click()
    assert "The same as" in panel.headline.value


def test_what_is_adopted_is_what_was_shown(desk: Desk, judged: Project) -> None:
    panel = desk.judging
    panel.sliders["p"].value = 0.05
    panel.sliders["multiplier"].value = 2.0
    panel.sliders["baseline"].value = 20
    shown = set(panel._judged.breakouts)
    panel.adopt.click()
    assert "Judged:" in desk.session.message.value
    assert broke_out(judged) == shown
    names = judged.store.query("SELECT name, is_trial FROM outlier_runs ORDER BY created_at")
    assert not names["is_trial"].iloc[-1]
    assert "breakout_p=0.05" in names["name"].iloc[-1]


def test_a_brush_lists_its_posts_and_a_row_opens_one(desk: Desk) -> None:
    panel = desk.judging
    assert panel.account.label.startswith("@ann · ")
    assert "60 posts of the account" in panel.brushed.value
    frame = panel.account_frame()
    first = frame.iloc[0]
    ms = int(pd.Timestamp(first["posted_at"]).timestamp() * 1000)
    m = float(first["multiplier"])
    box = {"posted_at": [ms - 1000, ms + 1000], "multiplier": [m * 0.9, m * 1.1]}
    panel.brush(box)
    assert "1 post in the brush" in panel.brushed.value
    assert panel.brushed_rows[0].post_id == first["post_id"]
    panel.brushed_rows[0].open.click()
    assert (desk.tabs.value, desk.session.place.post_id) == ("outliers", first["post_id"])


def test_without_posts_it_says_so(ticking: Project) -> None:
    desk = Desk(ticking, by="Ann")
    desk.tabs.value = "judging"
    assert "0 posts break out" in desk.judging.headline.value
    assert "alert" not in desk.session.message.value


def test_the_chart_s_title_is_the_finding_and_its_tips_have_picture_and_caption() -> None:
    days = pd.to_datetime(["2026-03-01", "2026-03-02", None])
    frame = pd.DataFrame({"post_id": ["a", "b", "c"], "account_id": "x", "platform": "tiktok"})
    frame = frame.assign(posted_at=days, value=[9, 8, 7], multiplier=[20.0, 1.0, 2.0])
    frame = frame.assign(tier=["extreme", "none", "none"], handle="ann", caption="Lid")
    spec = account_posts(frame.assign(image="data:image/jpeg;base64,x"), least=3).to_dict()
    assert spec["title"]["text"] == "ann · tiktok: 1 of 2 posts break out"
    tips = {t["field"]: t["title"] for t in spec["layer"][0]["encoding"]["tooltip"]}
    assert (tips["image"], tips["caption"]) == ("image", "caption")
    assert any(p["name"] == "brush" for p in spec["params"])
    empty = account_posts(frame.head(0), least=3).to_dict()
    assert "Nothing to show" in str(empty)
