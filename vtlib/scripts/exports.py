"""Export a script version with its product, schedule and frames; check copies against the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from vtlib.core.errors import BadInput, nearest
from vtlib.core.language import PageReader, reads
from vtlib.core.whole_files import write_whole
from vtlib.scripts import production, queries
from vtlib.scripts.formats import FORMATS, TIMELINES, Document, read_stamp
from vtlib.scripts.formats import slates as pictures
from vtlib.scripts.formats.calendar import production as production_calendar
from vtlib.scripts.formats.edit_lists import uses_slates
from vtlib.scripts.formats.shot_table import many_as_csv
from vtlib.scripts.formats.slates import film
from vtlib.scripts.lifecycle import being_shot
from vtlib.scripts.page import as_read
from vtlib.scripts.production import conflicts, contacts, deadlines
from vtlib.scripts.schedule import PlannedDay, Shoot
from vtlib.scripts.timing import spans
from vtlib.store import catalog
from vtlib.store.project import Project, Workspace, one_session, resolve
from vtlib.store.writes import records

_MEDIA = """SELECT coalesce(proxy_path, path) AS path FROM media
WHERE post_id = ? AND purged_at IS NULL AND coalesce(proxy_path, path) IS NOT NULL
AND kind = 'video'"""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How to write: formats by name, where to, which version; rate in frames/s, exact;
    `profile`: who reads it, '' = as in the project's YAML.
    """

    formats: tuple[str, ...]
    out: Path | None = None
    version: int | None = None
    rate: Fraction = Fraction(30)
    proxy: Path | None = None
    logo: Path | None = None
    profile: str = ""


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A written file with warnings for its reader."""

    format: str
    path: Path
    bytes: int
    warnings: tuple[str, ...] = field(default=())


@one_session
def export(at: Workspace, refs: Sequence[str], options: ExportOptions) -> list[ExportedFile]:
    """Write each script in each format; returns the files. CSV of several scripts is one table.

    Without `out` files go to outputs/scripts/. Raises BadInput for an unknown format or script, and
    when one file name is to hold several files.
    """
    _require_formats(options.formats)
    documents = [gather(at, ref, options) for ref in refs]
    if len(documents) > 1 and options.formats == ("csv",):
        target = options.out or at.outputs / "scripts" / "scripts.csv"
        return [_write("csv", target, many_as_csv(documents).data)]
    count = len(documents) * len(options.formats)
    return [
        file
        for document in documents
        for name in options.formats
        for file in _export_one(at, document, name, options, is_one=count == 1)
    ]


@one_session
def gather(at: Workspace, ref: str, options: ExportOptions) -> Document:
    """A version of a script with its product, schedule, frames and proxy, as an exporter takes it.

    With pseudonyms (report.creators) without frames and video of the source, and without a
    text that names a stranger.
    """
    row = queries.get(at.store, ref, version=options.version)
    product = catalog.get(at.store, "products", row["product_id"]) if row["product_id"] else {}
    brand = catalog.get(at.store, "brands", product["brand_id"])["name"] if product else ""
    reader = _reader(at, row["project_id"], options.profile)
    is_named = reader is None or reader.names_creators
    proxy = options.proxy or (_proxy(at, row["post_id"]) if is_named else None)
    templates = at.root / "templates"
    logo = options.logo or next((p for p in sorted(templates.glob("logo.*"))), None)
    plan = production.shoots(at.store, script_id=row["script_id"])
    document = Document(
        row["script"] if reader is None else as_read(reader, row["script"]),
        row["script_id"],
        int(row["version"]),
        row["status"],
        at.now(),
        made_by=row["made_by"] or "",
        notes=(row["notes"] or "") if reader is None else reader.visible_text(row["notes"] or ""),
        being_shot=being_shot(row),
        product=product,
        brand=brand,
        project=row["project_id"] or "",
        rate=options.rate,
        media=proxy.resolve() if proxy else None,
        media_s=pictures.length_s(proxy) if proxy else 0.0,
        logo=logo,
        templates=templates if templates.is_dir() else None,
        shoots=tuple(plan),
        clashes=conflicts(at, plan),
        deadlines=deadlines(at, script_id=row["script_id"]),
        contacts=contacts(at, plan),
        reader=PageReader() if reader is None else reader.params.report.reader,
    )
    return replace(document, frames=_frames(document))


def _reader(at: Workspace, project: str | None, profile: str) -> Project | None:
    """The project with the reader's profile; None for a script without a project."""
    if not project:
        return None
    over = {"report": {"profile": profile}} if profile else {}
    return Project(at, resolve(at, project, over=over))


