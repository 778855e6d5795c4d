"""`vt watch` over nights that are replayed from captures by date, and what each person sees."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.alerts.world import DAY0, posts_of_night, world
from tests.store.frames import begun
from vtlib.capture import orders
from vtlib.capture import store as captures
from vtlib.cli import main
from vtlib.core.models import METRICS
from vtlib.core.params import Scraping, WatchedSource
from vtlib.core.settings import load_settings
from vtlib.ops.projects import open_project
from vtlib.store import people
from vtlib.store.project import Project, Workspace

POSTS = world(3, hits=0.05, accounts=20)
RIVALS = [f"maker{n}" for n in range(0, 20, 2)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "params").mkdir()
    watch = [{"name": "rivals", "platform": "instagram", "accounts": RIVALS}]
    params = {"project": "p", "title": "Spring", "watch": watch}
    (tmp_path / "params" / "p.yaml").write_text(yaml.safe_dump(params))
    monkeypatch.setenv("VT_HOME", str(tmp_path))
    monkeypatch.setenv("VT_PERSON", "ann")
    opened = open_project(Workspace(load_settings()), "p")
    people.ensure_project(opened.store, "p")
    return opened


def capture_night(project: Project, night: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a nightly capture of that day brings, and the clock of the hour after it."""
    frame = posts_of_night(POSTS, float(night))
    name, at = f"night{night}", DAY0 + pd.Timedelta(days=night)
    native = frame["post_id"].str.partition(":")[2]
    posts = frame[
        ["post_id", "account_id", "platform", "format", "posted_at", "duration_s"]
    ].assign(
        native_id=native,
        url="https://www.instagram.com/reel/" + native + "/",
        caption="fold " + native,
        first_seen_at=at,
        last_captured_at=at,
    )
    accounts = frame[["account_id"]].drop_duplicates().assign(platform="instagram")
    number = accounts["account_id"].str.partition(":")[2]
    accounts = accounts.assign(
        native_id=number, handle="maker" + number, first_seen_at=at, last_captured_at=at
    )
    snapshots = frame[["post_id"]].assign(captured_at=at, capture_id=name, views=frame["views"])
    snapshots = snapshots.assign(**{m: None for m in METRICS if m != "views"})
    states = {f"{m}_state": "observed" if m == "views" else "not_exposed" for m in METRICS}
    links = frame[["post_id"]].assign(
        project_id="p", came_from="dataset", first_capture_id=name, added_at=at
    )
    row = begun(name) | {"captured_at": at, "started_at": at}
    captures.begin(project.store, row)
    tables = {"accounts": accounts, "posts": posts, "post_snapshots": snapshots.assign(**states)}
    captures.ingest(project.store, {**tables, "project_posts": links})
    captures.finish(project.store, name)
    monkeypatch.setenv("VT_CLOCK", (at + pd.Timedelta(hours=1)).isoformat())


def vt(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([*words, "--json"])
    out = json.loads(capsys.readouterr().out)
    assert left.value.code == 0, out
    return out


def test_nights_of_watching(either_database, project, monkeypatch, capsys) -> None:
    capture_night(project, 70, monkeypatch)
    first = vt(capsys, "watch", "p")
    assert first["night"]["looks"] > 50
    assert first["night"]["breakouts"] == len(first["events"]) > 0
    assert first["night"]["expected_low"] <= first["night"]["expected_high"]
    assert all("false alarms are to be expected" in e["chance"] for e in first["events"])
    again = vt(capsys, "watch", "p")
    assert (again["night"]["looks"], again["events"]) == (0, [])

    capture_night(project, 72, monkeypatch)
    second = vt(capsys, "watch", "p")
    ids = {e["event_id"] for e in first["events"]}
    assert second["night"]["looks"] > 0
    assert not ids & {e["event_id"] for e in second["events"]}
    assert len(vt(capsys, "watch", "p", "--since", "7d")["events"]) == len(ids) + len(
        second["events"]
    )

    monkeypatch.setenv("VT_PERSON", "bob")  # who has not looked yet sees what ann saw
    assert len(vt(capsys, "watch", "p")["events"]) == len(ids) + len(second["events"])

    subjects = [e["subject"] for e in [*first["events"], *second["events"]]]
    hits = set(POSTS.loc[POSTS["is_hit"], "post_id"])
    assert sum(s in hits for s in subjects) / len(subjects) > 0.5


def test_the_table_names_multiplier_sureness_account_and_link(project, monkeypatch, capsys) -> None:
    capture_night(project, 79, monkeypatch)
    with pytest.raises(SystemExit):
        main(["watch", "p"])
    text = capsys.readouterr().out
    heads = ("times usual", "how sure", "account or subject", "from", "link or words")
    assert all(word in text for word in heads)
    assert "https://www.instagram.com/reel/" in text
    assert "maker" in text
    assert "posts were looked at" in text


def test_a_watched_list_is_named_as_origin(project, monkeypatch, capsys) -> None:
    capture_night(project, 79, monkeypatch)
    events = vt(capsys, "watch", "p")["events"]
    origins = {e["facts"]["handle"]: e["origin"] for e in events}
    watched = {who for who, origin in origins.items() if origin == "rivals"}
    assert watched == set(origins) & set(RIVALS)
    assert set(origins) > watched > set()


def test_pseudonyms_leave_the_house_without_names(project, monkeypatch, capsys) -> None:
    path = project.workspace.params_path("p")
    path.write_text(path.read_text() + "report: {creators: pseudonyms}\n")
    capture_night(project, 79, monkeypatch)
    events = vt(capsys, "watch", "p")["events"]
    assert events
    shown = json.dumps([[e["title"], e["text"], e["url"], e["facts"]] for e in events])
    assert "maker" not in shown
    assert "instagram.com" not in shown


def test_watched_sources_are_asked_for_with_the_accounts() -> None:
    watch = [
        WatchedSource(name="a", platform="tiktok", searches=["folding colander"], sounds=["77"]),
        WatchedSource(name="b", platform="tiktok", hashtags=["#kitchenhacks"], accounts=["ann"]),
        WatchedSource(name="c", platform="instagram", hashtags=["kitchenhacks"]),
    ]
    ledger = orders.Ledger(pd.Timestamp("2026-03-01", tz="UTC").to_pydatetime())
    wave = orders.watch_orders(watch, params=Scraping(platforms=["tiktok"]), ledger=ledger)
    asked = {(o.platform, o.ask, o.targets) for o in wave.orders}
    assert asked == {
        ("tiktok", "search", ("folding colander",)),
        ("tiktok", "hashtag", ("kitchenhacks",)),
        ("tiktok", "accounts", ("ann",)),
    }


@pytest.mark.parametrize(
    "words", [("--send",), ("--send", "--dry-run"), ("--since", "soon"), ("--every", "0m")]
)
def test_what_cannot_be_done_is_said(project, capsys, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["watch", "p", *words])
    assert left.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_dry_run_shows_the_message_and_sends_nothing(project, monkeypatch, capsys) -> None:
    path = project.workspace.params_path("p")
    channels = "alerts: {channels: [{name: team, variable: VT_TEST_TEAM}]}\n"
    path.write_text(path.read_text() + channels)
    monkeypatch.setenv("VT_TEST_TEAM", "json://127.0.0.1:9/nobody")
    capture_night(project, 79, monkeypatch)
    out = vt(capsys, "watch", "p", "--dry-run")
    (message,) = out["messages"]
    assert message["state"] == "planned"
    assert message["title"] == f"Spring: {len(out['events'])} alerts"
    assert project.store.query("SELECT * FROM alert_messages").empty
