"""`vt post|account|video show` on a few rows."""

import pytest

from tests.store import frames
from vtlib.capture import store as captures
from vtlib.cli.details import sparkline
from vtlib.core.settings import load_settings
from vtlib.outliers import store as outliers
from vtlib.store.project import Workspace
from vtlib.store.writes import save

NATIVE = "7106594312292453675"
POST = f"tiktok:{NATIVE}"
OTHER = "tiktok:7106594312292453999"


@pytest.fixture
def store(vt, home):
    vt("project", "create", "P")
    made = Workspace(load_settings(home)).store
    for day, views, followers in ((1, 1_000, 10), (2, 4_000, 20), (3, 9_000, 40)):
        rows = frames.capture(
            f"c{day}",
            day,
            [frames.account(day, "9", "nina")],
            [(NATIVE, "tiktok:9", views), (OTHER.partition(":")[2], "tiktok:9", 50)],
        )
        rows["account_snapshots"]["followers"] = followers
        captures.begin(made, frames.begun(f"c{day}", day))
        captures.ingest(made, rows)
    return made


def test_a_line_of_bars() -> None:
    assert sparkline([0, None, 50, 100]) == "▁ ▅█"
    assert sparkline([7, 7]) == "▁▁"
    assert sparkline([None]) == ""


def test_a_post_by_id_native_id_and_url(vt, store) -> None:
    for ref in (POST, NATIVE, f"https://www.tiktok.com/@nina/video/{NATIVE}?lang=en"):
        found = vt("post", "show", ref, "--json")
        assert found.code == 0, found.out
        assert found.data["post"]["post_id"] == POST
    assert [s["views"] for s in found.data["snapshots"]] == [1_000, 4_000, 9_000]
    text = vt("post", "show", POST).out
    for words in ("@nina", "1,000 -> 9,000", "▁▄█", "not judged yet", "Video: not fetched"):
        assert words in text


def test_tier_video_duplicates_and_scripts_of_a_post(vt, store) -> None:
    score = {"post_id": POST, "account_id": "tiktok:9", "tier": "extreme", "multiplier": 9.0}
    score |= {"multiplier_low": 4.0, "multiplier_high": 20.0, "value": 9_000, "metric": "views"}
    score |= {"expected_ln": 6.908755, "n_baseline": 30, "reason": "nine times its level"}
    run = {"outlier_run_id": "r", "project_id": "p", "created_at": frames.at(3), "is_trial": False}
    outliers.save_run(store, run, frames.pd.DataFrame([score]))
    media = {"status": "ok", "sha256": "ab" * 32, "path": "media/ab.mp4", "bytes": 2_000_000}
    rows = [{**media, "post_id": p, "duration_s": 12.5} for p in (POST, OTHER)]
    with store.write() as connection:
        save(connection, "media", rows, key=["post_id"])
        twin = {"post_id": POST, "twin_post_id": OTHER, "share": 0.9, "method": "frames"}
        save(connection, "twins", [twin], key=["post_id"])
    vt("script", "create", "--from-post", POST, "--title", "Quiet", "--no-forecast")
    found = vt("post", "show", POST, "--json").data
    assert found["projects"][0]["expected"] == 1_000
    assert [d["post_id"] for d in found["duplicates"]] == [OTHER], "once, however it is known"
    assert found["scripts"][0]["link"] == "modelled on it"
    text = vt("post", "show", POST).out
    assert "tier extreme, 9x its level (4 to 20), 9,000 views where 1,000 were expected" in text
    assert "why: nine times its level" in text
    assert "12.5 s 2.0 MB" in text
    for ref in (POST, "abababab"):
        shown = vt("video", "show", ref, "--json")
        assert {p["post_id"] for p in shown.data["posts"]} == {POST, OTHER}
    assert "Posts that show it" in vt("video", "show", POST).out


def test_an_account_with_its_followers_over_time(vt, store) -> None:
    for ref in ("nina", "@nina", "tiktok:9", "tiktok:@nina", "https://www.tiktok.com/@nina"):
        found = vt("account", "show", ref, "--json")
        assert found.code == 0, found.out
        assert [f["followers"] for f in found.data["followers"]] == [10, 20, 40]
    assert found.data["formats"][0]["n_posts"] == 2
    text = vt("account", "show", "nina").out
    assert "10 -> 40" in text
    assert "Newest posts" in text


def test_what_is_not_there_is_said_with_the_nearest(vt, store) -> None:
    for words, near in (
        (("post", "show", "tiktok:7106594312292453676"), f"Did you mean {POST} (https://"),
        (("post", "show", "https://www.tiktok.com/@nina/video/7106594312292453676"), POST),
        (("account", "show", "@ninna"), "tiktok:nina"),
        (("video", "show", POST), "vt process videos"),
        (("post", "show", "https://evil.com/x"), "none of the known platforms"),
    ):
        said = vt(*words)
        assert said.code == 2
        assert near in said.err
