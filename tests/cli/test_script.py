"""`vt script` as people type it, from a post to the published script."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from vtlib.core.settings import load_settings
from vtlib.performance.store import save_patterns
from vtlib.store.project import Workspace

POST = "https://www.tiktok.com/@a/video/7106594312292453675"


@pytest.fixture
def say(vt, monkeypatch):
    """Run `vt WORDS`, which has to leave with `code`; gives the JSON answer, or the text."""
    monkeypatch.setenv("VT_PERSON", "Ann")

    def run(*words: str, code: int = 0):
        said = vt(*words)
        assert said.code == code, said.out + said.err
        return said.data if "--json" in words else said.out

    run("brand", "create", "Yakety Pack")
    run("product", "create", "Core Deck", "--brand", "yakety-pack")
    run("project", "create", "Spring", "--brand", "yakety-pack")
    return run


@pytest.fixture
def script(say) -> str:
    made = say(
        "script",
        "create",
        "--template",
        "result-first",
        "--title",
        "Quiet",
        "--product",
        "core-deck",
        "--project",
        "spring",
        "--json",
    )
    return made["script_id"]


def test_the_seeds_flow(say, home: Path) -> None:
    say("import", "url", POST, "--project", "spring")
    made = say(
        "script",
        "create",
        "--from-post",
        POST,
        "--product",
        "core-deck",
        "--title",
        "Quiet evenings",
        "--json",
    )
    assert (made["origin"], made["post_id"], made["status"]) == (
        "caption",
        "tiktok:7106594312292453675",
        "draft",
    )
    drafts = say("script", "list", "--product", "core-deck", "--status", "draft", "--json")
    assert [d["title"] for d in drafts] == ["Quiet evenings"]
    revised = say(
        "script", "version", made["script_id"], "--notes", "updated hook timing", "--json"
    )
    assert (revised["version"], revised["parent_version"], revised["notes"]) == (
        2,
        1,
        "updated hook timing",
    )
    (file,) = say("script", "export", made["script_id"], "--format", "pdf", "--json")
    assert Path(file["path"]).read_bytes().startswith(b"%PDF")
    assert Path(file["path"]).is_relative_to(home / "outputs" / "scripts")


def test_a_script_goes_all_the_way_to_its_post(say, script: str) -> None:
    say(
        "script",
        "update",
        script,
        "--beat",
        "b1",
        "--set",
        "spoken=Look.",
        "--set",
        "duration_s=2",
        "--cta",
        "Link in bio",
        "--claim",
        "8 and up",
    )
    say("script", "status", script, "review")
    said = say("script", "status", script, "approved", "--json", code=2)
    assert "clearance of 1 claim" in said["message"]
    ways = say("script", "status", script, "--json")
    assert ways["next"]["approved"] == ["clearance of 1 claim(s): 8 and up"]
    cleared = say("script", "update", script, "--clear", "1", "--json")
    assert cleared["status"] == "review"  # a clearance is what the review waits for
    for to in ("approved", "in_production", "produced"):
        say("script", "status", script, to)
    said = say("script", "status", script, "published", "--json", code=2)
    assert "linked post" in said["message"]
    linked = say("script", "track", script, "--post-url", POST, "--json")
    assert (linked["version"], linked["status"]) == (3, "published")
    shown = say("script", "show", script, "--json")
    assert [p["post_id"] for p in shown["publications"]] == ["tiktok:7106594312292453675"]
    say("script", "delete", script, code=2)
    checks = say("check", "--json")["checks"]
    assert {c["check"]: c["n"] for c in checks if c["check"].startswith("script") and c["n"]} == {}


def test_of_two_editors_the_second_merges_or_is_shown_the_conflict(
    say, script: str, tmp_path: Path
) -> None:
    (file,) = say(
        "script",
        "export",
        script,
        "--format",
        "markdown",
        "--out",
        str(tmp_path / "mine.md"),
        "--json",
    )
    mine = Path(file["path"])
    say("script", "update", script, "--beat", "b1", "--set", "spoken=Theirs.", "--by", "Ben")
    edited = mine.read_text().replace(
        "- **Notes:** The finished result", "- **Overlay:** Mine\n- **Notes:** The finished result"
    )
    mine.write_text(edited)
    (taken,) = say("script", "import", str(mine), "--json")
    assert (taken["status"], taken["version"]) == ("merged", 3)
    beat = say("script", "show", script, "--json")["script"]["beats"][0]
    assert (beat["spoken"], beat["overlay"]) == ("Theirs.", "Mine")
    mine.write_text(edited.replace("Overlay:** Mine", "Spoken:** Mine"))
    (taken,) = say("script", "import", str(mine), "--json", code=2)
    assert taken["status"] == "conflict"
    assert taken["conflicts"][0] == {
        "place": "b1",
        "field": "spoken",
        "base": "",
        "mine": "Mine",
        "theirs": "Theirs.",
    }
    said = say("script", "version", script, "--from-file", str(mine), "--json", code=2)
    assert "started from 1; nothing was written" in said["message"]
    assert say("script", "show", script, "--json")["version"] == 3


def test_many_scripts_are_edited_in_one_table(say, script: str, tmp_path: Path) -> None:
    other = say(
        "script",
        "create",
        "--template",
        "storytime",
        "--title",
        "=Other",
        "--product",
        "core-deck",
        "--json",
    )["script_id"]
    table = tmp_path / "all.csv"
    say("script", "export", "--product", "core-deck", "--format", "csv", "--out", str(table))
    assert {t["status"] for t in say("script", "import", str(table), "--json")} == {"unchanged"}
    table.write_text(
        table.read_text("utf-8-sig").replace("Where did it start?", "=SUM(A1)"), "utf-8"
    )
    taken = {t["script_id"]: t["status"] for t in say("script", "import", str(table), "--json")}
    assert taken == {script: "version", other: "unchanged"}
    assert say("script", "show", other, "--json")["title"] == "=Other"


def test_copies_know_whether_they_are_current(say, script: str, tmp_path: Path) -> None:
    files = say(
        "script",
        "export",
        script,
        "--format",
        "docx",
        "--format",
        "srt",
        "--format",
        "edl",
        "--out",
        str(tmp_path / "d"),
        "--json",
    )
    paths = [f["path"] for f in files]
    assert {f["state"] for f in say("script", "stale", *paths, "--json")} == {"current"}
    say("script", "version", script)
    found = say("script", "stale", *paths, "--json", code=6)
    assert [(f["state"], f["version"], f["current"]) for f in found] == [("stale", 1, 2)] * len(
        paths
    )


def test_shooting_is_planned_with_conflicts(say, script: str, home: Path) -> None:
    say(
        "script",
        "update",
        script,
        "--beat",
        "b1",
        "--set",
        "talent=Mia",
        "--set",
        "location=Kitchen",
    )
    say("script", "asset", "mia", "--kind", "talent", "--release", "needed")
    time = (
        "--starts",
        "2026-05-04 09:00",
        "--ends",
        "2026-05-04 10:00",
        "--tz",
        "Europe/Berlin",
        "--beat",
        "b1",
    )
    found = say("script", "schedule", script, *time, "--location", "Kitchen", "--json")
    assert found["shoots"][0]["starts_at"].startswith("2026-05-04T07:00")
    assert [c["kind"] for c in found["conflicts"]] == ["release", "unregistered"]
    assert "vt script asset Kitchen --kind location" in found["conflicts"][1]["reason"]
    (used,) = say("script", "assets", "--kind", "talent", "--json")
    assert (used["name"], used["used_in"][0]["script_id"]) == ("mia", script)
    say("script", "asset", "kitchen", "--kind", "location", "--release", "sent")
    calendar = home / "all.ics"
    found = say("script", "schedule", "--project", "spring", "--ics", str(calendar), "--json")
    assert {c["name"] for c in found["conflicts"]} == {"Mia", "Kitchen"}
    assert b"SUMMARY:CONFLICT: Shoot: Quiet" in calendar.read_bytes()
    say("script", "schedule", script, "--starts", "soon", "--ends", "later", code=2)


def test_dates_and_whose_step_it_is(say, script: str, home: Path) -> None:
    assert say("script", "list", "--waiting-for", "Zoe", "--json") == []
    say("script", "assign", script, "Zoe")
    say("script", "assign", script, "Abe", "--role", "approver")
    assert say("script", "list", "--waiting-for", "zoe", "--json")[0]["waiting_for"] == ["Zoe"]
    assert "no script waits for Abe" in say("script", "list", "--waiting-for", "Abe")
    say("script", "update", script, "--beat", "b1", "--set", "spoken=Words.")
    say("script", "status", script, "review")
    assert say("script", "list", "--waiting-for", "Abe", "--json")[0]["waiting_for"] == ["Abe"]
    say("script", "dates", script, "--due", "2026-05-02", "--publish", "2026-05-11")
    say("script", "dates", script, "--due", "soon", code=2)
    time = ("--starts", "2026-05-04 00:30", "--ends", "2026-05-04 02:00", "--tz", "Europe/Berlin")
    crew = ("--call", "00:10", "--crew", "Ann, camera, +49 30 1234, 00:05", "--crew", "Bo")
    calendar = home / "all.ics"
    planned = say("script", "schedule", script, *time, *crew, "--ics", str(calendar), "--json")
    (shoot,) = planned["shoots"]
    assert shoot["call_at"].startswith("2026-05-03T22:10"), "UTC"
    assert [(p["name"], p["role"], p["call"]) for p in shoot["crew"]] == [
        ("Ann", "camera", "00:05"),
        ("Bo", "", ""),
    ]
    assert [d["kind"] for d in planned["days"]] == ["due", "publish"]
    for line in (b"SUMMARY:Due: Quiet", b"DTSTART;VALUE=DATE:20260511", b"Crew: Ann"):
        assert line in calendar.read_bytes()
    (row,) = say("script", "list", "--json")
    days = (row["due_on"], row["shoot_on"], row["publish_on"])
    assert days == ("2026-05-02", "2026-05-04", "2026-05-11"), "the shoot's day is local"
    say("script", "dates", script, "--due", "none")
    assert say("script", "list", "--json")[0]["due_on"] is None
    page = home / "page.html"
    say("script", "page", "spring", "--out", str(page))
    assert "shoot 4 May 2026 · publish 11 May 2026" in page.read_text()
    assert "waits for Abe" in page.read_text()


def test_an_asset_with_contact_and_picture(say, script: str, home: Path) -> None:
    picture = home / "mia.png"
    Image.new("RGB", (400, 300), "teal").save(picture)
    words = ("script", "asset", "Mia", "--kind", "talent", "--contact", "+49 30 1")
    say(*words, "--picture", str(picture))
    say("script", "update", script, "--beat", "b1", "--set", "talent=Mia")
    (mia,) = say("script", "assets", "--kind", "talent", "--json")
    assert (mia["contact"], mia["picture_path"]) == ("+49 30 1", str(picture.resolve()))
    for profile, is_shown in (("analyst", True), ("client", False)):
        say("script", "page", "spring", "--profile", profile, "--out", str(home / "page.html"))
        page = (home / "page.html").read_text()
        assert ('alt="Mia"' in page, "+49 30 1" in page) == (is_shown, is_shown)
    picture.write_text("words")
    say(*words, "--picture", str(picture), code=2)


def test_a_script_on_a_pattern_says_how_sure_it_is(say, home: Path) -> None:
    store = Workspace(load_settings(home)).store
    run = {"pattern_run_id": "r", "project_id": "spring", "created_at": datetime(2026, 5, 1)}
    facts = {"definition": "The caption's first line asks.", "ratio": 1.4, "ratio_low": 1.1}
    row = {"pattern_id": "x", "pattern": "caption_question", "n_with": 63, "claim": "more views"}
    save_patterns(store, run, pd.DataFrame([row | facts]))
    words = ("script", "create", "--from-pattern", "caption_question", "--template", "storytime")
    say(*words, "--json", code=2)
    made = say(*words, "--project", "spring", "--product", "core-deck", "--json")
    assert (made["origin"], made["n_beats"]) == ("pattern", 6)
    assert made["script"]["source_patterns"] == ["caption_question"]
    assert "x1.4" in made["script"]["notes"]
    assert "n = 63" in made["script"]["notes"]
    assert made["script"]["props"] == ["Core Deck"]
    assert "no own account" in made["script"]["prediction"]["reason"]


def test_an_adaptation_can_be_begun_anew(say, script: str, home: Path) -> None:
    store = Workspace(load_settings(home)).store
    row = ["a1", None, "yakety-pack/core-deck", "spring", script]
    with store.write() as connection:
        connection.execute(
            "INSERT INTO adaptations (analysis_id, post_id, product_id, project_id, script_id) "
            "VALUES (?, ?, ?, ?, ?)",
            row,
        )
    say("script", "update", script, "--title", "What people made of it")
    made = say("script", "create", "--from-adaptation", "a1", "--title", "Anew", "--json")
    assert (made["origin"], made["product_id"], made["n_beats"]) == (
        "adaptation",
        "yakety-pack/core-deck",
        5,
    )
    assert made["script_id"] != script
    say("script", "create", "--from-adaptation", "a2", "--json", code=2)


def test_scripts_are_a_page_and_versions_a_picture(say, script: str, home: Path) -> None:
    say("script", "version", script, "--notes", "better end")
    drawn = say("script", "show", script, "--picture")
    assert "v1   ░" in drawn
    assert "from v1 Ann better end" in drawn
    made = say("script", "page", "spring", "--json")
    assert "Quiet" in Path(made["page"]).read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create",), "needs a title"),
        (("create", "--from-pattern", "x"), "whose pattern"),
        (("create", "--from-pattern", "x", "--project", "spring"), "no pattern x"),
        (("create", "--title", "x", "--from-post", "tiktok:1"), "no post tiktok:1"),
        (("create", "--title", "x", "--product", "core"), "no product core"),
        (
            ("create", "--title", "x", "--template", "storytime", "--from-post", "tiktok:1"),
            "one thing",
        ),
        (("show", "nothing"), "no script nothing"),
        (("export",), "which script"),
        (("export", "SCRIPT", "--format", "pfd"), "Did you mean pdf"),
        (("update", "SCRIPT", "--set", "spoken=x"), "needs the beat"),
        (("update", "SCRIPT", "--beat", "b1", "--set", "spokn=x"), "Did you mean spoken"),
        (
            ("track", "SCRIPT", "--post-url", "https://evil.example/video/1"),
            "none of the known platforms",
        ),
        (("diff", "SCRIPT", "1", "9"), "no version 9"),
    ],
)
def test_a_mistake_is_named_with_exit_code_2(
    say, script: str, words: tuple[str, ...], said: str
) -> None:
    told = say("script", *(script if w == "SCRIPT" else w for w in words), "--json", code=2)
    assert said in told["message"] + " " + told["todo"]
