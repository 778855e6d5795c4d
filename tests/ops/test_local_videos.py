"""Local videos: what tells their post, and a place among those that are measured."""

import json
import plistlib
import shutil
from pathlib import Path

import pytest

from tests.media.measures.rendered_clips import Clip, render, view
from vtlib.capture import imports
from vtlib.core.errors import BadInput
from vtlib.core.params import parse_params
from vtlib.core.settings import load_settings
from vtlib.media import stage
from vtlib.ops import local_videos
from vtlib.store.data_checks import run_checks
from vtlib.store.project import Project, Workspace

TIKTOK = "7531345990947851551"
INFO = {
    "id": TIKTOK,
    "extractor": "TikTok",
    "extractor_key": "TikTok",
    "webpage_url": f"https://www.tiktok.com/@sim/video/{TIKTOK}",
    "uploader": "sim",
    "title": "Hum",
    "description": "Hum #kettle",
    "timestamp": 1753528134,
    "epoch": 1790000000,
    "view_count": 12345,
    "like_count": 678,
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    picture = view(1, (96, 160))
    return render(Clip(lambda _: picture, duration_s=1.0), folder / "c.mp4")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    params = {"project": "p", "media": {"parts": []}}
    return Project(Workspace(load_settings(tmp_path / "home")), parse_params(params))


def put(clip: Path, folder: Path, *names: str, tail: bytes = b"") -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(clip, folder / name)
    return folder


@pytest.mark.parametrize(
    ("stem", "platform", "post_id"),
    [
        (f"Hum [{TIKTOK}]", None, f"tiktok:{TIKTOK}"),
        (f"@sim_{TIKTOK}", None, f"tiktok:{TIKTOK}"),
        ("clip 1992371876476121200", None, "x:1992371876476121200"),
        ("Kettle [dQw4w9WgXcQ]", None, "youtube:dQw4w9WgXcQ"),
        ("Kettle [DAAAAAAAAA3]", None, None),
        ("Kettle [DAAAAAAAAA3]", "instagram", "instagram:DAAAAAAAAA3"),
        ("DAAAAAAAAA3", "instagram", "instagram:DAAAAAAAAA3"),
        ("clip 1992371876476121200", "tiktok", "x:1992371876476121200"),
        ("our best cut [final]", "tiktok", None),
        ("IMG_20260901_181500123", None, None),
    ],
)
def test_an_id_in_a_name_is_taken_where_it_can_be_of_one_platform(
    stem: str, platform: str | None, post_id: str | None
) -> None:
    ref = local_videos.ref_in_name(stem, platform)
    assert (ref.post_id if ref else None) == post_id


def test_subtitles_beside_videos_come_with_them(
    project: Project, clip: Path, tmp_path: Path
) -> None:
    folder = put(clip, tmp_path / "in", "Hum.mp4", "Kettle [dQw4w9WgXcQ].mp4")
    info = {**INFO, "subtitles": {"eng-US": [{"url": "https://v.example/s", "ext": "vtt"}]}}
    (folder / "Hum.info.json").write_text(json.dumps(info))
    cue = "WEBVTT\n\n00:00.000 --> 00:01.000\n"
    (folder / "Hum.eng-US.vtt").write_text(f"{cue}Hum with me\n")
    (folder / "Kettle [dQw4w9WgXcQ].fr.vtt").write_text(f"{cue}La bouilloire\n")
    local_videos.import_folder(project, folder)
    sql = "SELECT post_id, language, source, text, captured_at FROM subtitles ORDER BY ALL"
    rows = project.store.rows(sql)
    assert [tuple(row.values())[:4] for row in rows] == [
        (f"tiktok:{TIKTOK}", "eng-US", "platform", "Hum with me"),
        ("youtube:dQw4w9WgXcQ", "fr", "unknown", "La bouilloire"),
    ]
    local_videos.import_folder(project, folder)
    assert project.store.rows(sql) == rows


def test_videos_become_posts_with_a_file_to_be_measured(
    project: Project, clip: Path, tmp_path: Path
) -> None:
    folder = put(clip, tmp_path / "in", "Hum.mp4", "linked.mp4", "mac.mov", "our cut.mp4")
    (folder / "Hum.info.json").write_text(json.dumps(INFO))
    (folder / "linked.url").write_text("[InternetShortcut]\r\nURL=https://youtu.be/dQw4w9WgXcQ\r\n")
    link = {"URL": "https://www.instagram.com/reel/DAAAAAAAAA3/"}
    (folder / "mac.webloc").write_bytes(plistlib.dumps(link))
    (folder / "broken.mp4").write_bytes(clip.read_bytes()[:3000])
    (folder / "notes.txt").write_text("no video")
    reports = local_videos.import_folder(project, folder, platform="tiktok", is_own=True)
    by_file = {r.file: r for r in reports}
    local = by_file["our cut.mp4"].post_id
    assert local.startswith("tiktok:local-")
    assert {r.post_id for r in reports if r.status == "stored"} == {
        f"tiktok:{TIKTOK}",
        "youtube:dQw4w9WgXcQ",
        "instagram:DAAAAAAAAA3",
        local,
    }
    assert (by_file["broken.mp4"].status, "broken" in by_file["broken.mp4"].reason) == (
        "failed",
        True,
    )
    rows = project.store.rows(
        "SELECT p.post_id, p.url, p.title, m.came_by, s.views, l.is_own FROM project_posts AS l "
        "JOIN posts AS p USING (post_id) JOIN media AS m USING (post_id) "
        "LEFT JOIN post_snapshots AS s USING (post_id) WHERE m.status = 'ok' ORDER BY ALL"
    )
    assert {r["came_by"] for r in rows} == {"file"}
    assert all(r["is_own"] for r in rows)
    assert [r["views"] for r in rows if r["post_id"] == f"tiktok:{TIKTOK}"] == [12345]
    assert [(r["url"], r["title"]) for r in rows if r["post_id"] == local] == [("", "our cut")]
    done = stage.process(project)
    assert done.n_measured == 4
    assert stage.load(project)["state"].tolist() == ["kept"] * 4
    assert clip.read_bytes() == (folder / "Hum.mp4").read_bytes()
    again = local_videos.import_folder(project, folder, platform="tiktok", is_own=True)
    assert {r.status for r in again} == {"here", "failed"}
    imports.remap(project)
    checks = run_checks(project.store)
    assert checks[(checks["n"] > 0) & checks["severity"].eq("error")]["example"].tolist() == []


def test_what_no_post_is_told_for_asks_for_the_platform(
    project: Project, clip: Path, tmp_path: Path
) -> None:
    folder = put(clip, tmp_path / "in", "our cut.mp4")
    (report,) = local_videos.import_folder(project, folder)
    assert (report.status, report.exit_code) == ("failed", 2)
    assert "--platform" in report.reason
    (folder / "our cut.url").write_text("URL=https://vm.tiktok.com/ZMabc/")
    assert "short one" in local_videos.import_folder(project, folder)[0].reason
    with pytest.raises(BadInput, match="no video file"):
        local_videos.import_folder(project, tmp_path / "home")
