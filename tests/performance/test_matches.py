"""From a new own post to its script: linked or proposed, undone, captured when due."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date
from itertools import count
from pathlib import Path

import pytest

from tests.store.frames import account, at, begun, capture
from vtlib.capture import orders as ordering
from vtlib.capture import store as captures
from vtlib.core.errors import BadInput
from vtlib.performance import matches
from vtlib.scripts import store as scripts
from vtlib.scripts.script import PlannedBeat, Script
from vtlib.scripts.store import Making, Move, ScriptHome
from vtlib.store import people
from vtlib.store.data_checks import run_checks
from vtlib.store.project import Project, Workspace
from vtlib.store.writes import save

OWNER = "tiktok:7"
HOOK = "Why does the fold-flat kettle hum at noon?"
OTHERS = ("Bake a lemon tart with us", "Three rules for tidy drawers", "Ten minutes of stretching")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace to copy. Own account `ann`; script `hum` went into production on day 40 and is
    planned for day 50; of the first own posts one says the hook of `hum` on its day, the others
    say other things on others.
    """
    home = tmp_path_factory.mktemp("matches")
    (home / "params").mkdir()
    project = Project.open("p", home=str(home))
    people.ensure_project(project.store, "p", now=at(0))
    script(project, "hum", HOOK, date_of(50))
    script(project, "tart", "Lemon tart without a tin in four steps", None)
    plain = {str(100 + n): (45 + n / 4, text) for n, text in enumerate(OTHERS)}
    posted(project, "c1", 51, {"1": (50.2, f"{HOOK} Look."), **plain})
    text = {"status": "ok", "items": [{"text": HOOK}, {"text": "Follow for part two"}]}
    with project.store.write() as connection:
        save(connection, "measures", [{"post_id": "tiktok:1", "text": text}], key=["post_id"])
    return home


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    shutil.copytree(made, tmp_path / "home")
    seconds = count()
    monkeypatch.setattr(
        Workspace, "now", lambda _: at(60 + next(seconds) / 86_400).replace(tzinfo=UTC)
    )
    opened = Project.open("p", home=str(tmp_path / "home"))
    with opened.store.session():
        yield opened


def date_of(day: float) -> date:
    return at(day).date()


def script(project: Project, name: str, hook: str, publish_on: date | None) -> None:
    beats = (
        PlannedBeat("b1", "hook", duration_s=4.0, spoken=hook),
        PlannedBeat("b2", "cta", duration_s=5.0, spoken="Follow for part two"),
    )
    made = Script(name.title(), beats=beats)
    scripts.create(
        project.store, made, Making("Ann"), place=ScriptHome(project="p"), script_id=name
    )
    for status in ("review", "approved", "in_production", "produced"):
        scripts.set_status(project.store, name, Move(status, "Ann"))
    scripts.set_dates(project.store, name, {"publish_on": publish_on})
    with project.store.write() as connection:  # the store dates changes by the real clock
        connection.execute("UPDATE script_status_changes SET changed_at = ?", [at(40)])


def posted(
    project: Project, capture_id: str, day: float, posts: dict[str, tuple[float, str]]
) -> None:
    """A capture on `day` of own posts: native id -> (day it went up, caption)."""
    rows = [(native, OWNER, 1000) for native in posts]
    batch = capture(capture_id, day, [account(day, "7", "ann")], rows)
    batch["posts"]["posted_at"] = [at(when) for when, _ in posts.values()]
    batch["posts"]["caption"] = [caption for _, caption in posts.values()]
    batch["posts"]["duration_s"] = 9.0
    captures.begin(project.store, begun(capture_id, day))
    captures.ingest(project.store, batch)
    captures.finish(project.store, capture_id)
    with project.store.write() as connection:
        connection.execute("UPDATE project_posts SET is_own = true")


def state(project: Project) -> dict[tuple[str, str], str]:
    rows = matches.listing(project)
    return {(r["script_id"], r["post_id"]): r["state"] for r in rows.to_dict("records")}


def links(project: Project) -> list[tuple[str, str, str]]:
    rows = project.store.query("SELECT script_id, post_id, linked_by FROM publications ORDER BY 2")
    return list(rows.itertuples(index=False, name=None))


def test_a_sure_post_is_linked_and_its_script_published(project: Project) -> None:
    renewed = matches.renew(project)
    assert renewed.new_links["post_id"].tolist() == ["tiktok:1"]
    assert links(project) == [("hum", "tiktok:1", matches.MACHINE)]
    made = project.store.query("SELECT * FROM match_decisions").iloc[0]
    assert (made["decision"], made["decided_by"], made["is_automatic"]) == (
        *("link", matches.MACHINE, True),
    )
    assert made["probability"] >= project.params.performance.link_from
    assert "of the line" in made["reason"]
    assert "on the planned day" in made["reason"]
    status = project.store.query("SELECT status FROM scripts WHERE script_id = 'hum'")
    assert status["status"].tolist() == ["published"]
    assert "1 post linked" in renewed.message
    wrong = run_checks(project.store).query("n > 0 and severity == 'error'")
    assert set(wrong["check"]) <= {"media_rows"}  # the words on screen above come of no file


