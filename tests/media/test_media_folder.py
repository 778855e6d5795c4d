"""The media folder: content once, unfinished work never left, whole work never lost."""

import contextlib
import json
import os

import pytest

from vtlib.core.errors import StoreBusy
from vtlib.media.download.outcome import ProvenFile
from vtlib.media.folder import MediaFolder, stem, stored_path


def fetched(work, content=b"film", name="video"):
    path = work / name
    path.write_bytes(content)
    return ProvenFile(path, "video", ".mp4", 2, 3)


def everything(root):
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()} - {".lock"}


def test_the_same_content_is_kept_once_under_its_hash(tmp_path):
    media = MediaFolder(tmp_path)
    with media.session() as session:
        for key in ("a", "b/../../../etc", "ключ"):
            work = session.work(key)
            file = fetched(work)
            [kept] = session.describe([file])
            session.finish(work, [file], [kept], {"key": key})
            session.clear(work)
    assert everything(media.root) == {stored_path(kept.sha256, ".mp4").removeprefix("media/")}
    assert media.path(kept.path).read_bytes() == b"film"
    assert (kept.bytes, kept.width, kept.height) == (4, 2, 3)


@pytest.mark.parametrize("moved", [False, True])
def test_what_was_whole_is_handed_on_and_the_rest_removed(tmp_path, moved):
    """As a killed process leaves it: one item whole, before or after its file was moved, one
    half done.
    """
    media = MediaFolder(tmp_path)
    whole, half = (media.root / "tmp" / name for name in ("whole", "half"))
    for folder in (whole, half):
        folder.mkdir(parents=True)
    target = "media/ab/abc.mp4"
    (half / "video").write_bytes(b"ha")
    (half / "done.json.part").write_text("{")
    note = {"files": [{"name": "video", "path": target}], "note": {"post": "x"}}
    (whole / "done.json").write_text(json.dumps(note))
    place = tmp_path / target if moved else whole / "video"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"film")
    with media.session() as session:
        assert list(session.unsaved_notes()) == [{"post": "x"}]
    assert everything(media.root) == {"ab/abc.mp4"}
    with media.session() as session:
        assert list(session.unsaved_notes()) == []


def test_an_error_leaves_what_is_whole_for_the_next(tmp_path):
    media = MediaFolder(tmp_path)
    with contextlib.suppress(KeyboardInterrupt), media.session() as session:
        work, other = session.work("a"), session.work("b")
        fetched(other)
        file = fetched(work)
        session.finish(work, [file], session.describe([file]), {"post": "a"})
        raise KeyboardInterrupt
    with media.session() as session:
        assert list(session.unsaved_notes()) == [{"post": "a"}]
    assert len(everything(media.root)) == 1


def test_one_session_at_a_time(tmp_path):
    media = MediaFolder(tmp_path)
    with media.session(), pytest.raises(StoreBusy), media.session():
        pass
    with media.session():
        pass


def test_removing_a_film_takes_its_thumbnails_and_small_copy(tmp_path):
    media = MediaFolder(tmp_path)
    folder = media.root / "ab"
    (folder / "abc.thumbs").mkdir(parents=True)
    for name in ("abc.mp4", "abc.proxy.mp4", "abc.thumbs/first.jpg", "abcd.mp4"):
        (folder / name).write_bytes(b"1234")
    assert media.used_bytes() == 16
    assert {stem(path) for path, _ in media.list_files()} == {"abc", "abcd"}
    media.remove("media/ab/abc.mp4")
    media.remove("media/ab/abc.mp4")
    assert everything(media.root) == {"ab/abcd.mp4"}


def test_a_folder_that_is_not_there_is_empty_and_a_file_that_moves_on_is_passed_over(
    tmp_path, monkeypatch
):
    folder = MediaFolder(tmp_path / "nowhere")
    assert list(folder.list_files()) == []
    assert folder.used_bytes() == 0
    there = MediaFolder(tmp_path)
    monkeypatch.setattr(os, "walk", lambda _: [(str(tmp_path / "media"), [], ["gone.mp4"])])
    assert list(there.list_files()) == []
