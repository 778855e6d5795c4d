"""01 import: files, URLs and accounts into the store, a chunk at a time, resumable after a kill."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from vtlib.capture import datasets as files
from vtlib.capture import ingest, job_store, mapping, messages, own_posts, stage, table_maps
from vtlib.capture import store as captures
from vtlib.capture.read_facts import ReadFacts, track_counts
from vtlib.capture.rows import begin_row
from vtlib.capture.shapes import FileShape, shape_of_file
from vtlib.capture.table_files import cached_table
from vtlib.capture.table_maps import TableMap
from vtlib.capture.video_tracks import save_tracks
from vtlib.core.conclusion import Conclusion
from vtlib.core.errors import BadInput, SourceFailed, VtError
from vtlib.core.language import in_english, marked
from vtlib.core.models import Platform, PostRef
from vtlib.core.params import TableFile
from vtlib.platforms import exported, layouts, post_ref
from vtlib.platforms.field_use import FieldUse
from vtlib.store import people
from vtlib.store.project import Project
from vtlib.tables.reader import TableOptions, read_text

CHUNK_ITEMS = 2_000
Progress = Callable[[int], None]
Resolve = Callable[[str], PostRef | None]
_ANY = 1_000_000  # links are asked again for nothing, however often a provider was paid for them

ACCOUNTS = marked(("platform", "handle", "display_name", "role", "followers", "n_posts"))
CAPTURES = marked(
    (
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
        *("bad_values", "captured_at_basis", "status", "reason"),
    )
)
PROBLEMS = marked(("stage", "kind", "n", "example"))


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How one dataset fared. Counts are items (found, mapped, skipped, problems) and posts (new,
    updated).

    found = mapped + problems; `bad_values` are fields of mapped items that could not be read.
    `warnings` say what went in and is not as it should be, `notes` what was guessed and what is not
    read (`unread`: field -> items that hold it); `read_facts` what is (target -> items).
    """

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
    bad_values: int = 0
    new_keys: tuple[str, ...] = ()
    read_facts: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    status: str = "ok"
    reason: str = ""
    exit_code: int = 0
    reading: str = ""  # how a table was read, where there was a choice


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What importing came to: a report a dataset or URL, and the project's captures afterwards."""

    reports: tuple[ImportReport, ...]
    captures: pd.DataFrame


