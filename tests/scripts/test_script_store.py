"""Scripts in the store: one current version, whatever happens; statuses, comments, register,
schedule.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.forked import processes
from tests.scripts.samples import HOSTILE, PLAIN, WORLD
from tests.store.frames import place_of
from vtlib.core.errors import BadInput
from vtlib.scripts import comments, production, queries
from vtlib.scripts import store as script_store
from vtlib.scripts.script import Script
from vtlib.scripts.store import Making, Move, ScriptHome
from vtlib.store import catalog
from vtlib.store.connection import Store
from vtlib.store.data_checks import run_checks

ANN = Making("Ann")


@pytest.fixture
def store(new_store) -> Store:
    store = new_store()
    catalog.create_brand(store, "Yakety Pack")
    catalog.create_product(store, "yakety-pack", {"name": "Core Deck"})
    return store


@pytest.fixture
def script_id(store: Store) -> str:
    return script_store.create(store, PLAIN, ANN, place=ScriptHome(product="core-deck"))


def offenders(store: Store) -> dict[str, str]:
    found = run_checks(store)
    return {r.check: r.example for r in found[found["n"] > 0].itertuples() if "script" in r.check}


def retitled(title: str) -> Script:
    return replace(PLAIN, title=title)


def walk(store: Store, script_id: str, *path: str, version: int | None = None) -> None:
    for to in path:
        script_store.set_status(store, script_id, Move(to, "Ann", "so"), version=version)


@pytest.mark.parametrize("script", [PLAIN, WORLD, HOSTILE], ids=["plain", "world", "hostile"])
def test_a_script_comes_back_as_it_was(store: Store, script: Script) -> None:
    made = script_store.create(store, script, ANN, place=ScriptHome(origin="markdown"))
    held = queries.get(store, made)
    assert held["script"] == script
    assert (held["version"], held["status"], held["made_by"]) == (1, "draft", "Ann")
    assert offenders(store) == {}


def test_a_machine_that_runs_again_makes_no_second_script(store: Store) -> None:
    for _ in range(2):
        made = script_store.create(store, PLAIN, ANN, place=ScriptHome(), script_id="ad-1")
        assert made == "ad-1"
    assert len(queries.listing(store)) == 1


def test_a_new_version_is_a_draft_and_says_what_is_being_shot(store: Store, script_id: str) -> None:
    walk(store, script_id, "review", "approved", "in_production")
    assert script_store.add_version(store, script_id, retitled("Two"), ANN, base_version=1) == 2
    held = queries.get(store, script_id)
    assert (held["status"], held["version"], held["title"]) == ("draft", 2, "Two")
    assert (held["approved_version"], held["approved_status"]) == (1, "in_production")
    walk(store, script_id, "produced", version=1)
    held = queries.get(store, script_id)
    assert (held["status"], held["approved_status"]) == ("draft", "produced")
    assert offenders(store) == {}


def test_who_started_from_an_older_version_is_told(store: Store, script_id: str) -> None:
    script_store.add_version(store, script_id, retitled("Ben's"), Making("Ben"), base_version=1)
    with pytest.raises(
        BadInput, match=r"version 2 by now \(Ben.*started from 1; nothing was written"
    ):
        script_store.add_version(store, script_id, retitled("Ann's"), ANN, base_version=1)
    assert [v["made_by"] for v in queries.versions(store, script_id)] == ["Ann", "Ben"]


def _add(store: Store, script_id: str, person: str, base_version: int, start: float) -> None:
    time.sleep(max(0.0, start - time.time()))
    try:
        script_store.add_version(
            store,
            script_id,
            retitled(person),
            Making(person),
            base_version=base_version,
        )
    except BadInput:
        sys.exit(2)


def test_of_processes_that_started_from_one_version_one_wins(store: Store, script_id: str) -> None:
    start = time.time() + 2
    workers = [
        processes().Process(target=_add, args=(store, script_id, f"p{n}", 1, start))
        for n in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert sorted(w.exitcode for w in workers) == [0, 2, 2, 2]
    winner = next(f"p{n}" for n, w in enumerate(workers) if w.exitcode == 0)
    held = queries.get(store, script_id)
    assert (held["version"], held["made_by"], held["title"]) == (2, winner, winner)
    assert offenders(store) == {}


WRITER = """
import sys
from dataclasses import replace
from tests.scripts.samples import PLAIN
from vtlib.scripts import queries
from vtlib.scripts import store as script_store
from vtlib.store.project import store_at
from vtlib.scripts.store import Making
store = store_at(sys.argv[1], wait_s=30)
seen = queries.get(store, sys.argv[2])["version"]
print("ready", flush=True)
while True:
    text = replace(PLAIN, title=f"after {seen}", notes="x" * 20_000)
    seen = script_store.add_version(store, sys.argv[2], text, Making("w"), base_version=seen)
    print(seen, flush=True)
