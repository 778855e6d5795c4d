"""01 import: files, URLs and accounts into the store, a chunk at a time, resumable after a kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from vtlib.errors import BadInput, SourceFailed, VtError
from vtlib.flows import scraping
from vtlib.models import Platform, PostRef
from vtlib.project import Project
from vtlib.services import datasets as files
from vtlib.sources import post_ref
from vtlib.stages import importing as stage
from vtlib.stages import own_posts
from vtlib.store import captures, people
from vtlib.tables.reader import Options

CHUNK_ITEMS = 2_000
SAMPLE_ITEMS = 200
Progress = Callable[[int], None]

ACCOUNTS = ("platform", "handle", "display_name", "role", "followers", "n_posts")
CAPTURES = (
    *(
        "source",
        "platform",
        "captured_at",
        "found",
        "mapped",
        "new",
        "updated",
        "skipped",
        "problems",
    ),
    *("status", "reason"),
)
PROBLEMS = ("stage", "kind", "n", "example")


@dataclass(frozen=True, slots=True)
class Report:
    """How one dataset fared. Counts are items (found, mapped, skipped, problems) and posts (new, updated)."""

    source: str
    capture_id: str = ""
    platform: str = ""
    actor: str = ""
    captured_at: datetime | None = None
    captured_at_basis: str = ""
    found: int = 0
    mapped: int = 0
    new: int = 0
    updated: int = 0
    skipped: int = 0
    problems: int = 0
    new_keys: tuple[str, ...] = ()
    status: str = "ok"
    reason: str = ""
    exit_code: int = 0
    reading: str = ""  # how a table was read, where there was a choice


@dataclass(frozen=True, slots=True)
class Wanted:
    """How files are to be taken: a platform to force, the time of capture, who is told of progress, the folder that
    relative paths begin at, and what a person says of tables.
    """

    platform: Platform | None = None
    captured_at: datetime | None = None
    progress: Progress | None = None
    base: Path = field(default_factory=Path.cwd)
    options: Options = field(default_factory=Options)


def import_files(
    project: Project, paths: Iterable[str | Path], wanted: Wanted | None = None
) -> list[Report]:
    """Import files, folders and globs; one that fails is reported and the rest go on.

    Raises BadInput only for a path that names nothing. Idempotent: a file with the same content
    changes nothing, an interrupted one is taken up again.
    """
    wanted = wanted or Wanted()
    if wanted.captured_at and wanted.captured_at > project.workspace.now() + timedelta(days=1):
        raise BadInput("--captured-at lies in the future.", todo="Times are UTC.")
    found = files.expand(paths, base=wanted.base)
    people.ensure_project(project.store, project.slug)
    return [r for path in found for r in _import_file(project, path, wanted)]


def import_all(project: Project) -> list[Report]:
    """What the parameters name: datasets, then URLs. Everything that can go in goes in; then the worst
    failure is raised (BadInput or SourceFailed), naming each.
    """
    asked = project.params.importing
    wanted = Wanted(asked.platform, asked.captured_at, base=project.workspace.root)
    people.ensure_project(project.store, project.slug)
    found = import_files(project, asked.datasets, wanted) if asked.datasets else []
    found += import_urls(project, asked.urls) if asked.urls else []
    bad = [r for r in found if r.status == "failed"]
    if bad:
        said = "; ".join(f"{r.source}: {r.reason}" for r in bad)
        kind = SourceFailed if any(r.exit_code == SourceFailed.exit_code for r in bad) else BadInput
        raise kind(f"{len(bad)} of {len(found)} did not go in: {said}")
    return found


def import_urls(
    project: Project, urls: Iterable[str], *, own: bool = False, notes: str = ""
) -> list[Report]:
    """Add posts by URL, offline; short links are kept as problems of kind `needs_network`.

    A URL that names no post is reported and the rest go in. `own` and `notes` are human facts.
    """
    now = project.workspace.now()
    people.ensure_project(project.store, project.slug)
    rows = [_read_url(number, url) for number, url in enumerate(urls, 1)]
    refs = [(number, url, ref) for number, url, ref, _ in rows if ref]
    capture = stage.Capture(
        capture_id=stage.capture_key(project.slug, "urls", *(url for _, url, _ in refs)),
        project_id=project.slug,
        provider="person",
        source=f"{len(refs)} URLs",
        captured_at=now,
        captured_at_basis="given",
        started_at=now,
        came_from="url",
        requested=len(rows),
        run_id=project.run_id or None,
    )
    if refs:
        captures.begin(project.store, _begin_row(capture))
        captures.ingest(project.store, stage.url_rows(refs, capture))
        captures.finish(project.store, capture.capture_id)
    for _, _, ref in refs:
        if ref.post_id and (own or notes):
            people.annotate_post(
                project.store, project.slug, ref.post_id, is_own=own or None, notes=notes or None
            )
    return [report for *_, report in rows]


def remap(project: Project) -> list[Report]:
    """Map the project's kept raw items again with today's mapping; no file is needed."""
    rows = captures.list_captures(project.store, project.slug)
    done = [_remap(project, row) for row in rows if row["provider"] != "apify"]
    # Only an order knows the filters that its items were asked with.
    scraped = scraping.remap(project) if len(done) < len(rows) else []
    return done + [_of_order(project, c.capture_id, c.exit_code) for c in scraped]


def _import_file(project: Project, path: Path, wanted: Wanted) -> list[Report]:
    try:
        sets = files.datasets(path, captured_at=wanted.captured_at)
    except BadInput as error:
        return [Report(path.name, status="failed", reason=str(error), exit_code=2)]
    return [_guarded(project, one, wanted) for one in sets]


def _guarded(project: Project, one: files.Dataset, wanted: Wanted) -> Report:
    try:
        return _import_dataset(project, one, wanted)
    except VtError as error:
        if error.exit_code == 7:  # a busy store is no fault of this file: the whole command waits
            raise
        return Report(one.name, status="failed", reason=str(error), exit_code=error.exit_code)


def _import_dataset(project: Project, one: files.Dataset, wanted: Wanted) -> Report:
    given = one.captured_at.isoformat() if wanted.captured_at else ""
    said = astuple(wanted.options) if wanted.options != Options() else ()
    capture_id = stage.capture_key(project.slug, one.sha256, given, wanted.platform or "", *said)
    known = captures.get(project.store, capture_id)
    if known and known["status"] == "ok":
        return _report(known, status="unchanged", reason="this content was imported before")
    capture = _capture(project, one, wanted, capture_id)
    captures.begin(project.store, _begin_row(capture))
    tally: Counter[str] = Counter()
    keys: set[str] = set()
    for chunk in _chunks(files.items(one, wanted.options), capture):
        captures.ingest(project.store, chunk.frames)
        tally.update(chunk.tally)
        keys |= chunk.keys
        if wanted.progress:
            wanted.progress(chunk.tally["found"])
    return replace(
        _finish(project, capture, tally, keys), reading=files.reading_note(one, wanted.options)
    )


def _capture(
    project: Project, one: files.Dataset, wanted: Wanted, capture_id: str
) -> stage.Capture:
    if wanted.platform:
        platform, actor, forced = wanted.platform, "given", True
    else:
        sample = (item for _, item in islice(files.items(one, wanted.options), SAMPLE_ITEMS))
        (platform, actor), forced = stage.recognise_items(sample, file=one.name), False
    return stage.Capture(
        capture_id=capture_id,
        project_id=project.slug,
        provider="file",
        source=one.name,
        captured_at=one.captured_at,
        captured_at_basis=one.captured_at_basis,
        started_at=project.workspace.now(),
        came_from="dataset",
        platform=platform,
        actor=actor,
        source_sha256=one.sha256,
        forced=forced,
        run_id=project.run_id or None,
    )


def _chunks(items: Iterable[stage.Item], capture: stage.Capture) -> Iterator[stage.Chunk]:
    stream = iter(items)
    while batch := list(islice(stream, CHUNK_ITEMS)):
        yield stage.map_items(batch, capture)


def _read_url(number: int, url: str) -> tuple[int, str, PostRef | None, Report]:
    try:
        ref = post_ref(url)
    except BadInput as error:
        return number, url, None, Report(url, status="failed", reason=str(error), exit_code=2)
    if ref.needs_network:
        reason = "a short link: kept, and resolved by the next vt scrape"
        return number, url, ref, Report(url, platform=ref.platform, status="waits", reason=reason)
    post = ref.post_id or ""
    return number, url, ref, Report(url, platform=ref.platform, found=1, mapped=1, reason=post)


def _remap(project: Project, row: dict[str, Any]) -> Report:
    if row["provider"] == "person":
        return _report(row, status="unchanged", reason="entered by hand")
    if row["provider"] == own_posts.PROVIDER:
        return _report(row, status="unchanged", reason="own analytics: vt import analytics FILE")
    capture = _capture_of(row, project)
    captures.unmap(project.store, capture.capture_id)
    captures.begin(project.store, _begin_row(capture))
    tally: Counter[str] = Counter()
    keys: set[str] = set()
    for batch in captures.raw_items(project.store, capture.capture_id):
        chunk = stage.map_items(batch, capture)
        frames = {name: frame for name, frame in chunk.frames.items() if name != "raw_items"}
        captures.ingest(project.store, frames)
        tally.update(chunk.tally)
        keys |= chunk.keys
    return _finish(project, capture, tally, keys)


def _of_order(project: Project, capture_id: str, exit_code: int) -> Report:
    row = captures.get(project.store, capture_id) or {}
    report = _report(row, status=row["status"], reason=row["reason"] or "")
    return replace(report, exit_code=exit_code)


def _finish(
    project: Project, capture: stage.Capture, tally: Counter[str], keys: set[str]
) -> Report:
    """Close the capture, say what is new in its shape, and fail it when too little could be mapped."""
    before = captures.previous_keys(project.store, capture.actor or "", before=capture.capture_id)
    ratio = stage.mapped_ratio(tally)
    least = project.params.importing.min_mapped_ratio
    lost = captures.vanished_metrics(project.store, capture.capture_id)
    failed = bool(lost) or (ratio is not None and ratio < least)
    words = [stage.fate(tally, ratio=ratio, least=least), stage.vanished(lost)]
    reason = "; ".join(w for w in words if w)
    row = captures.finish(
        project.store,
        capture.capture_id,
        {
            "status": "failed" if failed else "ok",
            "reason": reason or None,
            "new_keys": sorted(keys - before) if before else [],
        },
    )
    bad = stage.unreadable(tally)
    report = _report(row, status="failed" if failed else "ok", reason=reason)
    return replace(report, exit_code=4 if failed else 2 if bad else 0)


def _report(row: dict[str, Any], *, status: str, reason: str) -> Report:
    counts: dict[str, Any] = {
        n: int(row[n] or 0) for n in ("found", "mapped", "updated", "skipped", "problems")
    }
    return Report(
        source=row["source"],
        capture_id=row["capture_id"],
        platform=row["platform"] or "",
        actor=row["actor"] or "",
        captured_at=row["captured_at"],
        captured_at_basis=row["captured_at_basis"] or "",
        new=int(row["new"] or 0),
        new_keys=tuple(row["new_keys"] or ()),
        status=status,
        reason=reason,
        **counts,
    )


def _begin_row(capture: stage.Capture) -> dict[str, Any]:
    names = ("capture_id", "project_id", "provider", "actor", "platform", "source", "source_sha256")
    times = ("captured_at", "captured_at_basis", "started_at", "requested")
    return {name: getattr(capture, name) for name in (*names, *times)}


def _capture_of(row: dict[str, Any], project: Project) -> stage.Capture:
    """A stored capture as it was when its items were first read."""
    return stage.Capture(
        capture_id=row["capture_id"],
        project_id=row["project_id"],
        provider=row["provider"],
        source=row["source"],
        captured_at=row["captured_at"].replace(tzinfo=UTC),
        captured_at_basis=row["captured_at_basis"],
        started_at=row["started_at"].replace(tzinfo=UTC),
        came_from="dataset" if row["provider"] == "file" else "scrape",
        platform=row["platform"],
        actor=row["actor"],
        source_sha256=row["source_sha256"],
        requested=row["requested"],
        forced=row["actor"] == "given",
        run_id=project.run_id or None,
    )
