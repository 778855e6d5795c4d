"""Heatmaps and subtitles of .info.json files that yt-dlp itself writes: its own reader of YouTube's
markers, its own choice and names of subtitle files, its own sanitising; nothing is asked of the
network.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yt_dlp
from yt_dlp.extractor.youtube import YoutubeIE

from tests.media.test_timeline import MEASURES
from vtlib.analysis.timelines import _timeline
from vtlib.capture import file_check, imports, video_tracks
from vtlib.capture.subtitle_files import read_cues, words
from vtlib.cli.details import _track_lines
from vtlib.core.params import parse_params
from vtlib.core.settings import load_settings
from vtlib.desk import browse, details
from vtlib.media.folder import MediaFolder
from vtlib.store.data_checks import run_checks
from vtlib.store.project import Project, Workspace

POST, TITLE = "youtube:dQw4w9WgXcQ", "A kettle"
RATIOS = [1.0, 0.8, 0.5, 0.4, 0.9, 0.7, 0.3, 0.2, 0.35, 0.1]
CREATOR = """WEBVTT
Kind: captions

00:00:00.000 --> 00:00:02.000
Hello &amp; <i>welcome</i>

00:00:02.500 --> 00:00:04.000 align:start
to the
kettle
"""
# As YouTube's speech recognition writes it: the line before stands above, words carry their times.
ROLLING = """WEBVTT
Kind: captions
Language: de

00:00:00.160 --> 00:00:02.310 align:start position:0%
 
hallo<00:00:00.400><c> und</c><00:00:00.719><c> willkommen</c>

00:00:02.310 --> 00:00:02.320 align:start position:0%
hallo und willkommen
 