"""


def test_a_kill_at_any_moment_leaves_one_current_version(store: Store, script_id: str) -> None:
    acknowledged = 1
    for acks, after_s in ((0, 0.02), (1, 0.0), (1, 0.03), (2, 0.07)):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, place_of(store), script_id],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        seen = [int(writer.stdout.readline()) for _ in range(acks)]
        time.sleep(after_s)
        os.kill(writer.pid, signal.SIGKILL)
        said = writer.communicate()[0].split()
        acknowledged = max([acknowledged, *seen, *map(int, said)])
        held = queries.get(store, script_id)
        assert held["version"] >= acknowledged, "what was acknowledged is there"
        expected = f"after {held['version'] - 1}" if held["version"] > 1 else PLAIN.title
        assert held["title"] == held["script"].title == expected
        assert offenders(store) == {}
    assert acknowledged > 1, "the writer got to work"


def test_statuses_are_kept_with_time_person_and_reason(store: Store, script_id: str) -> None:
    walk(store, script_id, "review", "approved")
    script_store.set_status(store, script_id, Move("draft", "Ben", "hook is slow"))
    told = [
        (c["from_status"], c["to_status"], c["changed_by"], c["reason"])
        for c in queries.parts(store, script_id)["history"]
    ]
    assert told == [
        (None, "draft", "Ann", "empty"),
        ("draft", "review", "Ann", "so"),
        ("review", "approved", "Ann", "so"),
        ("approved", "draft", "Ben", "hook is slow"),
    ]
    assert queries.get(store, script_id)["approved_version"] is None


def test_only_an_approver_approves_where_there_is_one(store: Store, script_id: str) -> None:
    walk(store, script_id, "review")
    script_store.assign(store, script_id, "Zoë", role="approver")
    with pytest.raises(BadInput, match="only Zoë"):
        walk(store, script_id, "approved")
    script_store.set_status(store, script_id, Move("approved", "Zoë"))
    assert queries.get(store, script_id)["status"] == "approved"


def test_published_needs_a_post_and_a_post_belongs_to_one_script(
    store: Store, script_id: str
) -> None:
    walk(store, script_id, "review", "approved", "in_production", "produced")
    with pytest.raises(BadInput, match="linked post"):
        walk(store, script_id, "published")
    post = {"post_id": "tiktok:1", "url": "https://www.tiktok.com/@a/video/1"}
    assert script_store.link(store, script_id, post, by="Ann") == 1
    assert script_store.link(store, script_id, post, by="Ann") == 1
    walk(store, script_id, "published")
    assert len(queries.publications(store, script_id)) == 1
    other = script_store.create(store, WORLD, ANN, place=ScriptHome())
    with pytest.raises(BadInput, match="is linked to"):
        script_store.link(store, other, post, by="Ann")
    with pytest.raises(BadInput, match="its history stays"):
        script_store.delete(store, script_id)


def test_checks_find_what_must_not_be(store: Store, script_id: str) -> None:
    with store.write() as connection:
        connection.execute("UPDATE scripts SET current_version = 7, status = 'published'")
        connection.execute("UPDATE script_versions SET status = 'published', version = 3")
    found = offenders(store)
    assert {"script_current_version", "script_missing_version"} <= set(found)
    assert "script_published_without_post" in found


def test_a_script_that_was_never_shot_can_be_deleted(store: Store, script_id: str) -> None:
    comments.add(store, script_id, "faster", by="Ben", place=(None, "b1", None))
    script_store.assign(store, script_id, "Ben", role="reviewer")
    script_store.delete(store, script_id)
    assert queries.listing(store, archived=True) == []
    assert offenders(store) == {}


def test_comments_hang_on_a_beat_or_line_and_are_resolved(store: Store, script_id: str) -> None:
    first = comments.add(store, script_id, "faster", by="Ben", place=(1, "b1", None))
    comments.add(store, script_id, "typo", by="Ben", place=(None, "", 12))
    comments.resolve(store, script_id, first, by="Ann")
    assert [c["body"] for c in comments.listing(store, script_id, open_only=True)] == ["typo"]
    assert queries.get(store, script_id)["open_comments"] == 1
    for place, said in (
        ((None, "b9", None), "no beat b9"),
        ((None, "", 999), "no line"),
        ((5, "", None), "version 5"),
    ):
        with pytest.raises(BadInput, match=said):
            comments.add(store, script_id, "x", by="Ben", place=place)


def test_scripts_are_found_and_listed(store: Store, script_id: str) -> None:
    other = script_store.create(store, WORLD, ANN, place=ScriptHome())
    script_store.assign(store, other, "Ben")
    assert queries.find(store, script_id[:8]) == script_id
    assert queries.find(store, "quiet EVENINGS") == script_id
    with pytest.raises(BadInput, match="there is no script"):
        queries.find(store, "nothing")
    for wanted, ids in (
        ({"product": "core-deck"}, [script_id]),
        ({"brand": "yakety-pack"}, [script_id]),
        ({"assignee": "ben"}, [other]),
        ({"search": "ÜBERRASCHUNG"}, [other]),
        ({"search": "%"}, []),
        ({"status": "review"}, []),
        ({}, [other, script_id]),
    ):
        assert [r["script_id"] for r in queries.listing(store, **wanted)] == ids
    walk(store, other, "archived")
    assert [r["script_id"] for r in queries.listing(store)] == [script_id]
    assert len(queries.listing(store, archived=True)) == 2


def test_the_register_knows_where_things_are_used(store: Store, script_id: str) -> None:
    facts = {
        "release_status": "signed",
        "available": [
            {"starts_at": "2026-05-04T09:00:00+02:00", "ends_at": "2026-05-04T18:00:00+02:00"}
        ],
    }
    production.register(store, "talent", "mia", facts)
    production.register(store, "talent", "mia", {"details": "left-handed"})
    found = {(a["kind"], a["name"]): a for a in production.assets(store)}
    mia = found["talent", "mia"]
    assert (mia["release_status"], mia["details"]) == ("signed", "left-handed")
    assert mia["used_in"][0]["beat_ids"] == ["b1", "b2", "b3"]
    assert found["location", "Kitchen"]["asset_id"] is None
    assert ("prop", "card deck") in found


def test_a_schedule_is_kept_with_its_zone(store: Store, script_id: str) -> None:
    day = datetime(2026, 5, 4, 9, tzinfo=UTC)
    facts = {
        "starts_at": day,
        "ends_at": day + timedelta(hours=2),
        "time_zone": "Europe/Berlin",
        "location": "Kitchen",
        "beat_ids": ["b1"],
        "talent": ["Mia"],
    }
    for _ in range(2):
        key = production.plan(store, script_id, facts, by="Ann")
    (shoot,) = production.shoots(store, script_id=script_id)
    assert (shoot.shoot_id, shoot.starts_at, shoot.beat_ids, shoot.version) == (
        key,
        day,
        ("b1",),
        1,
    )
    with pytest.raises(BadInput, match="no beat b9"):
        production.plan(store, script_id, {**facts, "beat_ids": ["b9"]}, by="Ann")
    production.cancel(store, key)
    assert production.shoots(store) == []
