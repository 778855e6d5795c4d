"""`vt report` and `vt analyze competitors` as people and scripts use them."""

from pathlib import Path

import pytest

from simulator.files import write_exports


@pytest.fixture
def reported(vt, home: Path) -> Path:
    vt("project", "create", "Spring")
    folder = home / "outputs" / "spring" / "runs" / "20260301T000000Z"
    folder.mkdir(parents=True)
    for name in ("index", "insight"):
        (folder / f"{name}.html").write_text("page")
    return folder


def test_report_is_where_it_was(vt, reported: Path) -> None:
    plain, named = vt("report", "spring"), vt("report", "show", "spring")
    assert plain.out == named.out == f"{reported / 'index.html'}\n"
    data = vt("report", "spring", "--json").data
    assert data == {"index": str(reported / "index.html"), "pages": ["index.html", "insight.html"]}
    assert vt("report", "--json", "spring").data == data


def test_a_project_named_like_a_command_has_its_report(vt, home: Path) -> None:
    vt("project", "create", "Diff")
    said = vt("report", "diff")
    assert said.code == 2
    assert "diff has no report yet" in said.err


def test_no_two_reports_are_no_error(vt, reported: Path) -> None:
    said = vt("report", "diff", "spring")
    assert said.code == 0
    assert "no two reports with recorded figures yet" in said.out
    assert vt("report", "diff", "spring", "--json").data["figures"] == []
    wrong = vt("report", "diff", "spring", "--to", "nowhere")
    assert wrong.code == 2
    assert "nowhere is no run of this project" in wrong.err


def test_competitors_says_what_is_missing_and_what_there_is(vt, home: Path, tmp_path: Path) -> None:
    for path in write_exports(tmp_path / "exports", seed=3, captures=(0.0, 7.0)):
        if "tiktok-scraper" not in path.name:
            path.unlink()
    vt("project", "create", "Spring")
    assert "no post has been judged yet" in vt("analyze", "competitors", "--project", "spring").out
    vt("import", "dataset", tmp_path / "exports", "--project", "spring")
    vt("analyze", "outliers", "--project", "spring")
    none = vt("analyze", "competitors", "--project", "spring", "--json").data
    assert "no own posts" in none["reason"]
    for platform, handle, role in (
        ("tiktok", "sim_quibblewick", "own"),
        ("tiktok", "sim_snorrelby", "competitor"),
    ):
        (tmp_path / "list.txt").write_text(handle)
        vt(
            *("project", "add-accounts", "spring", tmp_path / "list.txt"),
            "--platform",
            platform,
            "--role",
            role,
        )
    found = vt("analyze", "competitors", "--project", "spring", "--days", "120", "--json").data
    assert [p["platform"] for p in found["platforms"]] == ["tiktok"]
    assert {a["side"] for a in found["accounts"]} == {"own", "competitor"}
    assert found["said"][0].startswith("tiktok: own posts stand at percentile")
