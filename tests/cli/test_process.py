"""`vt process videos` and `vt purge` as people and machines meet them."""

import pytest

from simulator import clips
from simulator.server import Settings, running
from tests.media import picked


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("NO_PROXY", "127.0.0.1")
    with running(Settings(clips=tmp_path_factory.mktemp("clips"))) as live:
        world = live.sandbox.world
        clips.film(world, world.post_of[picked.TWINS[0]], live.sandbox.host.folder)
        yield live
    patch.undo()


def test_from_picks_to_measures_and_out_again(vt, home, live, monkeypatch):
    monkeypatch.setenv("VT_APIFY_URL", live.url)
    (home / "params").rmdir()
    picked.workspace(live, home)
    empty = vt("process", "videos", "--project", "p", "--json")
    assert (empty.code, empty.data["posts"]) == (0, [])
    assert "picked" in empty.data["skipped"]
    lost = picked.formats(home)["video"][0]
    picked.pick(home, breakout=[picked.TWINS[0], lost])
    live.sandbox.faults.add({"kind": "removed", "where": "media.video", "match": lost[7:]})

    first = vt("process", "videos", "--project", "p", "--json")
    assert first.code == 4
    assert first.data["fetched"] == {"ok": 1, "expired": 1}
    assert (first.data["measured"], first.data["failed"]) == (1, 1)
    assert {p["post_id"]: p["status"] for p in first.data["posts"]} == {
        picked.TWINS[0]: "ok",
        lost: "expired",
    }
    again = vt("process", "videos", "--project", "p")
    assert again.code == 0
    assert "expired" in again.out
    assert "1 video measured" in again.out

    before = picked.files(home)
    told = vt("purge", "--keep-days", "0", "--dry-run", "--json")
    assert (told.code, len(told.data["files"]), picked.files(home)) == (0, 1, before)
    assert vt("purge", "--keep-days", "0").code == 0
    assert picked.files(home) == set()
    assert "purged" in vt("process", "videos", "--project", "p").out


def test_a_purge_of_nothing_in_particular_is_refused(vt):
    assert vt("purge").code == 2
    assert "--keep-days" in vt("purge").err


def test_a_project_that_is_not_there_is_named(vt):
    assert vt("process", "videos", "--project", "nobody").code == 2
