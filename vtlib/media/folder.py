"""The media folder: every file once, by the hash of its content, whatever its project or post.

`media/<2 hex>/<sha256>.<suffix>` under the outputs folder, thumbnails in `<sha256>.thumbs/` beside
it. Work in progress is in `media/tmp/`, one process at a time, under a lock that the kernel
releases however the process dies; the next session keeps complete items and removes the rest.

With storage in S3 (`objects.py`) the folder is a cache of it: a file is stored there before any row
names it, comes back when it is asked for, and goes when the quota is reached and nobody uses it.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from PIL import Image

from vtlib.core.errors import PlaceTaken
from vtlib.core.whole_files import write_whole
from vtlib.media.cache import evict, pin
from vtlib.media.download.outcome import ProvenFile
from vtlib.media.objects import ObjectStore
from vtlib.store.project import Project, Workspace, resolve

CHUNK_BYTES = 1 << 20
NOTE_FILE = "done.json"
SMALL_PX = 180
SMALL_BYTES = 1 << 20  # a smaller file does not make the cache be looked through
PARALLEL = 8  # objects at a time
PREVIEW = ".preview.mp4"


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
    """The files below `outputs`/media; with `objects` a cache of them, of `quota_bytes`."""

    outputs: Path
    objects: ObjectStore | None = None
    quota_bytes: int | None = None

    @classmethod
    def of(cls, project: Project) -> MediaFolder:
        """The media of a project: its own storage, else that of the workspace."""
        params = project.params.media
        quota = int(params.quota_gb * 1e9) if params.quota_gb is not None else None
        if params.storage.startswith("s3://"):
            return cls(project.workspace.outputs, ObjectStore.of(params.storage), quota)
        return cls.of_workspace(project.workspace, quota_bytes=quota)

    @classmethod
    def of_workspace(cls, at: Workspace, *, quota_bytes: int | None = None) -> MediaFolder:
        """The media of a workspace, wherever VT_MEDIA_STORAGE says."""
        url = at.settings.media_storage
        return cls(at.outputs, ObjectStore.of(url) if url else None, quota_bytes)

    @classmethod
    def every(cls, at: Workspace) -> list[MediaFolder]:
        """The folder with each storage that a workspace uses: that of VT_MEDIA_STORAGE and those
        that a project's YAML names; without any, the folder alone. Raises BadInput for a YAML that
        cannot be read: its storage would be left out.
        """
        projects = (resolve(at, str(path), warn=False) for path in at.params_files())
        urls = dict.fromkeys([at.settings.media_storage, *(p.media.storage for p in projects)])
        stores = [ObjectStore.of(url) for url in urls if url and url.startswith("s3://")]
        return [cls(at.outputs, store) for store in stores] or [cls(at.outputs)]

    @property
    def root(self) -> Path:
        return self.outputs / "media"

    def path(self, relative: str) -> Path:
        """A stored path as an absolute one; from S3 it is fetched first, and pinned (`cache.py`).

        Raises SourceFailed when the storage does not answer.
        """
        path = self.outputs / relative
        if self.objects is None or pin(path):
            return path
        if self.objects.get(relative, path):
            pin(path)
            if path.stat().st_size > SMALL_BYTES:
                self.trim()
        return path

    def present(self, relatives: Sequence[str]) -> set[str]:
        """Those of stored paths whose file is here or in the storage; nothing is fetched."""
        here = {r for r in relatives if (self.outputs / r).exists()}
        store, away = self.objects, [r for r in dict.fromkeys(relatives) if r not in here]
        if store is None or not away:
            return here
        with ThreadPoolExecutor(PARALLEL) as pool:
            sizes = pool.map(store.size, away)
            return here | {r for r, size in zip(away, sizes, strict=True) if size is not None}

    def publish(self, relatives: Sequence[str | None]) -> None:
        """Put files and folders of files into the storage, where there is one. From here on a row
        may name them. Raises as `ObjectStore.put`.
        """
        store = self.objects
        if store is None:
            return
        names: list[str] = []
        for relative in filter(None, relatives):
            path = self.outputs / relative
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            names += [f.relative_to(self.outputs).as_posix() for f in files if f.is_file()]
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(lambda name: store.put(self.outputs / name, name), dict.fromkeys(names)))

    def publish_note(self, note: Mapping[str, Any]) -> None:
        """`publish` the files of a post, as its note names them (media/downloads.media_note)."""
        self.publish([note["media"].get("path"), *(image["path"] for image in note["images"])])

    def mirror(self, digests: set[str]) -> int:
        """Put what is here of files with these contents, and not yet in the storage, there: what
        was fetched before it was set up, or left by a killed process. Returns how many files.
        """
        if self.objects is None:
            return 0
        there, stored = dict(self.objects.list_files()), self._stored()
        new = [n for n, size in stored if stem(n) in digests and there.get(n) != size]
        self.publish(new)
        return len(new)

    def trim(self) -> int:
        """Evict what is least recently used while the cache is over its quota; bytes that went."""
        if self.objects is None or self.quota_bytes is None:
            return 0
        files = list(self._stored())
        over = sum(size for _, size in files) - self.quota_bytes
        if over <= 0:
            return 0
        return evict(files, self.outputs, over=over, store=self.objects)

    def link(self, relative: str | None, *, hours: float) -> str:
        """A signed address of a stored file that ends after so many hours; "" without S3."""
        if self.objects is None or not relative:
            return ""
        return self.objects.link(relative, seconds=hours * 3600)

    def _stored(self) -> Iterator[tuple[str, int]]:
        """`list_files` without work in progress and previews, which are made anew."""
        for name, size in self.list_files():
            if not name.startswith("media/tmp/") and not name.endswith(PREVIEW):
                yield name, size

    @contextmanager
    def session(self) -> Iterator[MediaSession]:
        """A place for work in progress, cleared at the end. Raises PlaceTaken if another has it."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise PlaceTaken(
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
        if not relative:
            return []
        names = [f"{relative}/{t['file']}" for t in thumbs]
        if self.objects:
            with ThreadPoolExecutor(PARALLEL) as pool:
                paths = list(pool.map(self.path, names))
        else:
            paths = [self.path(name) for name in names]
        there = [(t["t_s"], path) for t, path in zip(thumbs, paths, strict=True) if path.is_file()]
        return [(float(t_s), _small(path)) for t_s, path in there]

    def first_frames(self, measures: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
        """post_id -> its first thumbnail (JPEG), of rows of `measures`; those without one are left
        out.
        """
        first = {
            str(row["post_id"]): self.thumbnails(row["thumbs_path"], list(row["thumbs"] or [])[:1])
            for row in measures
        }
        return {post_id: frames[0][1] for post_id, frames in first.items() if frames}

    def preview(self, relative: str | None) -> bytes | None:
        """A short small MP4 of a stored video (media/proxies.make_preview), made once and kept
        beside it; None where the file is gone or none can be made.
        """
        source = self.path(relative) if relative else None
        if source is None or not source.is_file():
            return None
        kept = source.with_name(f"{stem(str(relative))}{PREVIEW}")
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
        path = self.outputs / relative
        if self.objects is not None:
            for name in self._beside(relative):
                self.objects.remove(name)
        home = path.parent.parent if path.parent.suffix == ".thumbs" else path.parent
        for beside in home.glob(f"{stem(relative)}.*"):
            if beside.is_dir():
                shutil.rmtree(beside, ignore_errors=True)
            else:
                beside.unlink(missing_ok=True)

    def keep_only(self, relative: str) -> None:
        """Of the files with one content, keep this one (a small copy) and the thumbnails."""
        copy = self.outputs / relative
        for beside in copy.parent.glob(f"{stem(relative)}.*"):
            if beside.is_file() and beside != copy:
                beside.unlink()
        if self.objects is not None:
            for name in self._beside(relative):
                if name != relative and ".thumbs/" not in name:
                    self.objects.remove(name)

    def _beside(self, relative: str) -> list[str]:
        """Names of the objects with the content of a stored path, thumbnails too."""
        digest = stem(relative)
        assert self.objects is not None  # noqa: S101 - asked by callers
        return [name for name, _ in self.objects.list_files(f"media/{digest[:2]}/{digest}.")]

    def place(self, work: Path, files: Sequence[Mapping[str, str]]) -> None:
        """Move files of a work folder into the store; missing ones were moved before."""
        for file in files:
            source, target = work / file["name"], self.outputs / file["path"]
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
        moved into the store, and into the storage of their project. Raises as `publish`.

        A note is deleted when the next is requested, so save it at once. The rest is removed.
        """
        for note_file in sorted(self.folder.glob(f"*/{NOTE_FILE}")):
            data = json.loads(note_file.read_text(encoding="utf-8"))
            self.media.place(note_file.parent, data["files"])
            if url := data.get("storage"):
                replace(self.media, objects=ObjectStore.of(url)).publish_note(data["note"])
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
        url = self.media.objects.url if self.media.objects else ""
        text = json.dumps({"files": moves, "note": dict(note), "storage": url})
        write_whole(work / NOTE_FILE, text)
        self.media.place(work, moves)

    def clear(self, work: Path) -> None:
        """Remove a work folder whose note is saved, or that failed."""
        shutil.rmtree(work, ignore_errors=True)

    def adopt(self, folder: Path, relative: str) -> None:
        """Move a finished folder (thumbnails) or file into the store; an older one is replaced."""
        target = self.media.outputs / relative
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
