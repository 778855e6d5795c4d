"""A consistent backup of the database as Parquet with chosen files, verified when read.

A backup is a folder or a `.zip`: `manifest.json` (what, when, how many rows, sha256 of every file),
`tables/<table>.parquet`, and `files/…` with their paths in the workspace. Settings and keys are
never in it. All tables are read in one transaction, so they are consistent.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

import duckdb
import orjson

from vtlib.core.archive_limits import check_zip
from vtlib.core.errors import BadInput, DataCheckFailed
from vtlib.store.connection import Store
from vtlib.store.engine import OF_THIS_DATABASE, Connection
from vtlib.store.migrate import VIEWS_VERSION, applied_versions, migrate, require_known

DATABASE = PurePosixPath("outputs/viraltracker.duckdb")
_STAGING = ".restoring"


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """What a backup holds, or what was restored: rows by table, files beside them, bytes of all."""

    path: Path
    made_at: datetime
    rows: dict[str, int]
    files: int
    bytes: int
    vanished: tuple[str, ...] = ()


def save(store: Store, target: Path, *, root: Path, files: Iterable[Path] = ()) -> BackupSummary:
    """Write a backup to `target`, a folder or a `.zip` that is not there yet, whole or not at all.

    `files` lie below `root` and are kept under their path from there; one that is gone by the time
    it is read is named in `vanished`. Raises BadInput when something is at `target` already.
    """
    if target.exists():
        raise BadInput(f"{target} is there already.", todo="Name another: nothing is overwritten.")
    target.parent.mkdir(parents=True, exist_ok=True)
    made_at = datetime.now(UTC).replace(microsecond=0)
    with _atomic_target(target) as part, new_archive(part, is_zip=target.suffix == ".zip") as out:
        schema, tables = _write_tables(store, out, part.with_name(part.name + ".tables"))
        entries, missing = _write_files(out, files, root)
        manifest = Manifest(made_at, schema, tables, entries)
        out.seal(manifest)
    return _summary(target, manifest, missing)


def restore(source: Path, into: Path) -> BackupSummary:
    """Make a workspace of a backup in `into`, an empty or new folder, and compare them.

    Every checksum is read before anything is written. A backup of older code is brought to today's
    schema. Raises BadInput for a damaged or foreign backup, one of newer code, and a folder that is
    not empty; DataCheckFailed should the tables differ from the backup after loading.
    """
    _require_empty(into)
    with open_archive(source) as archive:
        archive.verify()
        require_known(archive.manifest.schema)
        with _staging(into) as staging:
            _read_files(archive, staging)
            _read_tables(archive, staging)
            for path in sorted(staging.iterdir()):
                path.rename(into / path.name)
        return _summary(into, archive.manifest)


def table_names(connection: Connection) -> list[str]:
    """The tables of the database in order of their names, but for the record of migrations."""
    rows = connection.execute(
        f"SELECT table_name FROM duckdb_tables() WHERE {OF_THIS_DATABASE} "
        "AND NOT internal AND NOT temporary AND table_name <> 'schema_migrations' "
        "AND NOT starts_with(table_name, 'of_project_') ORDER BY table_name"
    ).fetchall()
    return [str(name) for (name,) in rows]


def _write_tables(
    store: Store, out: ArchiveWriter, scratch: Path
) -> tuple[dict[int, str], dict[str, Entry]]:
    """Copy every table to Parquet in one transaction, then into the archive."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        with store.read() as connection:
            schema = {v: d for v, d in applied_versions(connection).items() if v != VIEWS_VERSION}
            rows = {name: _copy_out(connection, name, scratch) for name in table_names(connection)}
        tables = {
            name: out.add(f"tables/{name}.parquet", scratch / f"{name}.parquet", rows=n)
            for name, n in rows.items()
        }
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return schema, tables


