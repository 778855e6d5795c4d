"""The form of a backup: a folder or a `.zip` with a manifest that names every file and its
sha256.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import orjson

from vtlib.core.archive_limits import check_zip
from vtlib.core.errors import BadInput

MANIFEST = "manifest.json"
SEAL = "manifest.json.sha256"  # as `sha256sum --check` reads it
FORMAT = "viraltracker-backup/1"
_CHUNK = 1 << 20
_MANIFEST_MAX_BYTES = 64_000_000
# What folders and zips raise for a file that is missing or damaged.
_UNREADABLE = (OSError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
_TODO = "Take another backup; this one is not touched."


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive; `rows` only where it is a table."""

    path: str
    sha256: str
    bytes: int
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `schema`: sha256 of every migration it was made with, by version;
    `tables` by name; `files` by their path in the workspace. `made_at` UTC.
    """

    made_at: datetime
    schema: dict[int, str]
    tables: dict[str, Entry]
    files: dict[str, Entry]

    def to_json(self) -> bytes:
        """The manifest as it lies in the archive."""
        facts = {"format": FORMAT, **asdict(self)}
        return orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)

    @classmethod
    def of(cls, text: bytes) -> Manifest:
        """Read it back. Raises ValueError, KeyError or TypeError when it is none, or names a
        path outside.
        """
        facts = orjson.loads(text)
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']!r}, not {FORMAT}")
        tables = {str(name): _entry(facts_) for name, facts_ in facts["tables"].items()}
        files = {_inside(name): _entry(facts_) for name, facts_ in facts["files"].items()}
        if odd := [name for name in tables if not name.isidentifier()]:
            raise ValueError(f"{odd[0]!r} is no name of a table")
        schema = {int(version): str(digest) for version, digest in facts["schema"].items()}
        return cls(datetime.fromisoformat(facts["made_at"]), schema, tables, files)


@dataclass(frozen=True, slots=True)
class Writer:
    """Puts files into an archive that is being made, and says what they are."""

    folder: Path | None
    archive: zipfile.ZipFile | None

    def add(self, name: str, path: Path, *, rows: int | None = None) -> Entry:
        """Copy the file at `path` into the archive. Raises FileNotFoundError when it is gone."""
        with path.open("rb") as source, self._made(name) as target:
            digest, size = _copy(source, target)
        return Entry(name, digest, size, rows)

    def seal(self, manifest: Manifest) -> None:
        """Put the manifest and its own checksum into the archive, last of all."""
        text = manifest.to_json()
        seal = f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode()
        for name, content in ((MANIFEST, text), (SEAL, seal)):
            with self._made(name) as target:
                target.write(content)

    def _made(self, name: str) -> IO[bytes]:
        if self.archive is not None:
            return self.archive.open(name, "w", force_zip64=True)
        path = (self.folder or Path()) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


@contextmanager
def writer(path: Path, *, is_zip: bool) -> Iterator[Writer]:
    """A new archive at `path`. A zip is stored as it is: Parquet and films are compressed
    already.
    """
    if is_zip:
        with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
            yield Writer(None, archive)
        return
    path.mkdir()
    yield Writer(path, None)


@dataclass(frozen=True, slots=True)
class Opened:
    """An archive to read from."""

    source: Path
    root: Path | zipfile.Path
    manifest: Manifest

    def verify(self) -> None:
        """Read every file against its checksum. Raises BadInput naming the damaged ones."""
        entries = [*self.manifest.tables.values(), *self.manifest.files.values()]
        bad = [entry.path for entry in entries if not self._is_sound(entry)]
        if bad:
            raise BadInput(
                f"{len(bad)} of {len(entries)} files are missing or damaged: {', '.join(bad[:3])}.",
                todo=_TODO,
                file=str(self.source),
            )

    def extract(self, entry: Entry, path: Path) -> None:
        """Write a file of the archive to `path`, which must not be there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with (self.root / entry.path).open("rb") as source, path.open("xb") as target:
            shutil.copyfileobj(source, target, _CHUNK)

    def _is_sound(self, entry: Entry) -> bool:
        try:
            with (self.root / entry.path).open("rb") as source:
                return _copy(source, None, entry.bytes) == (entry.sha256, entry.bytes)
        except _UNREADABLE:
            return False


@contextmanager
def opened(source: Path) -> Iterator[Opened]:
    """The backup at `source`, its manifest read. Raises BadInput when there is none or it is
    damaged.
    """
    with ExitStack() as held:
        try:
            root: Path | zipfile.Path = source
            if not source.is_dir():
                pack = held.enter_context(zipfile.ZipFile(source))
                check_zip(pack, source)
                root = zipfile.Path(pack)
            manifest = _manifest(root)
        except (*_UNREADABLE, TypeError, ValueError, AttributeError) as error:
            raise BadInput(
                f"this is no backup, or its {MANIFEST} is damaged: {error}",
                todo="Name the folder or .zip that vt backup wrote.",
                file=str(source),
            ) from None
        yield Opened(source, root, manifest)


def _manifest(root: Path | zipfile.Path) -> Manifest:
    text = _read(root / MANIFEST)
    seal = _read(root / SEAL).decode("ascii").split()
    if seal[:1] != [hashlib.sha256(text).hexdigest()]:
        raise ValueError("its checksum differs")
    return Manifest.of(text)


def _read(path: Path | zipfile.Path) -> bytes:
    """A small file of the archive. Raises ValueError beyond 64 MB, which is a manifest of
    300,000 files.
    """
    with path.open("rb") as source:
        text: bytes = source.read(_MANIFEST_MAX_BYTES + 1)
    if len(text) > _MANIFEST_MAX_BYTES:
        raise ValueError(f"{path.name} is over {_MANIFEST_MAX_BYTES / 1e6:.0f} MB")
    return text


def _entry(facts: dict[str, Any]) -> Entry:
    rows = facts["rows"]
    return Entry(
        path=_inside(facts["path"]),
        sha256=str(facts["sha256"]),
        bytes=int(facts["bytes"]),
        rows=None if rows is None else int(rows),
    )


def _inside(name: str) -> str:
    """`name`, if it stays below where it is put. Raises ValueError."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise ValueError(f"the path {name!r} leads outside")
    return name


def _copy(
    source: IO[bytes], target: IO[bytes] | None, at_most: float = float("inf")
) -> tuple[str, int]:
    """sha256 and length of `source`, written to `target` on the way; no more is read once it is
    over `at_most`.
    """
    digest, size = hashlib.sha256(), 0
    while size <= at_most and (block := source.read(_CHUNK)):
        digest.update(block)
        size += len(block)
        if target is not None:
            target.write(block)
    return digest.hexdigest(), size