def test_words_of_the_caption_and_the_day_alone_are_proposed_and_not_linked(
    project: Project,
) -> None:
    with project.store.write() as connection:
        connection.execute("DELETE FROM measures")
    renewed = matches.renew(project)
    assert renewed.new_links.empty
    assert renewed.proposals["post_id"].tolist() == ["tiktok:1"]
    assert 0.8 < renewed.proposals["probability"].iloc[0] < 0.95
    assert not links(project)


def test_a_linked_post_is_due_at_each_horizon_without_anyone_asking(project: Project) -> None:
    matches.renew(project)
    params, captured_at = project.params.scraping, []
    for age_h in (20, 25, 60, 73, 160, 169, 500, 721, 900):
        day = 50.2 + age_h / 24
        known = project.frame("linked_posts")
        due = ordering.due_links(known, params=params, now=at(day).replace(tzinfo=UTC))
        if len(due):
            assert due["post_id"].tolist() == ["tiktok:1"]
            posted(project, f"due-{age_h}", day, {"1": (50.2, HOOK)})
            captured_at.append(age_h)
    assert captured_at == [25, 73, 169, 721]


def test_what_is_undone_stays_undone(project: Project) -> None:
    matches.renew(project)
    at_home = project.workspace
    undone = matches.unlink(at_home, "hum", "tiktok:1", by="Ann", reason="another film")
    assert undone["linked_by"] == matches.MACHINE
    assert not links(project)
    status = project.store.query("SELECT status FROM scripts WHERE script_id = 'hum'")
    assert status["status"].tolist() == ["produced"]
    assert len(matches.renew(project).new_links) == 0
    assert state(project)["hum", "tiktok:1"] == "unlink"
    said = project.store.query(
        "SELECT decided_by, reason FROM match_decisions WHERE decision = 'unlink'"
    )
    assert said["decided_by"].tolist() == ["Ann"]
    assert said["reason"].iloc[0].startswith("another film; linked by vt (automatic) on ")
    matches.reopen(at_home, "hum", "tiktok:1", by="Ann")
    assert matches.renew(project).new_links["post_id"].tolist() == ["tiktok:1"]
    with pytest.raises(BadInput, match="not linked"):
        matches.unlink(at_home, "tart", "tiktok:1", by="Ann")


def test_a_refused_post_is_not_proposed_again(project: Project) -> None:
    home = str(project.workspace.settings.home)
    project = Project.open("p", home=home, performance={"link_from": 1.0})
    assert matches.renew(project).proposals["post_id"].tolist() == ["tiktok:1"]
    matches.refuse(project.workspace, "hum", "tiktok:1", by="Zoe", reason="a rerun")
    assert len(matches.renew(project).proposals) == 0
    assert state(project) == {("hum", "tiktok:1"): "refuse"}
    with pytest.raises(BadInput, match="not proposed"):
        matches.accept(project.workspace, "hum", "tiktok:1", by="Zoe")
    matches.reopen(project.workspace, "hum", "tiktok:1", by="Zoe")
    matches.renew(project)
    made = matches.accept(project.workspace, "hum", "tiktok:1", by="Zoe")
    assert made["status"] == "published"
    assert links(project) == [("hum", "tiktok:1", "Zoe")]


def test_a_post_that_a_person_linked_keeps_its_script(project: Project) -> None:
    post = {"post_id": "tiktok:1", "url": "https://www.tiktok.com/@ann/video/1"}
    scripts.link(project.store, "tart", post, by="Zoe")
    renewed = matches.renew(project)
    assert renewed.new_links.empty
    assert renewed.proposals.empty
    assert links(project) == [("tart", "tiktok:1", "Zoe")]


def test_posts_from_before_the_production_and_of_others_are_no_candidates(project: Project) -> None:
    posted(project, "c2", 51, {"1": (39.0, HOOK)})
    assert matches.renew(project).new_links.empty
    posted(project, "c3", 51, {"2": (50.2, HOOK)})
    with project.store.write() as connection:
        connection.execute("UPDATE project_posts SET is_own = false")
    assert matches.renew(project).new_links.empty
    assert state(project) == {}


def test_the_cut_tells_two_posts_with_the_same_words_apart(project: Project) -> None:
    posted(project, "c2", 51, {"1": (50.2, HOOK), "2": (50.3, HOOK)})
    pictures = [f"{n * 0x1234_5678_9ABC_DEF1 % 2**64:016x}" for n in range(1, 7)]
    other = [f"{n * 0x0F1E_2D3C_4B5A_6979 % 2**64:016x}" for n in range(11, 17)]
    cut = {"script_id": "hum", "sha256": "a", "name": "final.mp4", "duration_s": 9.0}
    with project.store.write() as connection:
        save(
            connection,
            "script_cuts",
            [{**cut, "hashes": pictures, "added_by": "Ann", "added_at": at(45)}],
            key=["script_id", "sha256"],
        )
        rows = [("tiktok:1", other), ("tiktok:2", pictures)]
        save(
            connection,
            "measures",
            [{"post_id": p, "status": "ok", "sha256": p, "hashes": h} for p, h in rows],
            key=["post_id"],
        )
    renewed = matches.renew(project)
    assert renewed.new_links["post_id"].tolist() == ["tiktok:2"]
    assert "the same video" in renewed.new_links["reasons"].iloc[0][0]
    assert "tiktok:1" not in renewed.proposals["post_id"].tolist()