def write_calendar(
    at: Workspace, plan: Sequence[Shoot], path: Path, *, days: Sequence[PlannedDay] = ()
) -> ExportedFile:
    """Write a schedule of one or many scripts as a calendar, with its conflicts and the due and
    publish `days`.
    """
    calendar = production_calendar(
        plan, conflicts(at, plan), days, made_at=at.now(), title="Production calendar"
    )
    return _write("ics", path, calendar.data, calendar.warnings)


def check_copies(at: Workspace, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Each file with the script and version it was made from and what it is now.

    `state`: current, stale (another version is current), edited (the version has other words) or
    unknown.
    """
    return [_check(at, path) for path in paths]


def _check(at: Workspace, path: Path) -> dict[str, Any]:
    try:
        stamp = read_stamp(path.read_bytes(), name=path.name)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=str(path)) from None
    blank = {"file": path, "script_id": None, "version": None, "current": None, "state": "unknown"}
    if stamp is None:
        return blank
    try:
        row = queries.get(at.store, stamp.script_id)
        version = queries.get(at.store, stamp.script_id, version=stamp.version)
    except BadInput:
        return {**blank, "script_id": stamp.script_id, "version": stamp.version}
    state = "current" if row["version"] == stamp.version else "stale"
    if stamp.fingerprint and version["fingerprint"] != stamp.fingerprint:
        state = "edited"
    facts = {"version": stamp.version, "current": row["version"], "state": state}
    return {**blank, "script_id": row["script_id"], **facts}


def _export_one(
    at: Workspace, document: Document, name: str, options: ExportOptions, *, is_one: bool
) -> list[ExportedFile]:
    form = FORMATS[name]
    target = _target(at, document, name, options, is_one=is_one)
    files = []
    if name in TIMELINES and uses_slates(document) and (movie := film(document)):
        beside = target.with_name(f"{target.stem}-slates.mp4")
        files.append(_write("slates", beside, movie))
        document = replace(document, slates=beside.name)
    with reads(document.reader):
        result = form.write(document)
    return [_write(name, target, result.data, result.warnings), *files]


def _target(
    at: Workspace, document: Document, name: str, options: ExportOptions, *, is_one: bool
) -> Path:
    own = FORMATS[name].file_name(document.file_stem, name)
    out = options.out
    if out is None:
        return at.outputs / "scripts" / own
    if out.suffix and not out.is_dir():
        if not is_one:
            raise BadInput(
                f"{out} is one file, but several are to be written.", todo="Name a folder."
            )
        return out
    return out / own


def _write(name: str, path: Path, data: bytes, warnings: tuple[str, ...] = ()) -> ExportedFile:
    write_whole(path, data)
    return ExportedFile(name, path, len(data), warnings)


def _require_formats(names: Sequence[str]) -> None:
    for name in names:
        if name not in FORMATS:
            near = nearest(name, list(FORMATS))
            todo = f"Did you mean {near}?" if near else f"One of: {', '.join(FORMATS)}."
            raise BadInput(f"there is no format {name}.", todo=todo)


def _proxy(at: Workspace, post_id: str | None) -> Path | None:
    """The stored video of the post that a script is modelled on, if it is still there."""
    if not post_id:
        return None
    with at.store.read() as connection:
        rows = records(connection, _MEDIA, [post_id])
    paths = (at.outputs / str(r["path"]) for r in rows)
    return next((p for p in paths if p.is_file()), None)


def _frames(document: Document) -> dict[str, bytes]:
    """The middle of each beat in the source video, where it reaches so far."""
    if document.media is None:
        return {}
    times = {
        s.beat.beat_id: s.beat.source_start_s + s.duration_s / 2
        for s in spans(document.script)
        if s.beat.source_start_s is not None
    }
    inside = {n: t for n, t in times.items() if t < document.media_s}
    return pictures.at_times(document.media, inside) if inside else {}
