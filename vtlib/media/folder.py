"""The media folder: every file once, by the hash of its content, whatever its project or post.

`media/<2 hex>/<sha256>.<suffix>` under the outputs folder, thumbnails in `<sha256>.thumbs/` beside
it. Work in progress is in `media/tmp/`, one process at a time, under a lock that the kernel
releases however the process dies; the next session keeps complete items and removes the rest.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from PIL import Image

from vtlib.core.errors import StoreBusy
from vtlib.core.whole_files import write_whole
from vtlib.media.download.outcome import ProvenFile

CHUNK_BYTES = 1 << 20
NOTE_FILE = "done.json"
SMALL_PX = 180


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the store; `path` is relative to the outputs folder, with forward slashes."""

    sha256: str
    path: str
    bytes: int
    kind: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class MediaFolder:
    """The files below `outputs`/media."""

    outputs: Path

    @property
    def root(self) -> Path:
        return self.outputs / "media"

    def path(self, relative: str) -> Path:
        """A stored path as an absolute one."""
        return self.outputs / relative

    @contextmanager
    def session(self) -> Iterator[MediaSession]:
        """A place for work in progress, cleared at the end. Raises StoreBusy if another has it."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StoreBusy(
                "another process is downloading or measuring in this workspace.",
                todo="Wait for it; what it has done is kept.",
            ) from None
        try:
            (self.root / "tmp").mkdir(exist_ok=True)
            yield MediaSession(self, self.root / "tmp")
        finally:
            _sweep(self.root / "tmp")
            lock.release()

    def thumbnails(
        self, relative: str | None, thumbs: Sequence[Mapping[str, Any]]
    ) -> list[tuple[float, bytes]]:
        """(time in s, small JPEG) of the thumbnails `listed` ({t_s, file}) that are still there."""
        folder = self.path(relative) if relative else None
        if folder is None:
            return []
        there = [(t["t_s"], folder / t["file"]) for t in thumbs if (folder / t["file"]).is_file()]
        return [(float(t_s), _small(path)) for t_s, path in there]

    def preview(self, relative: str | None) -> bytes | None:
        """A short small MP4 of a stored video (media/proxies.make_preview), made once and kept
        beside it; None where the file is gone or none can be made.
        """
        source = self.path(relative) if relative else None
        if source is None or not source.is_file():
            return None
        kept = source.with_name(f"{stem(str(relative))}.preview.mp4")
        if not kept.is_file():
            from vtlib.media.proxies import make_preview  # noqa: PLC0415 - PyAV, seldom

            with tempfile.TemporaryDirectory() as folder:
                made = Path(folder) / kept.name
                if not make_preview(source, made):
                    return None
                write_whole(kept, made.read_bytes())
        return kept.read_bytes()

    def stills(self, relatives: Sequence[str | None]) -> list[bytes | None]:
        """Small JPEGs of pictures in their order; None for one that is gone or cannot be read."""
        return [_small_or_none(self.path(r)) if r else None for r in relatives]

    def used_bytes(self) -> int:
        """Bytes on disk, work in progress included."""
        return sum(size for _, size in self.list_files())

    def list_files(self) -> Iterator[tuple[str, int]]:
        """(path relative to outputs, bytes) of every file, thumbnails too."""
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                if name.startswith("."):
                    continue
                try:
                    size = path.stat().st_size
                except FileNotFoundError:  # another process moved it: work in progress
                    continue
                yield path.relative_to(self.outputs).as_posix(), size

    def remove(self, relative: str) -> None:
        """Delete a stored file with its thumbnails and small copy."""
        path = self.path(relative)
        home = path.parent.parent if path.parent.suffix == ".thumbs" else path.parent
        for beside in home.glob(f"{stem(relative)}.*"):
            if beside.is_dir():
                shutil.rmtree(beside, ignore_errors=True)
            else:
                beside.unlink(missing_ok=True)

    def keep_only(self, relative: str) -> None:
        """Of the files with one content, keep this one (a small copy) and the thumbnails."""
        copy = self.path(relative)
        for beside in copy.parent.glob(f"{stem(relative)}.*"):
            if beside.is_file() and beside != copy:
                beside.unlink()

    def place(self, work: Path, files: Sequence[Mapping[str, str]]) -> None:
        """Move files of a work folder into the store; missing ones were moved before."""
        for file in files:
            source, target = work / file["name"], self.path(file["path"])
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)


@dataclass(frozen=True)
class MediaSession:
    """Work in progress of one process."""

    media: MediaFolder
    folder: Path

    def unsaved_notes(self) -> Iterator[dict[str, Any]]:
        """Notes of items that a dead process fetched completely but did not save; their files are
        moved into the store.

        A note is deleted when the next is requested, so save it at once. The rest is removed.
        """
        for note_file in sorted(self.folder.glob(f"*/{NOTE_FILE}")):
            data = json.loads(note_file.read_text(encoding="utf-8"))
            self.media.place(note_file.parent, data["files"])
            yield data["note"]
            self.clear(note_file.parent)
        _sweep(self.folder)

    def work(self, key: str) -> Path:
        """A new empty folder for one item; `key` may be any text."""
        path = self.folder / hashlib.sha256(key.encode()).hexdigest()[:16]
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def describe(self, files: Sequence[ProvenFile]) -> list[StoredFile]:
        """The files as they will be stored: each read once, a megabyte at a time."""
        return [_stored_file(file) for file in files]

    def finish(
        self,
        work: Path,
        files: Sequence[ProvenFile],
        stored_files: Sequence[StoredFile],
        note: Mapping[str, Any],
    ) -> None:
        """Move the files of `work` into the store. From here on the item is complete: if the
        process is killed before `note` (plain JSON) is saved, `left_over` yields it next time.
        """
        moves = [
            {"name": f.path.name, "path": k.path} for f, k in zip(files, stored_files, strict=True)
        ]
        text = json.dumps({"files": moves, "note": dict(note)})
        write_whole(work / NOTE_FILE, text)
        self.media.place(work, moves)

    def clear(self, work: Path) -> None:
        """Remove a work folder whose note is saved, or that failed."""
        shutil.rmtree(work, ignore_errors=True)

    def adopt(self, folder: Path, relative: str) -> None:
        """Move a finished folder (thumbnails) or file into the store; an older one is replaced."""
        target = self.media.path(relative)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            shutil.rmtree(target)
        folder.replace(target)


def data_url(jpeg: bytes) -> str:
    """A small JPEG as the address of an image."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


