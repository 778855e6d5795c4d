"""Picked posts to files, measures and twins: resumable anywhere, nothing fetched twice, honest
without media.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from simulator import clips
from tests.media.picked import TWINS, asked, files, formats, opened, pick
from vtlib.analysis.timelines import timelines
from vtlib.capture import imports as importing
from vtlib.core.errors import BadInput, StoreBusy
from vtlib.media import purge
from vtlib.media import queue as stage
from vtlib.media import stage as flow
from vtlib.media.folder import MediaFolder
from vtlib.store import data_checks
from vtlib.store.project import Project

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def picks(imported, live):
    """Two twins, two more films, a slideshow and a photo; the films are rendered, so that the
    host is quick.
    """
    of, world = formats(imported), live.sandbox.world
    chosen = {"breakout": [*TWINS, of["video"][0]], "control": [of["reel"][1], of["carousel"][0]]}
    chosen["control"].append(of["photo"][0])
    for post_id in [*TWINS, *of["video"][:2], of["reel"][1]]:
        clips.film(world, world.post_of[post_id], live.sandbox.host.folder)
    return chosen


def outcomes(home):
    posts = flow.load(opened(home))
    return dict(zip(posts["post_id"], posts["status"], strict=True))


def sound(home):
    found = data_checks.run_checks(opened(home).store)
    return found.loc[found["check"].eq("media_rows"), "n"].tolist() == [0]


@pytest.fixture(scope="module")
def processed(live, imported, picks, tmp_path_factory):
    """A workspace that was processed without trouble, for comparison and for reading."""
    home = Path(shutil.copytree(imported, tmp_path_factory.mktemp("done") / "home"))
    pick(home, **picks)
    flow.process(opened(home))
    return home


def rows(home, table):
    hidden = {"measured_at", "seconds", "compared_at", "tried_at", "fetched_at", "found_at"}
    with opened(home).store.read() as connection:
        found = connection.execute(f"SELECT * FROM {table} ORDER BY ALL").df()
    kept = found.drop(columns=[c for c in found.columns if c in hidden or c == "tries"])
    return kept.sort_values(list(kept.columns[:2])).astype(str).values.tolist()


def test_all_come_once_are_measured_and_stay(processed, picks, live):
    assert Counter(outcomes(processed).values()) == {"ok": 4, "photo": 2}
    posts = flow.load(opened(processed))
    films = posts[posts["status"] == "ok"]
    assert set(films["measured_status"]) == {"ok"}
    assert films["duration_s"].between(3, 9).all()
    before = len(asked(live))
    again = flow.process(opened(processed))
    assert (again.counts_by_status, again.n_measured, again.n_finished) == ({}, 0, 0)
    assert len(asked(live)) == before
    assert not list((processed / "outputs/media/tmp").iterdir())
    assert sound(processed)


def test_files_are_named_by_content_and_pictures_are_kept_in_order(processed):
    names = {n for n in files(processed) if ".thumbs/" not in n}
    assert all(n.isascii() and n[3:5] == n[:2] and len(n) == 3 + 64 + 4 for n in names)
    with opened(processed).store.read() as connection:
        held = connection.execute(
            "SELECT m.n_files, list(i.position ORDER BY i.position), any_value(m.path) = "
            "min(i.path) "
            "FILTER (i.position = 0) FROM media AS m JOIN media_images AS i ON i.post_id = "
            "m.post_id "
            "GROUP BY m.post_id, m.n_files ORDER BY m.n_files"
        ).fetchall()
    assert held[0] == (1, [0], True)
    assert held[1] == (held[1][0], list(range(held[1][0])), True)
    assert held[1][0] > 1


def test_posts_of_own_scripts_are_fetched_beside_the_picked_ones(home, picks):
    pick(home, breakout=[TWINS[0]])
    project = opened(home)
    with project.store.write() as connection:
        for sql in (
            "INSERT INTO scripts BY NAME SELECT 's' AS script_id, 'p' AS project_id",
            (
                "INSERT INTO publications BY NAME SELECT 's' AS script_id, 1 AS version, "
                f"'{TWINS[1]}' AS post_id"
            ),
        ):
            connection.execute(sql)
    one = opened(home, analysis={"limit": 1})
    assert flow.process(one).counts_by_status == {"ok": 2}
    posts = flow.load(one)
    assert list(zip(posts["post_id"], posts["role"], strict=True)) == [
        (TWINS[0], "breakout"),
        (TWINS[1], "published"),
    ]
    twins = flow.twins(one)
    assert tuple(twins["post_id"]) == TWINS
    said = stage.conclude(posts, twins).headline
    assert said[0].startswith("Of 1 picked post and 1 post of own scripts, the media of 2 are here")
    assert len(timelines(one, posts)) == 1  # what nobody picked is not explained
    none = opened(home, media={"published_limit": 0})
    assert set(flow.load(none)["role"]) == {"breakout"}


def test_twins_are_found_across_platforms_and_counted_once(processed):
    twins = flow.twins(opened(processed))
    assert tuple(twins["post_id"]) == TWINS
    assert set(twins["creative_id"]) == {TWINS[0]}
    posts = flow.load(opened(processed))
    said = stage.conclude(posts, twins)
    assert said.counts["measured"] == 4
    assert "3 videos measured" in repr(said)
    assert "1 post repeats a video" in repr(said)


def test_timelines_have_pictures_but_for_a_client(processed):
    posts = flow.load(opened(processed))
    drawn = timelines(opened(processed), posts)
    assert len(drawn) == 4
    assert "data:image/jpeg" in drawn[0].to_json()
    client = opened(processed, profile="client")
    for chart in timelines(client, posts):
        text = chart.to_json()
        assert "data:image/jpeg" not in text
        assert "snorrelby" not in text


def test_another_project_shares_the_files(processed, live, tmp_path):
    home = Path(shutil.copytree(processed, tmp_path / "home"))
    before, count = files(home), len(asked(live))
    with opened(home).store.write() as connection:  # the same post picked by a second project
        connection.execute(
            "INSERT INTO selections BY NAME SELECT * REPLACE ('q' AS project_id) FROM selections"
        )
        connection.execute(
            "INSERT INTO project_posts BY NAME SELECT * REPLACE ('q' AS project_id) FROM "
            "project_posts"
        )
    (home / "params" / "q.yaml").write_text(
        (home / "params" / "p.yaml").read_text().replace("project: p", "project: q")
    )
    flow.process(Project.open("q", home=str(home)))
    assert files(home) == before
    assert len(asked(live)) == count


def run_killed(home, *delays):
    environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    done = subprocess.run(
        [sys.executable, str(HERE / "killing.py"), str(home), *map(str, delays)],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_killed_anywhere_and_run_again_is_the_same(home, picks, processed, live):
    pick(home, **picks)
    delays = (0.05, 0.2, 0.4, 0.6, 0.9, 1.4)
    run_killed(home, *delays)
    flow.process(opened(home))
    for table in ("media", "media_images", "measures", "twins"):
        assert rows(home, table) == rows(processed, table), table
    assert files(home) == files(processed)
    fetched = Counter(asked(live))
    lost = sum(n - 1 for n in fetched.values())
    assert lost <= len(delays) * opened(home).params.media.parallel
    assert sound(home)


def test_killed_between_file_and_row_the_file_is_not_fetched_again(home, picks, live):
    pick(home, breakout=[TWINS[0]])
    run_killed(home, "before-save")
    assert opened(home).store.query("SELECT * FROM media").empty
    count = len(asked(live))
    done = flow.process(opened(home))
    assert (done.n_finished, done.counts_by_status) == (1, {})
    assert len(asked(live)) == count == 1
    assert list(outcomes(home).values()) == ["ok"]
    assert not list((home / "outputs/media/tmp").iterdir())


def test_permanent_outcomes_are_never_asked_again_passing_ones_until_the_limit(home, picks, live):
    one, two = picks["breakout"][1:3]
    pick(home, breakout=[one, two])
    for kind, post in (("private", one), ("truncated", two)):
        live.sandbox.faults.add(
            {"kind": kind, "where": "media.video", "match": post.partition(":")[2], "times": None}
        )
    for _ in range(5):
        flow.process(opened(home))
    assert outcomes(home) == {one: "private", two: "broken"}
    paths = Counter(path.rpartition("/")[2].partition(".")[0] for path in asked(live))
    assert paths == {one.partition(":")[2]: 1, two.partition(":")[2]: 3}
    said = stage.conclude(flow.load(opened(home)), flow.twins(opened(home)))
    assert said.status == "skipped"
    assert "private" in repr(said)


def test_a_rate_limit_lets_its_platform_rest_and_is_kept_to(home, picks, live):
    pick(home, **picks)
    live.sandbox.faults.add(
        {
            "kind": "rate_limited",
            "where": "media.video",
            "match": "tiktok",
            "times": None,
            "retry_after_s": 3600,
        }
    )
    project = opened(home, media={"parallel": 1})
    done = flow.process(project)
    assert done.counts_by_status == {"rate_limited": 1, "ok": 2, "photo": 2}
    assert set(done.pauses) == {"tiktok"}
    live.sandbox.faults.clear()
    # The one that was not asked comes; the one that was asked waits as long as the host said.
    assert flow.process(project).counts_by_status == {"ok": 1}
    waits = flow.load(project)
    due = waits[waits["state"] == "waits"]
    assert len(due) == 1
    assert due["next_try_at"].iloc[0] > due["tried_at"].iloc[0] + timedelta(minutes=59)


def test_a_lost_post_makes_room_for_the_next(home, picks, live):
    newest = formats(home)["video"][:3]
    pick(home, breakout=newest)
    live.sandbox.faults.add(
        {
            "kind": "removed",
            "where": "media.video",
            "match": newest[0].partition(":")[2],
            "times": None,
        }
    )
    flow.process(opened(home, analysis={"limit": 1}))
    assert (
        outcomes(home) == {newest[0]: "removed", newest[1]: "ok"} | {p: None for p in () if p}
        or outcomes(home)[newest[1]] == "ok"
    )
    assert {p.rpartition("/")[2].partition(".")[0] for p in asked(live)} == {
        p.partition(":")[2] for p in newest[:2]
    }


def test_without_an_address_nothing_is_asked_and_the_stage_says_so(home, picks, live, monkeypatch):
    """As in the demo of exports: media addresses on no host we know, and a simulated post has no
    page.
    """
    monkeypatch.delenv("VT_APIFY_URL")
    pick(home, **picks)
    done = flow.process(opened(home))
    posts = flow.load(opened(home))
    assert not done.counts_by_status
    assert not asked(live)
    assert set(posts["state"]) == {"no_address"}
    said = stage.conclude(posts, flow.twins(opened(home)))
    assert said.status == "skipped"
    assert "capture" in said.reason
    assert stage.conclude(posts.head(0), posts.head(0)).status == "skipped"


def test_one_process_at_a_time(home):
    with MediaFolder(home / "outputs").session(), pytest.raises(StoreBusy, match="another process"):
        flow.process(opened(home))


def test_the_quota_stops_before_it_is_passed(home, picks, live):
    pick(home, **picks)
    full = home / "outputs/media/ab/old.mp4"
    full.parent.mkdir(parents=True)
    full.write_bytes(bytes(2_000))
    done = flow.process(opened(home, media={"quota_gb": 1e-6}))
    assert "vt purge" in done.stop_reason
    assert (done.counts_by_status, asked(live)) == ({}, [])


def test_cookies_that_are_not_there_are_named(home, monkeypatch):
    monkeypatch.setenv("VT_COOKIES_FILE", str(home / "none.txt"))
    with pytest.raises(BadInput, match="VT_COOKIES_FILE: there is no"):
        flow.process(opened(home))
    (home / "none.txt").write_text('[{"name": "sessionid"}]')
    with pytest.raises(BadInput, match="JSON"):
        flow.process(opened(home))


@pytest.mark.parametrize("storage", ["both", "proxy"])
def test_small_copies_by_choice(processed, tmp_path, storage):
    home = Path(shutil.copytree(processed, tmp_path / "home"))
    project = opened(home, media={"storage": storage})
    flow.process(project)
    held = project.store.query("SELECT * FROM media WHERE status = 'ok'")
    assert held["proxy_path"].notna().all()
    made = held[held["proxy_path"].str.endswith(".proxy.mp4")]  # others would only grow
    assert len(made) == 1
    for row in made.itertuples():
        assert (home / "outputs" / row.proxy_path).stat().st_size == row.proxy_bytes
        original = home / "outputs/media" / row.sha256[:2] / f"{row.sha256}.mp4"
        assert original.exists() == (storage == "both")
    before = files(home)
    done = flow.process(project)
    assert (done.n_measured, files(home)) == (0, before)
    assert sound(home)


def test_a_purge_removes_files_and_leaves_numbers(processed, tmp_path):
    home = Path(shutil.copytree(processed, tmp_path / "home"))
    project = opened(home)
    measured = rows(home, "measures")
    total = MediaFolder(home / "outputs").used_bytes()
    wanted = purge.PurgeRequest(quota_gb=total / 2 / 1e9)
    told = purge.preview(project.workspace, wanted)
    assert files(home) == files(processed)
    done = purge.purge(project.workspace, wanted)
    assert list(done.files["path"]) == list(told.files["path"])
    left = MediaFolder(home / "outputs").used_bytes()
    assert left <= total / 2
    assert total - left == told.freed_bytes
    (home / "outputs/media/ab").mkdir(exist_ok=True)
    (home / "outputs/media/ab/stray.mp4").write_bytes(b"x")
    purge.purge(project.workspace, purge.PurgeRequest(keep_days=0))
    assert files(home) == set()
    now = rows(home, "measures")
    assert [r[:9] for r in now] == [r[:9] for r in measured]
    assert sound(home)
    assert not flow.process(project).counts_by_status
    assert set(stage.overview(flow.load(project))["outcome"]) == {"purged"}


def test_a_purge_of_persons_leaves_the_posts(processed, tmp_path):
    home = Path(shutil.copytree(processed, tmp_path / "home"))
    project = opened(home)
    numbers = [rows(home, t) for t in ("posts", "post_snapshots", "project_posts", "media")]
    purge.purge(project.workspace, purge.PurgeRequest(is_personal=True))
    assert [rows(home, t) for t in ("posts", "post_snapshots", "project_posts", "media")] == numbers
    text = project.store.query("SELECT string_agg(payload, '') AS t FROM raw_items")["t"][0]
    assert "signature" not in text
    assert "avatar" not in text.lower()
    assert "fullName" not in text
    held = project.store.query(
        "SELECT (SELECT count(bio) FROM account_snapshots) AS b, "
        "(SELECT count(display_name) FROM accounts) AS n, (SELECT count(handle) FROM accounts) AS h"
    ).iloc[0]
    assert (held["b"], held["n"]) == (0, 0)
    assert held["h"] == 2
    importing.remap(project)
    assert [rows(home, t) for t in ("post_snapshots", "project_posts")] == numbers[1:3]