@dataclass(slots=True)
class _Total:
    """What the chunks of one capture came to (capture/mapping.Chunk)."""

    tally: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    use: FieldUse = field(default_factory=FieldUse)
    facts: ReadFacts = field(default_factory=ReadFacts)

    def add(self, chunks: Iterable[mapping.Chunk]) -> None:
        for chunk in chunks:
            self.tally.update(chunk.tally)
            self.keys |= chunk.keys
            self.use.add(chunk.use)
            self.facts.add(chunk.frames)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How files are to be taken: a platform to force, the time of capture, who is told of
    progress, whether a warning is a failure (exit code 4), the folder that relative paths begin
    at, what a person says of tables, the map of a table's columns, and whether its posts are ours.
    """

    platform: Platform | None = None
    captured_at: datetime | None = None
    progress: Progress | None = None
    is_strict: bool = False
    base: Path = field(default_factory=Path.cwd)
    options: TableOptions = field(default_factory=TableOptions)
    table_map: TableMap | None = None
    is_own: bool = False


@in_english
def run(
    project: Project,
    paths: Iterable[str | Path] | None = None,
    wanted: ImportOptions | None = None,
    *,
    resolve: Resolve | None = None,
) -> ImportResult:
    """Import `paths` as `import_files` does (None: what the parameters name, as `import_all`), and
    read back the captures.
    """
    done = import_all(project, resolve) if paths is None else import_files(project, paths, wanted)
    return ImportResult(tuple(done), project.frame("capture_history"))


def import_files(
    project: Project, paths: Iterable[str | Path], choices: ImportOptions | None = None
) -> list[ImportReport]:
    """Import files, folders and globs; one that fails is reported and the rest go on.

    Raises BadInput only for a path that names nothing. Idempotent: a file with the same content
    changes nothing, an interrupted one is taken up again.
    """
    choices = choices or ImportOptions()
    if choices.captured_at and choices.captured_at > project.workspace.now() + timedelta(days=1):
        raise BadInput("--captured-at lies in the future.", todo="Times are UTC.")
    matches = files.expand(paths, base=choices.base)
    with _rare_collections(), project.store.session(is_bulk=True):
        people.ensure_project(project.store, project.slug)
        return [r for path in matches for r in _import_file(project, path, choices)]


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Within, cyclic garbage is looked for once in a chunk or two: items hold no cycles, and to go
    through them again and again took a tenth of an import.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(25 * CHUNK_ITEMS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def import_all(project: Project, resolve: Resolve | None = None) -> list[ImportReport]:
    """What the parameters name: datasets, then URLs and, with `resolve`, the posts that waiting
    short links lead to. Everything that can go in goes in; then the
    worst failure is raised (BadInput or SourceFailed), naming each. A file that is gone and
    whose captures are here, as in a restored or copied workspace, is reported as "gone" and no
    failure.
    """
    params = project.params.importing
    choices = ImportOptions(params.platform, params.captured_at, base=project.workspace.root)
    people.ensure_project(project.store, project.slug)
    mapped_tables = [one.file for one in params.table_files if one.map]
    absent = _gone(project, [*params.datasets, *mapped_tables], base=choices.base)
    there = [path for path in params.datasets if path not in {one.source for one in absent}]
    reports = import_files(project, there, choices) if there else []
    known = {one.source for one in absent}
    reports += [
        r for t in params.table_files if t.file not in known for r in _table(project, t, choices)
    ]
    reports += absent
    reports += import_urls(project, params.urls, resolve=resolve) if params.urls else []
    reports += resolve_links(project, resolve)
    bad = [r for r in reports if r.status == "failed"]
    if bad:
        reasons = "; ".join(f"{r.source}: {r.reason}" for r in bad)
        kind = SourceFailed if any(r.exit_code == SourceFailed.exit_code for r in bad) else BadInput
        raise kind(f"{len(bad)} of {len(reports)} did not go in: {reasons}")
    return reports


def _table(project: Project, one: TableFile, choices: ImportOptions) -> list[ImportReport]:
    """Import a table of the parameters by its map; one without a map waits."""
    if not one.map:
        reason = f"it has no map: vt import table {one.file} --project {project.slug} --propose F"
        return [ImportReport(one.file, status="waits", reason=reason)]
    options = TableOptions(sheet=one.sheet, table=one.table)
    try:
        (path,) = files.expand([one.file], base=choices.base)
        (dataset,) = files.datasets(path, captured_at=choices.captured_at)
        layout = layouts.load(read_text(choices.base / one.map), file=one.map)
        table_map = table_maps.of_person(layout, cached_table(dataset, options))
    except BadInput as error:
        return [ImportReport(one.file, status="failed", reason=str(error), exit_code=2)]
    return import_files(project, [path], replace(choices, options=options, table_map=table_map))


def _gone(project: Project, patterns: Sequence[str], *, base: Path) -> list[ImportReport]:
    """Reports on the files of `patterns` that are not there and that the store has captures of."""
    missing = [path for path in patterns if files.names_nothing(path, base=base)]
    if not missing:
        return []
    history = [
        row
        for row in captures.list_captures(project.store, project.slug)
        if row["provider"] == "file" and row["status"] == "ok"
    ]
    rows_by_path = {path: [r for r in history if _names(path, r["source"])] for path in missing}
    return [_gone_report(path, rows) for path, rows in rows_by_path.items() if rows]


def _names(pattern: str, source: str) -> bool:
    """Whether a path or glob may have named a captured file; of a folder only its content is
    known: any may.
    """
    last = Path(pattern).name
    is_folder = not Path(last).suffix and not set("*?[") & set(last)
    return is_folder or fnmatch(source.partition("!")[0], last)


def _gone_report(path: str, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    last = rows[-1]["captured_at"]
    until = f", the last of {last:%Y-%m-%d %H:%M} UTC" if last else ""
    reason = f"no such file here; what it brought is known ({len(rows)} of its captures{until})"
    return ImportReport(path, status="gone", reason=reason)


def import_urls(
    project: Project,
    urls: Iterable[str],
    *,
    own: bool = False,
    notes: str = "",
    resolve: Resolve | None = None,
) -> list[ImportReport]:
    """Add posts by URL; short links that `resolve` does not lead to a post are kept as problems of
    kind `needs_network`.

    A URL that names no post is reported and the rest go in. `own` and `notes` are human facts.
    Without `resolve` (media/download/short_links) nothing is asked of the network.
    """
    now = project.workspace.now()
    people.ensure_project(project.store, project.slug)
    rows = [_read_url(number, url, resolve) for number, url in enumerate(urls, 1)]
    refs = [(number, url, ref) for number, url, ref, _ in rows if ref]
    capture = mapping.Capture(
        capture_id=mapping.capture_key(project.slug, "urls", *(url for _, url, _ in refs)),
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
        captures.begin(project.store, begin_row(capture))
        captures.ingest(project.store, mapping.url_rows(refs, capture))
        captures.finish(project.store, capture.capture_id)
    for _, _, ref in refs:
        if ref.post_id and (own or notes):
            people.annotate_post(
                project.store, project.slug, ref.post_id, is_own=own or None, notes=notes or None
            )
    return [report for *_, report in rows]


def resolve_links(project: Project, resolve: Resolve | None) -> list[ImportReport]:
    """Add the posts that waiting short links lead to; links that lead to none wait on, as do all
    without `resolve`.
    """
    if resolve is None:
        return []
    waiting = waiting_links(project)
    refs = {str(url): ref for url in waiting["url"] if (ref := resolve(str(url)))}
    if not refs:
        return []
    reports = import_urls(project, refs, resolve=refs.get)
    solved = waiting.loc[waiting["url"].isin(refs), "problem_id"]
    job_store.settle_problems(project.store, [str(i) for i in solved])
    return reports


def waiting_links(project: Project) -> pd.DataFrame:
    """Short links that came in without the network: problem_id, url, platform."""
    return job_store.short_links(project.store, project.slug, tries_max=_ANY)


def conclude(project: Project, reports: Iterable[ImportReport]) -> Conclusion:
    """The sentences of notebook 01; files that are gone and known are named."""
    frames = (project.frame(name) for name in ("places", "capture_history", "problem_kinds"))
    absent = [f"{one.source}: {one.reason}." for one in reports if one.status == "gone"]
    return mapping.conclude(*frames, gone=absent)


def remap(project: Project, *, is_strict: bool = False) -> list[ImportReport]:
    """Map the project's kept raw items again with today's mapping; no file is needed."""
    rows = captures.list_captures(project.store, project.slug)
    results = [
        _remap(project, row, is_strict=is_strict) for row in rows if row["provider"] != "apify"
    ]
    # Only an order knows the filters that its items were asked with.
    scrape_results = stage.remap(project) if len(results) < len(rows) else []
    return results + [_of_order(project, c.capture_id, c.exit_code) for c in scrape_results]


def _import_file(project: Project, path: Path, choices: ImportOptions) -> list[ImportReport]:
    try:
        sets = files.datasets(path, captured_at=choices.captured_at)
    except BadInput as error:
        return [ImportReport(path.name, status="failed", reason=str(error), exit_code=2)]
    return [_guarded(project, one, choices) for one in sets]


def _guarded(project: Project, one: files.Dataset, choices: ImportOptions) -> ImportReport:
    try:
        report = _import_dataset(project, one, choices)
        path = None if one.member else one.path
        note = save_tracks(project.store, report.capture_id, report.actor, path)
        return replace(report, notes=(*report.notes, note)) if note else report
    except VtError as error:
        if error.exit_code == 7:  # a busy store is no fault of this file: the whole command waits
            raise
        return ImportReport(one.name, status="failed", reason=str(error), exit_code=error.exit_code)


def _import_dataset(project: Project, one: files.Dataset, choices: ImportOptions) -> ImportReport:
    time = one.captured_at.isoformat() if choices.captured_at else ""
    words = choices.table_map.parts() if choices.table_map else ()
    capture_id = mapping.capture_key(
        project.slug, one.sha256, time, choices.platform or "", *choices.options.parts(), *words
    )
    previous = captures.get(project.store, capture_id)
    if previous and previous["status"] == "ok":
        return _report(previous, status="unchanged", reason="this content was imported before")
    shape = _shape(project, one, choices)
    capture = shape.capture(
        one,
        capture_id,
        project_id=project.slug,
        started_at=project.workspace.now(),
        run_id=project.run_id or None,
    )
    if previous:  # taken up again: as it was when it began
        capture = replace(capture, captured_at=previous["captured_at"].replace(tzinfo=UTC))
    stream = batches(shape.items(one, choices.options))
    batch = next(stream, [])
    chunk = ingest.mapped(batch, capture)
    if chunk:
        mapping.refuse_numberless(chunk, file=one.name)
    record = shape.table_map.record() if shape.table_map else None
    captures.begin(project.store, {**begin_row(capture), "layout": record})
    total = _Total()
    while batch or chunk:
        total.add(ingest.store_items(project.store, batch, capture, chunk=chunk))
        if choices.progress:
            choices.progress(len(batch))
        chunk, batch = None, []  # before the next is read: memory holds one
        batch = next(stream, [])
    report = _finish(project, capture, total, is_strict=choices.is_strict)
    if capture.actor == exported.NAME:
        items = (item for _, item in files.items(one, choices.options))
        people.keep_facts(project.store, project.slug, exported.human_facts(items))
    if choices.is_own:
        people.mark_capture_own(project.store, project.slug, capture_id)
    notes = (*shape.table_map.notes, *report.notes) if shape.table_map else report.notes
    reading = files.reading_note(one, shape.options(choices.options))
    return replace(report, reading=reading, notes=notes)


def _shape(project: Project, one: files.Dataset, choices: ImportOptions) -> FileShape:
    if choices.table_map:
        platform_and_actor = choices.table_map.shape(one, choices.options)
        return FileShape(*platform_and_actor, table_map=choices.table_map)
    return shape_of_file(one, choices.options, platform=choices.platform, project=project)


def batches(items: Iterable[mapping.Item]) -> Iterator[list[mapping.Item]]:
    """Items as they are mapped and stored, CHUNK_ITEMS at a time."""
    stream = iter(items)
    while batch := list(islice(stream, CHUNK_ITEMS)):
        yield batch
        del batch  # before the next is read


def _read_url(
    number: int, url: str, resolve: Resolve | None
) -> tuple[int, str, PostRef | None, ImportReport]:
    try:
        ref = post_ref(url)
    except BadInput as error:
        return number, url, None, ImportReport(url, status="failed", reason=str(error), exit_code=2)
    if ref.needs_network and resolve:
        ref = resolve(url) or ref
    if ref.needs_network:
        reason = "a short link: kept, and resolved by vt import links or the next vt scrape"
        return (
            number,
            url,
            ref,
            ImportReport(url, platform=ref.platform, status="waits", reason=reason),
        )
    post = ref.post_id or ""
    return (
        number,
        url,
        ref,
        ImportReport(url, platform=ref.platform, found=1, mapped=1, reason=post),
    )


def _remap(project: Project, row: dict[str, Any], *, is_strict: bool) -> ImportReport:
    if row["provider"] == "person":
        return _report(row, status="unchanged", reason="entered by hand")
    if row["provider"] == own_posts.PROVIDER:
        return _report(row, status="unchanged", reason="own analytics: vt import analytics FILE")
    capture = _capture_of(row, project)
    captures.unmap(project.store, capture.capture_id)
    captures.begin(project.store, begin_row(capture))
    total = _Total()
    for batch in captures.raw_items(project.store, capture.capture_id):
        total.add(ingest.store_items(project.store, batch, capture, choose=ingest.without_raw))
    report = _finish(project, capture, total, is_strict=is_strict)
    save_tracks(project.store, report.capture_id, report.actor)
    return report


def _of_order(project: Project, capture_id: str, exit_code: int) -> ImportReport:
    row = captures.get(project.store, capture_id) or {}
    report = _report(row, status=row["status"], reason=row["reason"] or "")
    return replace(report, exit_code=exit_code)


def _finish(
    project: Project, capture: mapping.Capture, total: _Total, *, is_strict: bool
) -> ImportReport:
    """Close the capture, say what is new in its shape and what to know of it, and fail it when
    too little could be mapped.
    """
    tally = total.tally
    before = captures.previous_keys(project.store, capture.actor or "", before=capture.capture_id)
    ratio = messages.mapped_ratio(tally)
    least = project.params.importing.min_mapped_ratio
    metrics = captures.vanished_metrics(project.store, capture.capture_id)
    posts = tally["mapped"] + tally["within"]
    is_own_time = bool(posts) and tally["own_time"] == posts
    basis = "item" if is_own_time else capture.captured_at_basis
    is_failure = ratio is not None and ratio < least
    warnings = messages.warnings(tally, metrics, at=capture.captured_at, basis=basis)
    fate = messages.fate(tally, ratio=ratio, least=least)
    unread = total.use.unread()
    layout = layouts.by_name(capture.actor or "")
    row = captures.finish(
        project.store,
        capture.capture_id,
        {
            "status": "failed" if is_failure else "ok",
            "reason": "; ".join(w for w in (fate, *warnings) if w) or None,
            "new_keys": sorted(total.keys - before) if before else [],
            "captured_at_basis": basis,
            "warnings": warnings,
            "vanished": [str(one["metric"]) for one in metrics],
            "unread": unread,
            "read_facts": {**total.facts.counts(), **track_counts(layout, total.use)},
        },
    )
    bad = messages.unreadable(tally)
    code = 4 if is_failure or (is_strict and warnings) else 2 if bad else 0
    report = _report(row, status="failed" if is_failure else "ok", reason=row["reason"] or "")
    if layout and layout.own:
        people.mark_capture_own(project.store, project.slug, capture.capture_id)
    notes = (
        messages.guessed(capture.captured_at, basis),
        messages.not_read(unread),
        layout.note if layout else "",
    )
    return replace(report, exit_code=code, notes=tuple(n for n in notes if n))


def _report(row: dict[str, Any], *, status: str, reason: str) -> ImportReport:
    names = ("found", "mapped", "updated", "skipped", "problems", "bad_values")
    counts: dict[str, Any] = {n: int(row[n] or 0) for n in names}
    return ImportReport(
        source=row["source"],
        capture_id=row["capture_id"],
        platform=row["platform"] or "",
        actor=row["actor"] or "",
        captured_at=row["captured_at"],
        captured_at_basis=row["captured_at_basis"] or "",
        new=int(row["new"] or 0),
        new_keys=tuple(row["new_keys"] or ()),
        read_facts=row["read_facts"] or {},
        unread=row["unread"] or {},
        warnings=tuple(row["warnings"] or ()),
        status=status,
        reason=reason,
        **counts,
    )


def _capture_of(row: dict[str, Any], project: Project) -> mapping.Capture:
    """A stored capture as it was when its items were first read."""
    return mapping.Capture(
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
        layout=table_maps.applied_of(row),
    )