def stored_path(sha256: str, suffix: str) -> str:
    """Where a file with that content is kept, relative to outputs."""
    return f"media/{sha256[:2]}/{sha256}{suffix}"


def stem(relative: str) -> str:
    """The digest in a stored path; of a thumbnail, that of its video."""
    parts = relative.split("/")
    name = parts[-2] if parts[-2].endswith(".thumbs") else parts[-1]
    return name.partition(".")[0]


def _sweep(tmp: Path) -> None:
    """Remove incomplete items; complete ones that are not saved yet stay for the next session."""
    for folder in tmp.iterdir():
        if not (folder / NOTE_FILE).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _stored_file(file: ProvenFile) -> StoredFile:
    digest, size = hashlib.sha256(), 0
    with file.path.open("rb") as stream:
        while block := stream.read(CHUNK_BYTES):
            digest.update(block)
            size += len(block)
    sha256 = digest.hexdigest()
    path = stored_path(sha256, file.suffix)
    return StoredFile(sha256, path, size, file.kind, file.width, file.height)


def _small_or_none(path: Path) -> bytes | None:
    try:
        return _small(path)
    except OSError:  # gone, or a form that Pillow does not read
        return None


def _small(path: Path) -> bytes:
    out = io.BytesIO()
    with Image.open(path) as image:
        image.thumbnail((SMALL_PX, SMALL_PX))
        image.convert("RGB").save(out, "JPEG", quality=75)
    return out.getvalue()
