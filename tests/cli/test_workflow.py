"""From an empty folder to reviewed breakouts, as an analyst types it."""

import csv
import io
import json
from pathlib import Path

import pytest

from simulator.files import write_exports
from vtlib.capture import imports as importing
from vtlib.core.settings import load_settings
from vtlib.store.project import Project, Workspace

URL = "https://www.tiktok.com/@a/video/7106594312292453675"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "exports"
    write_exports(folder, seed=3, captures=(0.0, 7.0))
    return folder


def test_the_whole_way(vt, exports: Path, tmp_path: Path) -> None:
    vt("project", "create", "Spring")
    first = vt("import", "dataset", exports, "--project", "spring", "--json")
    assert first.code == 0, first.out
    assert first.data["failed"] == 0
    again = vt("import", "dataset", exports, "--project", "spring", "--json").data["imports"]
    assert {i["status"] for i in again} == {"unchanged"}
    judged = vt("analyze", "outliers", "--project", "spring", "--json").data
    assert judged["n_breakout"] + judged["n_extreme"] == len(judged["breakouts"]) > 0
    assert judged["expected_false_alarms"] > 0
    rows = list(
        csv.DictReader(io.StringIO(vt("analyze", "outliers", "--project", "spring", "--csv").out))
    )
    assert len(rows) == len(judged["breakouts"])
    assert all(r["url"].startswith("https://") and r["handle"] for r in rows)
    shown = vt("analyze", "outliers", "--project", "spring", "--tier", "extreme", "--limit", "1")
    assert "creator" in shown.out
    assert shown.out.count("https://") <= 2
    new = vt("analyze", "outliers", "--project", "spring", "--since-last", "--json").data
    assert len(new["breakouts"]) == len(rows), "there was no judgement before: all are new"
    by_trial = ("analyze", "outliers", "--project", "spring", "--method", "median_multiple")
    trial = vt(*by_trial, "--json").data
    assert (trial["is_trial"], trial["name"]) == (True, "method=median_multiple")
    held = trial["standing"]
    assert held["standing_run_id"] == judged["outlier_run_id"]
    assert held["n_both"] + held["n_standing"] == len(judged["breakouts"])
    assert held["n_both"] + held["n_this"] == len(trial["breakouts"])
    assert "--adopt" in vt(*by_trial).out
    assert vt("check").code == 0

    review = tmp_path / "review.csv"
    n = vt("review", "export", review, "--project", "spring", "--json").data["posts"]
    rows = list(csv.DictReader(review.open(encoding="utf-8-sig")))
    assert len(rows) == n > 0
    rows[0] |= {"decision": "reject", "reason": "celebrity"}
    rows[1] |= {"decision": "keep", "hook_ideas": "start with the spoon"}
    with review.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert vt("review", "import", review, "--project", "spring", "--json").data["decisions"] == 2
    # Judging again replaces what the rule picked and leaves what the person decided.
    vt("analyze", "outliers", "--project", "spring")
    again = csv.DictReader(_exported(vt, tmp_path / "again.csv").open(encoding="utf-8-sig"))
    decided = {r["post_id"]: r["decision"] for r in again if r["decision"]}
    assert decided == {rows[0]["post_id"]: "reject", rows[1]["post_id"]: "keep"}


def _exported(vt, path: Path) -> Path:
    vt("review", "export", path, "--project", "spring")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("post_id\nx\n", "decision"),
        ("post_id,decision\ntiktok:1,maybe\n", "row 2, field decision"),
        ("post_id,decision,reason\ntiktok:1,reject,\n", "row 2, field reason"),
        ("post_id,decision,reason\ntiktok:1,keep,\n", "tiktok:1"),
    ],
)
def test_a_wrong_review_names_row_and_field_and_stores_nothing(vt, tmp_path, text, said) -> None:
    vt("project", "create", "Spring")
    (tmp_path / "review.csv").write_text(text)
    failed = vt("review", "import", tmp_path / "review.csv", "--project", "spring")
    assert failed.code == 2
    assert said in failed.err


def test_every_form_of_a_url_is_one_post_and_human_facts_stay(vt) -> None:
    vt("project", "create", "Spring")
    one = vt("import", "url", URL, "--project", "spring", "--own", "--notes", "ours", "--json")
    assert one.code == 0
    vt("import", "url", URL.replace("@a/", "@b/") + "?lang=en", "--project", "spring")

    store = Workspace(load_settings()).store
    rows = store.query("SELECT post_id, is_own, notes, came_from FROM project_posts")
    assert rows.to_dict("records") == [
        {
            "post_id": "tiktok:7106594312292453675",
            "is_own": True,
            "notes": "ours",
            "came_from": "url",
        }
    ]