def _copy_out(connection: Connection, table: str, folder: Path) -> int:
    path = _quoted(folder / f"{table}.parquet")
    row = connection.execute(
        f"COPY (SELECT * FROM {table}) TO {path} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchone()
    return int(row[0]) if row else 0


def _write_files(
    out: ArchiveWriter, files: Iterable[Path], root: Path
) -> tuple[dict[str, Entry], tuple[str, ...]]:
    entries, missing = {}, []
    for path in sorted(files):
        name = path.relative_to(root).as_posix()
        try:
            entries[name] = out.add(f"files/{name}", path)
        except FileNotFoundError:
            missing.append(name)
    return entries, tuple(missing)


def _read_files(archive: Archive, staging: Path) -> None:
    for name, entry in archive.manifest.files.items():
        archive.extract(entry, staging / name)


def _read_tables(archive: Archive, staging: Path) -> None:
    """Load the tables at the schema of the backup, then migrate to today's."""
    path = staging / DATABASE
    path.parent.mkdir(parents=True, exist_ok=True)
    manifest = archive.manifest
    with duckdb.connect(str(path)) as connection:
        migrate(connection, versions=manifest.schema)
        for name, entry in manifest.tables.items():
            parquet = staging / f"{name}.parquet"
            archive.extract(entry, parquet)
            _load(connection, name, parquet, rows=entry.rows or 0)
            parquet.unlink()
        migrate(connection)


def _load(connection: Connection, table: str, parquet: Path, *, rows: int) -> None:
    source = f"read_parquet({_quoted(_no_pattern(parquet))})"
    if table not in table_names(connection):
        raise BadInput(f"the backup has a table {table} that its schema does not.")
    connection.execute(f"DELETE FROM {table}")  # rows that a migration itself had put there
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {source}")
    counts = connection.execute(
        f"SELECT count(*), (SELECT count(*) FROM (SELECT * FROM {source} EXCEPT ALL FROM {table})) "
        f"FROM {table}"
    ).fetchone()
    if counts != (rows, 0):
        raise DataCheckFailed(
            f"{table} differs from the backup after loading: {counts} instead of {(rows, 0)}.",
            todo="Keep the backup and report this: it is a fault of ours.",
        )


def _require_empty(folder: Path) -> None:
    there = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    if (folder.exists() and not folder.is_dir()) or set(there) - {_STAGING}:
        raise BadInput(
            f"{folder} is not empty.", todo="Restore into a new folder: nothing is overwritten."
        )


@contextmanager
def _staging(into: Path) -> Iterator[Path]:
    """A folder in `into` to build in; what a killed restore left in it goes first."""
    staging = into / _STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _atomic_target(target: Path) -> Iterator[Path]:
    """A path beside `target`, moved there at the end; leftovers of killed writers are removed."""
    for leftover in target.parent.glob(f".{target.name}.*.part*"):
        if not _is_alive(leftover.name.removeprefix(f".{target.name}.").split(".")[0]):
            _remove(leftover)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
        part.rename(target)
    finally:
        _remove(part)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_alive(pid: str) -> bool:
    if not pid.isdigit() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except OSError as error:  # another user's process cannot be signalled, yet it lives
        return not isinstance(error, ProcessLookupError)
    return True


def _summary(path: Path, manifest: Manifest, missing: tuple[str, ...] = ()) -> BackupSummary:
    entries = [*manifest.tables.values(), *manifest.files.values()]
    return BackupSummary(
        path=path,
        made_at=manifest.made_at,
        rows={name: entry.rows or 0 for name, entry in manifest.tables.items()},
        files=len(manifest.files),
        bytes=sum(entry.bytes for entry in entries),
        vanished=missing,
    )


def _no_pattern(path: Path) -> str:
    """The path as DuckDB reads it, with what it would take for a pattern made plain."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _quoted(path: Path | str) -> str:
    return "'" + str(path).replace("'", "''") + "'"


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
        """The manifest as bytes of JSON."""
        facts = {"format": FORMAT, **asdict(self)}
        return orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)

    @classmethod
    def of(cls, text: bytes) -> Manifest:
        """Parse a manifest. Raises ValueError, KeyError or TypeError, also for paths outside."""
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
class ArchiveWriter:
    """Puts files into a new archive and returns their entries."""

    folder: Path | None
    archive: zipfile.ZipFile | None

    def add(self, name: str, path: Path, *, rows: int | None = None) -> Entry:
        """Copy the file at `path` into the archive. Raises FileNotFoundError when it is gone."""
        with path.open("rb") as source, self._create(name) as target:
            digest, size = _copy(source, target)
        return Entry(name, digest, size, rows)

    def seal(self, manifest: Manifest) -> None:
        """Put the manifest and its own checksum into the archive, last of all."""
        text = manifest.to_json()
        seal = f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode()
        for name, content in ((MANIFEST, text), (SEAL, seal)):
            with self._create(name) as target:
                target.write(content)

    def _create(self, name: str) -> IO[bytes]:
        if self.archive is not None:
            return self.archive.open(name, "w", force_zip64=True)
        path = (self.folder or Path()) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")


@contextmanager
def new_archive(path: Path, *, is_zip: bool) -> Iterator[ArchiveWriter]:
    """A new archive at `path`. A zip is not compressed: Parquet and videos already are."""
    if is_zip:
        with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
            yield ArchiveWriter(None, archive)
        return
    path.mkdir()
    yield ArchiveWriter(path, None)


@dataclass(frozen=True, slots=True)
class Archive:
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
def open_archive(source: Path) -> Iterator[Archive]:
    """The backup at `source`. Raises BadInput when it is missing or damaged."""
    with ExitStack() as stack:
        try:
            root: Path | zipfile.Path = source
            if not source.is_dir():
                pack = stack.enter_context(zipfile.ZipFile(source))
                check_zip(pack, source)
                root = zipfile.Path(pack)
            manifest = _manifest(root)
        except (*_UNREADABLE, TypeError, ValueError, AttributeError) as error:
            raise BadInput(
                f"this is no backup, or its {MANIFEST} is damaged: {error}",
                todo="Name the folder or .zip that vt backup wrote.",
                file=str(source),
            ) from None
        yield Archive(source, root, manifest)


def _manifest(root: Path | zipfile.Path) -> Manifest:
    text = _read(root / MANIFEST)
    seal = _read(root / SEAL).decode("ascii").split()
    if seal[:1] != [hashlib.sha256(text).hexdigest()]:
        raise ValueError("its checksum differs")
    return Manifest.of(text)


def _read(path: Path | zipfile.Path) -> bytes:
    """A small file of the archive. Raises ValueError beyond 64 MB (300,000 files)."""
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
    """sha256 and length of `source`, copied to `target`; stops once it is over `at_most`."""
    digest, size = hashlib.sha256(), 0
    while size <= at_most and (block := source.read(_CHUNK)):
        digest.update(block)
        size += len(block)
        if target is not None:
            target.write(block)
    return digest.hexdigest(), size
