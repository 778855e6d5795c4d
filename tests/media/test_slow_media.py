"""`vt process videos` on a second media host that drips: each slow file costs its own deadline,
all else goes on.
"""

import json
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from simulator import clips
from simulator.build import build_world
from tests.media.picked import opened, pick, workspace
from tests.peers.base import drip, status
from tests.peers.host import HostMock
from vtlib.cli import main
from vtlib.media import stage as flow
from vtlib.media import store

WORLD = build_world(seed=7)
DRIPS = ["body", "chunked", "header"]
PARALLEL, DEADLINE_S, SILENCE_S = 2, 4.0, 1.0


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    short = next(
        p for p in WORLD.posts if p.is_video and p.exists(WORLD.epoch) and p.duration_s < 5
    )
    return clips.film(WORLD, short, tmp_path_factory.mktemp("film")).read_bytes()


@pytest.fixture(scope="module")
def running_host():
    with pytest.MonkeyPatch.context() as patch, HostMock() as mock:
        patch.setenv("NO_PROXY", "127.0.0.1")
        patch.setenv("VT_APIFY_URL", mock.url)
        yield mock


@pytest.fixture
def host(running_host):
    """The second host, with nothing on it."""
    yield running_host
    for path in running_host.pages:
        running_host.fail(path)
    running_host.pages.clear()


@pytest.fixture(scope="module")
def imported(running_host, tmp_path_factory):
    """Twelve picked videos of a capture whose media addresses are on the second host."""
    live = SimpleNamespace(url=running_host.url, sandbox=SimpleNamespace(world=WORLD))
    folder = workspace(live, tmp_path_factory.mktemp("imported") / "home")
    posts = opened(folder).frame("posts")
    tiktoks = posts[(posts["platform"] == "tiktok") & (posts["format"] == "video")]
    pick(folder, breakout=list(tiktoks["post_id"])[:12])
    return folder


@pytest.fixture
def home(host, imported, tmp_path):
    return Path(shutil.copytree(imported, tmp_path / "home"))


def slowly(home):
    changes = {"timeout_s": SILENCE_S, "deadline_s": DEADLINE_S, "parallel": PARALLEL}
    return opened(home, media=changes)


def served(host, home, video):
    """Paths by post, newest first; every file is there, each with bytes of its own."""
    paths = {}
    for post_id in flow.load(slowly(home))["post_id"]:
        platform, _, native_id = post_id.partition(":")
        paths[post_id] = f"/video/{platform}/{native_id}.mp4"
        box = (8 + len(native_id)).to_bytes(4, "big") + b"free" + native_id.encode()
        host.serve(paths[post_id], video + box)
    return paths


@pytest.mark.parametrize("mode", DRIPS)
def test_slow_files_hold_neither_the_others_nor_their_measuring(
    host, home, video, mode, monkeypatch
):
    paths = served(host, home, video)
    slow = list(paths)[:6]  # the newest come first, and are more than there are places
    for post_id in slow:
        host.fail(paths[post_id], drip(mode, 0.2), always=True)
    saved = []
    write = store.save_media

    def save_media(at, row, images=()):
        saved.append(time.monotonic())
        write(at, row, images)

    monkeypatch.setattr(store, "save_media", save_media)
    start = time.monotonic()
    done = flow.process(slowly(home))
    assert done.counts_by_status == {"broken": 6, "ok": len(paths) - 6}
    assert done.n_measured == len(paths) - 6 > 0
    assert max(saved) - start < 6 / PARALLEL * DEADLINE_S  # not one after the other


def test_a_file_within_the_rate_gives_its_place_to_the_next(host, home, video, monkeypatch):
    paths = served(host, home, video)
    first, *others = paths
    body = video + (8 + 6_000_000).to_bytes(4, "big") + b"free" + bytes(6_000_000)
    host.serve(paths[first], body, pause_s=0.25)  # keeps the rate to the deadline and beyond
    ended, measured, measured_by_then = {}, [], []
    write = store.save_media

    def save_media(at, row, images=()):
        ended[row["post_id"]] = time.monotonic()
        if row["post_id"] == first:
            measured_by_then.extend(measured)
        write(at, row, images)

    monkeypatch.setattr(store, "save_media", save_media)
    monkeypatch.setattr(store, "save_measures", lambda _, row: measured.append(row["post_id"]))
    flow.process(opened(home, media={"timeout_s": 1, "deadline_s": 15, "parallel": 1}))
    assert set(ended) == set(paths)
    assert all(ended[post_id] < ended[first] for post_id in others)
    assert measured_by_then


def test_an_expired_address_waits_for_the_next_capture_and_is_then_asked(host, home, video):
    paths = served(host, home, video)
    for path in paths.values():
        host.fail(path, status(404, {"message": "gone"}), always=True)
    one = slowly(home)
    assert flow.process(one).counts_by_status == {"expired": len(paths)}
    posts = flow.load(one)
    assert set(posts["state"]) == {"no_address"}
    assert posts["note"].str.contains("vt scrape").all()
    asked = len(host.requests)
    assert not flow.process(one).counts_by_status  # the same address is not asked twice
    assert len(host.requests) == asked
    for path in paths.values():
        host.fail(path)
    with one.store.write() as connection:  # a later capture of the same posts
        connection.execute(
            "UPDATE media SET tried_at = (SELECT min(captured_at) FROM raw_items) - INTERVAL 1 HOUR"
        )
    assert flow.process(slowly(home)).counts_by_status == {"ok": len(paths)}


def test_the_command_ends_and_says_why(host, home, video, monkeypatch, capsys):
    paths = served(host, home, video)
    text = (home / "params/p.yaml").read_text()
    text = text.replace("timeout_s: 30", f"timeout_s: {SILENCE_S}, deadline_s: {DEADLINE_S}")
    (home / "params/p.yaml").write_text(text)
    slow = next(iter(paths))
    host.fail(paths[slow], drip("body", 0.2), always=True)
    monkeypatch.setenv("VT_HOME", str(home))
    with pytest.raises(SystemExit) as left:
        main(["process", "videos", "--project", "p", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert left.value.code == 4
    assert facts["fetched"] == {"broken": 1, "ok": len(paths) - 1}
    assert facts["failed"] == 1, "asked again at once, and counted once"
    told = {post["post_id"]: post["reason"] for post in facts["posts"]}
    assert "too slow" in told[slow]
    assert not [t for t in threading.enumerate() if t.name.startswith(("download", "measure"))]
