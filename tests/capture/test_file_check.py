"""`vt import check`: what a file is and what an import would read, with nothing stored."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from vtlib.capture import file_check, imports, readings
from vtlib.core.settings import load_settings
from vtlib.ops import projects
from vtlib.store.project import Workspace

CASES = Path(__file__).parents[1] / "platforms" / "layouts" / "cases"


def written(folder: Path, name: str, number: int = 0, **more) -> Path:
    """A file of the cases of `name`, with more fields in its first item."""
    case = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))[number]
    path = folder / case["file"]
    content = case.get("content")
    if isinstance(content, list):
        content = [content[0] | more, *content[1:]]
    elif isinstance(content, dict):
        content |= more
    path.write_text(case.get("text") or json.dumps(content, indent=1), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def project(empty, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / "outputs").mkdir()
    (home / "params").mkdir()
    shutil.copy(empty, home / "outputs" / "viraltracker.duckdb")
    (home / "params" / "spring.yaml").write_text("project: spring\n", encoding="utf-8")
    return projects.open_project(Workspace(load_settings(home)), "spring")


def check(path: Path, **more) -> file_check.FileCheck:
    (one,) = file_check.check_files([path], **more)
    return one


def test_a_file_is_named_and_each_fact_counted_with_a_sample(tmp_path) -> None:
    one = check(written(tmp_path, "yt_dlp"))
    assert (one.kind, one.platform, one.form) == ("yt-dlp, YouTube (.info.json)", "youtube", "JSON")
    assert (one.found, one.mapped, one.recognised, one.sampled) == (1, 1, 1, 1)
    read = {r.target: (r.items, r.sample) for r in one.read}
    assert read["views"] == (1, "2000")
    assert read["posted_at"] == (1, "2026-03-01 00:00:00 UTC")
    assert read["hashtags"] == (1, "a")
    assert "shares" not in read
    assert (read["heatmap"][0], "heatmap" in one.unread) == (1, False)
    assert (one.status, one.exit_code) == ("ok", 0)
    assert one.certain == "known by its fields"


def test_hidden_counts_and_items_that_are_no_posts_are_counted(tmp_path) -> None:
    one = check(written(tmp_path, "fourcat", 1))
    likes = next(r for r in one.read if r.target == "likes")
    assert (likes.items, likes.hidden) == (1, 1)
    retweets = check(written(tmp_path, "x_api_v2"))
    assert retweets.rejected == {"not_a_post": 1}
    assert retweets.certain == "known from the tool's documentation"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("page.html.json", "<html></html>", "web page"),
        ("odd.csv", "a,b\n1,2\n", "no known platform"),
        ("own.csv", "Content,Video title,Views\nx,y,3\n", "own statistics"),
    ],
)
def test_a_file_that_is_not_read_says_why(tmp_path, name, text, reason) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    one = check(path)
    assert (one.status, one.exit_code) == ("failed", 2)
    assert reason in one.reason


def test_nothing_is_stored_and_a_changed_shape_is_named(project, tmp_path) -> None:
    path = written(tmp_path, "apidojo_tiktok")
    first = check(path, project=project)
    assert first.compared_with == "no capture of apidojo/tiktok-scraper yet"
    assert project.frame("capture_history").empty
    imports.import_files(project, [path])
    later = check(written(tmp_path, "apidojo_tiktok", brandNew=1), project=project)
    assert later.new_keys == ("brandNew",)
    assert later.gone_keys == ()


def test_page_01_says_what_each_file_was_and_what_was_read(project, tmp_path) -> None:
    imports.import_files(project, [written(tmp_path, "gallery_dl")])
    rows = readings.readings(project).set_index("kind")
    row = rows.loc["gallery-dl, Instagram"]
    assert row["read"].startswith("posts 1, posted_at 1, caption 1, format 1, hashtags 1")
    assert "likes 1" in row["read"]
    assert "views" not in row["read"]
    assert row["certain"] == "known from the tool's documentation, 1 of 1 item"
    assert row["not_read"].startswith("count 1, ")


def test_an_archive_gives_its_posts_alone_and_marks_them_own(project, tmp_path) -> None:
    pack = tmp_path / "instagram-someone-2026-03-05.zip"
    with zipfile.ZipFile(pack, "w") as archive:
        posts = written(tmp_path, "own_archives", 1).read_text(encoding="utf-8")
        archive.writestr("your_instagram_activity/media/posts_1.json", posts)
        archive.writestr("connections/followers_1.json", '[{"string_list_data": []}]')
    (report,) = imports.import_files(project, [pack])
    assert (report.status, report.mapped) == ("ok", 2)
    assert any("gives no link" in note for note in report.notes)
    posts = project.frame("posts")
    assert posts.loc[posts["post_id"] == "instagram:archive:1772323200", "is_own"].all()


def test_the_date_in_the_name_of_a_post_s_file_is_no_time_of_capture(project, tmp_path) -> None:
    case = written(tmp_path, "instaloader")
    path = case.rename(tmp_path / "2020-03-01_00-00-00_UTC.json")
    assert check(path).captured_at_basis == "file time"
    (report,) = imports.import_files(project, [path])
    assert report.captured_at_basis == "file time"
    assert report.captured_at.year > 2020


def test_flat_columns_with_dots_are_named_with_their_counts(tmp_path) -> None:
    one = check(written(tmp_path, "meta_content_library"))
    assert one.unread["post_owner.type"] == 1