def test_a_list_of_urls_takes_the_good_ones_and_says_which_are_bad(vt, tmp_path) -> None:
    vt("project", "create", "Spring")
    (tmp_path / "urls.txt").write_text(
        f"# mine\n{URL}\nhttps://vm.tiktok.com/ZMabc/\nfile:///etc/passwd\nhttp://127.0.0.1/p/x\n"
    )
    said = vt("import", "urls", tmp_path / "urls.txt", "--project", "spring", "--json")
    assert said.code == 2
    assert [i["status"] for i in said.data["imports"]] == ["ok", "waits", "failed", "failed"]
    kinds = vt("problems", "--json").data
    assert [p["kind"] for p in kinds] == ["needs_network"]


def test_a_renamed_field_fails_the_capture_and_keeps_the_items(vt, exports, tmp_path) -> None:
    vt("project", "create", "Spring")
    source = next(exports.glob("dataset_youtube-scraper_*.json"))
    items = json.loads(source.read_text())
    for item in items:
        item["new_id"] = item.pop("id", None)
        item["new_url"] = item.pop("url", None)
    (tmp_path / "renamed.json").write_text(json.dumps(items))
    said = vt("import", "dataset", tmp_path / "renamed.json", "--project", "spring", "--json")
    assert said.code == 4
    (one,) = said.data["imports"]
    assert one["status"] == "failed"
    assert one["found"] == len(items)
    assert "shape changed" in one["reason"]


def test_a_metric_that_vanishes_is_a_warning_until_it_is_back(vt, exports, tmp_path) -> None:
    vt("project", "create", "Spring")
    source = next(exports.glob("dataset_youtube-scraper_*.json"))
    items = json.loads(source.read_text())
    told = []
    for day, name in ((1, "viewCount"), (2, "newName"), (3, "newName"), (4, "viewCount")):
        for item in items:
            item[name] = item.pop("viewCount", None) or item.pop("newName", None)
            item["fetchedOn"] = day  # another content is another capture
        path = tmp_path / f"{day}.json"
        path.write_text(json.dumps(items))
        at = f"2026-06-0{day}T00:00:00Z"
        words = ("import", "dataset", path, "--project", "spring", "--captured-at", at, "--json")
        said = vt(*words, *(["--strict"] if day == 3 else []))
        (one,) = said.data["imports"]
        told.append((said.code, one["status"], "views vanished" in " ".join(one["warnings"])))
    assert told == [(0, "ok", False), (0, "ok", True), (4, "ok", True), (0, "ok", False)]
    page = " ".join(importing.conclude(Project.open("spring"), ()).headline)
    assert "captures went in with a warning" in page


def test_two_captures_of_one_guessed_moment_are_told_apart(vt, tmp_path) -> None:
    vt("project", "create", "Spring")
    for n in (1, 2, 3):
        (tmp_path / str(n)).mkdir()
        item = tiktok_item(views=min(100 * n, 200))
        (tmp_path / str(n) / "reels_2026-06-01.json").write_text(json.dumps([item, {"n": n}]))
        said = vt("import", "dataset", tmp_path / str(n), "--project", "spring", "--json")
    (one,) = said.data["imports"]
    assert one["captured_at_basis"] == "day in the file name"
    assert "guessed from the day in the file's name" in one["notes"][0]
    rows = Workspace(load_settings()).store.query(
        "SELECT views, captured_at FROM post_snapshots ORDER BY 2"
    )
    assert list(rows["views"]) == [100, 200]  # the third says what the second said
    assert list(rows["captured_at"].dt.second) == [59, 0]


def test_posts_younger_than_their_capture_are_said(vt, tmp_path) -> None:
    vt("project", "create", "Spring")
    (tmp_path / "x_2026-03.json").write_text(
        json.dumps([tiktok_item(views=3, createTime=1_790_000_000)])
    )
    said = vt("import", "dataset", tmp_path / "x_2026-03.json", "--project", "spring")
    assert said.code == 0
    assert "1 post is younger than the capture (2026-03-31 23:59, from the month" in said.out
    assert "imported, WARNING" in said.out


