"""Small things that a person reads and must be able to trust: zones, names, counts, pipes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vtlib.core.conclusion import verb
from vtlib.core.errors import article

DRAFT = """{"title": "Hum", "call_to_action": "Look", "beats": [
{"beat_id": "b1", "duration_s": 3, "spoken": "Why does it hum?", "props": ["Kettle"]}]}"""
SHOOT = ("--location", "Kitchen", "--talent", "Mia")


@pytest.fixture
def script(vt, tmp_path: Path) -> str:
    vt("project", "create", "Spring")
    (tmp_path / "hum.json").write_text(DRAFT)
    return vt("script", "import", tmp_path / "hum.json", "--project", "spring", "--json").data[0][
        "script_id"
    ]


def plan(vt, script: str, starts: str, ends: str, zone: str):
    times = ("--starts", f"2026-12-04 {starts}", "--ends", f"2026-12-04 {ends}", "--tz", zone)
    return vt("script", "schedule", script, *times, *SHOOT)


def test_a_schedule_stands_in_one_zone(vt, script: str) -> None:
    out = plan(vt, script, "09:00", "12:00", "Europe/Berlin").out
    assert "starts (Europe/Berlin)" in out
    assert "2026-12-04 09:00" in out
    assert "version 1, which is not approved" in out
    out = plan(vt, script, "04:00", "06:00", "America/New_York").out
    assert "starts (UTC)" in out
    assert "2026-12-04 08:00" in out
    assert "Hum (04 Dec 09:00 Europe/Berlin) and Hum (04 Dec 04:00 America/New_York)" in out
    shown = vt("script", "show", script).out
    assert "2026-12-04 08:00 UTC, Kitchen (version 1)" in shown
    assert "in 1 beat\n" in shown + "\n"


def test_a_shoot_takes_what_its_own_version_names(vt, script: str) -> None:
    for status in ("review", "approved"):
        vt("script", "status", script, status)
    vt("script", "update", script, "--beat", "b1", "--set", "props=Spoon")
    shoots = vt(
        *("script", "schedule", script, "--starts", "2026-12-04 09:00"),
        *("--ends", "2026-12-04 10:00", "--json"),
    ).data["shoots"]
    assert [(s["version"], s["props"]) for s in shoots] == [(1, ["Kettle"])]


def test_exports_end_once(vt, script: str) -> None:
    words = [w for f in ("pdf", "markdown", "json", "storyboard") for w in ("--format", f)]
    files = vt("script", "export", script, *words, "--json").data
    names = [Path(f["path"]).name.removeprefix(f"{script}-v1") for f in files]
    assert names == [".pdf", ".md", ".json", "-storyboard.pdf"]


@pytest.mark.parametrize("words", [["--help"], ["script", "--help"], ["project", "list", "--json"]])
def test_a_reader_who_leaves_is_no_error(home: Path, words: list[str]) -> None:
    code = "import sys; from vtlib.cli import main; main(sys.argv[1:])"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-c", code, *words], stdout=write, check=False)
    os.close(write)
    assert done.returncode == 0


def test_accounts_are_named_as_people_have_them(vt, tmp_path: Path) -> None:
    vt("project", "create", "Spring")
    file = tmp_path / "more.txt"
    file.write_text("@third\n")
    add = ("project", "add-accounts", "spring")
    made = vt(*add, "https://www.tiktok.com/@first", "second", file, "--platform", "tiktok")
    assert (made.code, made.out.strip()) == (0, "3 accounts read, 3 new")
    assert "a handle alone names no platform" in vt(*add, "second").err
    assert "there is no file nowhere.csv" in vt(*add, "nowhere.csv").err


def test_a_review_file_names_whom_it_overrules(vt, tmp_path: Path) -> None:
    vt("project", "create", "Spring")
    url = "https://www.tiktok.com/@a/video/7106594312292453675"
    vt("import", "url", url, "--project", "spring")
    post = "tiktok:7106594312292453675"
    words = ("--reason", "celebrity", "--project", "spring", "--by", "Ann")
    assert vt("review", "decide", post, "reject", *words).code == 0
    path = tmp_path / "review.csv"
    path.write_text(f"post_id,decision,reviewer\n{post},keep,Ben\n")
    out = vt("review", "import", path, "--project", "spring").out
    assert "1 decision taken in" in out
    assert f"{post}: overrules Ann (reject, celebrity)" in out


def test_words_agree_with_their_counts() -> None:
    assert (verb(1, "were"), verb(2, "were"), verb(0, "have")) == ("was", "were", "have")
    assert (article("authority"), article("hook")) == ("an authority", "a hook")
