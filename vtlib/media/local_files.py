"""Videos that lie on this machine, taken into the media folder as a downloaded one is."""

from __future__ import annotations

import shutil
from pathlib import Path

from vtlib.media.download import Fetched
from vtlib.media.download.outcome import DownloadFailed
from vtlib.media.download.post import check_video
from vtlib.media.downloads import media_note, quota_reason, save_note
from vtlib.media.folder import MediaSession
from vtlib.store.project import Project

# Containers that media/probe opens, by the names that cameras and programs give them.
SUFFIXES = frozenset(
    [".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".flv", ".ts", ".mts", ".m2ts", ".3gp"]
)
CAME_BY = "file"


def find_videos(folder: Path) -> list[Path]:
    """The video files in a folder and below, by their names; of a file, itself."""
    if folder.is_file():
        return [folder]
    files = (p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    return sorted(p for p in files if not p.name.startswith("."))


def adopt_file(project: Project, session: MediaSession, post_id: str, path: Path) -> Fetched:
    """Copy a video into the media folder as the one of a post; the original stays as it is.

    Killed anywhere, the next session keeps what is whole. Gives the outcome of a download: ok, or
    not_video and broken with the reason; nothing is stored then.
    """
    if reason := quota_reason(project, session.media):
        return Fetched("too_large", reason)
    work = session.work(post_id)
    copy = work / "video"
    shutil.copyfile(path, copy)
    try:
        file = check_video(copy)
    except DownloadFailed as failure:
        session.clear(work)
        return failure.fetched
    files = session.describe([file])
    outcome = Fetched("ok", came_by=CAME_BY, files=(file,))
    note = media_note(project, {"post_id": post_id, "tries": None}, outcome, files)
    session.finish(work, [file], files, note)
    session.media.publish_note(note)
    save_note(project.store, note)
    session.clear(work)
    return outcome