def test_a_layout_that_is_not_read_yet_is_refused_by_name(vt, tmp_path) -> None:
    vt("project", "create", "Spring")
    item = {"thread_id": 1, "unix_timestamp": 1_790_000_000, "body": "x", "author": "a"}
    (tmp_path / "x.json").write_text(json.dumps([item]))
    said = vt("import", "dataset", tmp_path / "x.json", "--project", "spring", "--json")
    assert said.code == 2
    assert "4CAT (table)" in said.data["imports"][0]["reason"]
    assert Workspace(load_settings()).store.query("SELECT 1 FROM captures").empty


def test_check_says_what_a_file_is_and_stores_nothing(vt, tmp_path) -> None:
    item = {
        "id": "7280000000000000002",
        "extractor": "TikTok",
        "extractor_key": "TikTok",
        "webpage_url": "https://www.tiktok.com/@a/video/7280000000000000002",
        "view_count": 1000,
        "odd": 1,
    }
    (tmp_path / "x.info.json").write_text(json.dumps(item, indent=1))
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    said = vt("import", "check", tmp_path / "x.info.json", "--json")
    assert said.code == 0
    (one,) = said.data["files"]
    assert (one["kind"], one["platform"], one["form"]) == (
        "yt-dlp, TikTok (.info.json)",
        "tiktok",
        "JSON",
    )
    assert {"target": "views", "items": 1, "hidden": 0, "sample": "1000"} in one["read"]
    assert one["unread"] == {"odd": 1}
    both = vt("import", "check", tmp_path / "x.info.json", tmp_path / "odd.csv")
    assert both.code == 2
    assert "odd (1)" in both.out
    assert "no known platform" in both.out


def test_a_file_without_numbers_or_dates_is_refused_and_its_columns_named(vt, tmp_path) -> None:
    vt("project", "create", "Spring")
    url = "https://www.youtube.com/watch?v=AAAAAAAAAA1"
    (tmp_path / "x.csv").write_text(f"title,mood,colour,url\nBag,calm,red,{url}\n")
    said = vt("import", "dataset", tmp_path / "x.csv", "--project", "spring", "--json")
    assert said.code == 2
    (one,) = said.data["imports"]
    assert all(name in one["reason"] for name in ("mood", "colour"))
    assert Workspace(load_settings()).store.query("SELECT 1 FROM posts").empty


def test_posts_inside_a_profile_come_in_and_what_is_not_read_is_named(vt, tmp_path) -> None:
    vt("project", "create", "Spring")
    latest = [{"shortCode": f"DYYY{n}abc", "likesCount": n, "type": "Video"} for n in range(12)]
    profile = {
        "id": "7",
        "username": "pine",
        "followersCount": 9,
        "latestPosts": latest,
        "isFunny": 1,
    }
    (tmp_path / "x.json").write_text(json.dumps([profile]))
    said = vt("import", "dataset", tmp_path / "x.json", "--project", "spring", "--json")
    (one,) = said.data["imports"]
    assert (one["found"], one["mapped"], one["new"], one["unread"]) == (1, 1, 12, {"isFunny": 1})
    owners = Workspace(load_settings()).store.query("SELECT DISTINCT account_id FROM posts")
    assert list(owners["account_id"]) == ["instagram:7"]


def tiktok_item(*, views: int, **more) -> dict:
    native = "7600000000000000001"
    url = f"https://www.tiktok.com/@a/video/{native}"
    return {
        "id": native,
        "webVideoUrl": url,
        "playCount": views,
        "authorMeta": {"id": "1", "name": "a"},
        **more,
    }


def test_a_missing_file_and_a_bad_time_say_what_to_do(vt) -> None:
    vt("project", "create", "Spring")
    assert "no such file" in vt("import", "dataset", "nope.json", "--project", "spring").err
    said = vt("import", "dataset", "x", "--project", "spring", "--captured-at", "soon")
    assert said.code == 2
    assert "2026-05-21T08:00:00Z" in said.err


def test_tell_apart_nothing_yet_from_broken(vt) -> None:
    assert vt("runs").out.strip().startswith("no runs yet")
    assert vt("costs", "--json").data["total_usd"] == 0
    assert vt("check", "--json").data["sound"] is True
    vt("project", "create", "Spring")
    said = vt("report", "spring")
    assert said.code == 2
    assert "vt run spring" in said.err