00:00:02.320 --> 00:00:04.500 align:start position:0%
hallo und willkommen
zum<00:00:02.800><c> kessel</c>
"""  # noqa: W293 - as it is written


def markers() -> dict[str, Any]:
    """YouTube's answer, as yt-dlp's extractor reads it."""
    marks = [
        {"startMillis": str(n * 450), "durationMillis": "450", "intensityScoreNormalized": ratio}
        for n, ratio in enumerate(RATIOS)
    ]
    entity = {"markersList": {"markerType": "MARKER_TYPE_HEATMAP", "markers": marks}}
    payload = {"payload": {"macroMarkersListEntity": entity}}
    return {"frameworkUpdates": {"entityBatchUpdate": {"mutations": [payload]}}}


def link(language: str, query: str = "") -> dict[str, str]:
    url = f"https://www.youtube.com/api/timedtext?v=dQw4w9WgXcQ&lang={language}&fmt=vtt{query}"
    return {"ext": "vtt", "url": url, "name": language}


def written(folder: Path, *, languages: list[str], **more: Any) -> Path:
    """The .info.json that yt-dlp writes beside the subtitles that it was asked for."""
    folder.mkdir(exist_ok=True)
    options = {
        "quiet": True,
        "skip_download": True,
        "writeinfojson": True,
        "writesubtitles": True,
        "writeautomaticsub": True,
        "subtitleslangs": languages,
        "outtmpl": str(folder / "%(title)s [%(id)s].%(ext)s"),
    }
    info = {
        "id": "dQw4w9WgXcQ",
        "title": TITLE,
        "extractor": "youtube",
        "extractor_key": "Youtube",
        "webpage_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "uploader": "sim",
        "view_count": 1200,
        "timestamp": 1772323200,
        "duration": 4.5,
        "formats": [{"format_id": "1", "url": "https://v.example/v.mp4", "ext": "mp4"}],
        "subtitles": {
            "en": [{"ext": "vtt", "data": CREATOR}],
            "fr": [link("fr")],
            "live_chat": [{"ext": "json", "url": "https://v.example/chat"}],
        },
        "automatic_captions": {
            "de-orig": [{"ext": "vtt", "data": ROLLING}],
            "de": [link("de")],
            "es": [link("de", "&tlang=es")],
            "pl": [link("de", "&tlang=pl")],
        },
        **more,
    }
    with yt_dlp.YoutubeDL(options) as ydl:
        info["heatmap"] = YoutubeIE(ydl)._extract_heatmap(markers())
        ydl.process_ie_result(info, download=True)
    (path,) = folder.glob("*.info.json")
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    params = parse_params({"project": "p"})
    return Project(Workspace(load_settings(tmp_path / "home")), params)


def take_in(project: Project, path: Path) -> imports.ImportReport:
    (report,) = imports.import_files(project, [path])
    return report


def subtitles(project: Project) -> list[tuple[str, str, str | None]]:
    rows = project.store.rows("SELECT language, source, text FROM subtitles ORDER BY ALL")
    return [(row["language"], row["source"], row["text"]) for row in rows]


def test_a_file_of_yt_dlp_brings_its_heatmap_and_the_words_beside_it(
    project: Project, tmp_path: Path
) -> None:
    path = written(tmp_path / "in", languages=["en", "de-orig"])
    assert sorted(p.name for p in path.parent.iterdir()) == [
        f"{TITLE} [dQw4w9WgXcQ].de-orig.vtt",
        f"{TITLE} [dQw4w9WgXcQ].en.vtt",
        f"{TITLE} [dQw4w9WgXcQ].info.json",
    ]
    report = take_in(project, path)
    assert (report.status, "heatmap" in report.unread, report.read_facts["heatmap"]) == (
        "ok",
        False,
        1,
    )
    assert "subtitles read: de (automatic), en (creator)" in report.notes[-1]
    stretches = project.store.rows("SELECT * FROM replay_heatmaps ORDER BY start_s")
    assert [row["intensity_ratio"] for row in stretches] == RATIOS
    assert [(stretches[n]["start_s"], stretches[n]["end_s"]) for n in (0, 9)] == [
        (0.0, 0.45),
        (4.05, 4.5),
    ]
    assert subtitles(project) == [
        ("de", "automatic", "hallo und willkommen zum kessel"),
        ("en", "creator", "Hello & welcome to the kettle"),
        ("fr", "creator", None),
    ]
    checks = run_checks(project.store)
    assert not len(checks[(checks["n"] > 0) & checks["severity"].eq("error")])


def test_the_same_again_and_a_file_that_only_lists_change_nothing(
    project: Project, tmp_path: Path
) -> None:
    path = written(tmp_path / "in", languages=["en", "de-orig"])
    take_in(project, path)
    before = [
        project.store.rows(f"SELECT * FROM {t} ORDER BY ALL")
        for t in ("subtitles", "replay_heatmaps")
    ]
    assert take_in(project, path).status == "unchanged"
    imports.remap(project)
    after = [
        project.store.rows(f"SELECT * FROM {t} ORDER BY ALL")
        for t in ("subtitles", "replay_heatmaps")
    ]
    assert after == before
    later = written(tmp_path / "later", languages=["pt"], epoch=1_790_000_000)
    take_in(project, later)
    assert subtitles(project)[1][2] == "Hello & welcome to the kettle"


def test_words_that_come_later_beside_a_known_file_are_taken(
    project: Project, tmp_path: Path
) -> None:
    path = written(tmp_path / "in", languages=["pt"])
    report = take_in(project, path)
    assert "listed without their text: de, en, fr" in report.notes[-1]
    stem = path.name.removesuffix(".info.json")
    (path.parent / f"{stem}.fr.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nBonjour\n")
    (path.parent / f"{stem}.it.vtt").write_text("no cue")
    (path.parent / "Another.en.vtt").write_text(CREATOR)
    again = take_in(project, path)
    assert again.status == "unchanged"
    assert "no subtitles could be read in" in again.notes[-1]
    assert subtitles(project) == [
        ("de", "automatic", None),
        ("en", "creator", None),
        ("fr", "creator", "Bonjour"),
    ]


def test_a_translation_of_a_machine_is_named_so(project: Project, tmp_path: Path) -> None:
    path = written(tmp_path / "in", languages=["pt"])
    stem = path.name.removesuffix(".info.json")
    shutil.copy(path, tmp_path / "copy.info.json")
    (path.parent / f"{stem}.es.vtt").write_text(CREATOR)
    take_in(project, path)
    assert ("es", "translated", "Hello & welcome to the kettle") in subtitles(project)
    assert video_tracks.subtitles_of(project.store, [POST])[POST]["source"] == "translated"
    (path.parent / f"{stem}.en.vtt").write_text(CREATOR)
    take_in(project, path)
    assert video_tracks.subtitles_of(project.store, [POST])[POST]["source"] == "creator"


def test_what_a_check_says_of_the_tracks(tmp_path: Path) -> None:
    (one,) = file_check.check_files([written(tmp_path / "in", languages=["en"])])
    read = {reading.target: reading.items for reading in one.read}
    assert [read[name] for name in ("heatmap", "subtitles", "automatic_captions")] == [1, 1, 1]
    assert not {"heatmap", "subtitles", "automatic_captions"} & set(one.unread)


def test_the_most_replayed_stretch_is_a_peak_after_the_start(
    project: Project, tmp_path: Path
) -> None:
    take_in(project, written(tmp_path / "in", languages=["en"]))
    (peak,) = details.post(project.store, POST)["most_replayed"]
    assert (peak["start_s"], peak["end_s"], peak["intensity_ratio"]) == (1.8, 2.25, 0.9)
    assert video_tracks.replay_words(peak).startswith("1.8 s to 2.2 s")
    assert [s["text"] is None for s in details.post(project.store, POST)["subtitles"]] == [
        False,
        True,
        True,
    ]
    assert len(video_tracks.heatmaps_of(project.store, [POST])[POST]) == 10


def test_the_desk_the_command_line_and_page_04_show_them(project: Project, tmp_path: Path) -> None:
    take_in(project, written(tmp_path / "in", languages=["en"]))
    (peak,) = browse.dossier(project, POST).most_replayed
    assert (peak["start_s"], peak["end_s"]) == (1.8, 2.25)
    lines = "\n".join(_track_lines(details.post(project.store, POST)))
    assert "most replayed: 1.8 s to 2.2 s" in lines
    assert "Hello & welcome to the kettle" in lines
    row = MEASURES | {"version": "m", "width": 1, "height": 1, "cuts_s": [], "thumbs_path": None}
    row |= {"thumbs": [], "replays": video_tracks.heatmaps_of(project.store, [POST])[POST]}
    row |= {"subtitles": video_tracks.subtitles_of(project.store, [POST])[POST]}
    post = {"role": "kept", "handle": "sim", "platform": "youtube"}
    folder = MediaFolder(project.workspace.outputs)
    named, hidden = (
        json.dumps(_timeline(post, row, one, scenes=()).to_dict()) for one in (folder, None)
    )
    assert "subtitles: en, creator" in named
    assert "to the kettle" in named
    assert "kettle" not in hidden
    assert "replays" in hidden


def test_a_playlist_longer_than_a_page_and_scripts_that_are_matched(
    project: Project, tmp_path: Path
) -> None:
    item = json.loads(written(tmp_path / "in", languages=["pt"]).read_text())
    entries = [
        {**item, "id": f"AAAAAAAA{n:03}", "webpage_url": f"https://youtu.be/AAAAAAAA{n:03}"}
        for n in range(230)
    ]
    path = tmp_path / "list.info.json"
    path.write_text(
        json.dumps({"_type": "playlist", "extractor_key": "YoutubeTab", "entries": entries})
    )
    own = imports.ImportOptions(is_own=True)
    (report,) = imports.import_files(project, [path], own)
    assert "replays of 230 videos" in report.notes[-1]
    assert len(project.store.rows("SELECT DISTINCT post_id FROM replay_heatmaps")) == 230
    single = written(tmp_path / "single", languages=["en"])
    imports.import_files(project, [single], own)
    speech = project.frame("match_posts").set_index("post_id")["speech"]
    assert speech[POST] == "Hello & welcome to the kettle"
    assert speech["youtube:AAAAAAAA001"] == ""


def test_odd_tracks_are_left_out(project: Project, tmp_path: Path) -> None:
    path = written(tmp_path / "in", languages=["pt"])
    item = json.loads(path.read_text())
    item["heatmap"] = [
        {"start_time": 0, "end_time": 1, "value": 2},
        {"start_time": "x"},
        {"start_time": 3, "end_time": 1, "value": 0.5},
        {"start_time": 1, "end_time": 2, "value": 0.5},
        7,
    ]
    item |= {"subtitles": {"en": None, "nb": [3]}, "automatic_captions": [1]}
    path.write_text(json.dumps(item))
    assert take_in(project, path).status == "ok"
    assert len(project.store.rows("SELECT * FROM replay_heatmaps")) == 1
    assert [row[0] for row in subtitles(project)] == ["nb"]


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        ("1\n01:00:01,5 --> 01:00:02,25\n{\\an8}<b>Hi</b>\n\n2\n", [(3601.5, 3602.25, "Hi")]),
        ("\ufeffWEBVTT\n\nintro\n00:01.000 --> 00:02.000 line:1\nA\nB\n", [(1.0, 2.0, "A B")]),
        ("WEBVTT\n\nNOTE 00:01\n\n00:02.000 --> 00:01.000\nback\n", []),
        ("WEBVTT\n\n00:01.0 --> 00:02.0\nNo.\n\n00:02.0 --> 00:03.0\nNo.\n", [(1, 2, "No."), (2, 3, "No.")]),  # noqa: E501
        ("a table, no subtitles", []),
    ],
)  # fmt: skip
def test_cues_of_both_forms(text: str, cues: list[tuple[float, float, str]]) -> None:
    read = read_cues(text)
    assert [(cue.start_s, cue.end_s, cue.text) for cue in read] == cues
    assert words(read) == " ".join(cue[2] for cue in cues)


def test_words_of_speech_recognition_are_taken_once_for_as_long_as_they_stand() -> None:
    rows = [cue.to_row() for cue in read_cues(ROLLING)]
    assert rows == [
        {"start_s": 0.16, "end_s": 2.32, "text": "hallo und willkommen"},
        {"start_s": 2.32, "end_s": 4.5, "text": "zum kessel"},
    ]
