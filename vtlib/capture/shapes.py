"""What a file is: the export of an actor or tool, or a table whose columns are mapped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from vtlib.capture import datasets as files
from vtlib.capture import mapping, table_maps
from vtlib.capture.headings import meanings
from vtlib.capture.table_maps import TableMap
from vtlib.core.errors import BadInput
from vtlib.core.models import METRICS, Platform
from vtlib.platforms import exported, layouts
from vtlib.platforms.layouts import Layout
from vtlib.store.project import Project
from vtlib.tables.reader import TableOptions, UnclearDates

SAMPLE_ITEMS = 200
_MAP_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class FileShape:
    """How a file is read: `actor` or tool, `is_forced` where a person named the platform, and the
    map of a table's columns where it has no known shape.
    """

    platform: Platform
    actor: str
    is_forced: bool = False
    table_map: TableMap | None = None

    @property
    def layout(self) -> Layout | None:
        """The layout of the table's rows; None for a known shape."""
        return self.table_map.applied if self.table_map else None

    def options(self, options: TableOptions) -> TableOptions:
        """What a person said of the table, and else what its map says."""
        return self.table_map.table_options(options) if self.table_map else options

    def items(self, one: files.Dataset, options: TableOptions) -> Iterator[mapping.Item]:
        """(row, item) of the file."""
        if self.table_map:
            return table_maps.items(one, options, self.table_map)
        return files.items(one, options)

    def capture(self, one: files.Dataset, capture_id: str, **facts: Any) -> mapping.Capture:
        """The capture of the file; `facts` that it does not say: project_id, started_at, run_id."""
        captured_at, basis = self.captured_at(one)
        return mapping.Capture(
            capture_id=capture_id,
            provider="file",
            source=one.name,
            captured_at=captured_at,
            captured_at_basis=basis,
            came_from="dataset",
            platform=self.platform,
            actor=self.actor,
            source_sha256=one.sha256,
            forced=self.is_forced,
            layout=self.layout,
            **{"project_id": "", "started_at": one.captured_at, **facts},
        )

    def captured_at(self, one: files.Dataset) -> tuple[datetime, str]:
        """When the file was captured and how that is known: a tool that names its files by the time
        of the post says nothing of it there.
        """
        layout = layouts.by_name(self.actor)
        if layout and layout.named_by_post and one.captured_at_basis != "given":
            return files.modified_at(one), "file time"
        return one.captured_at, one.captured_at_basis


def shape_of_file(
    one: files.Dataset,
    options: TableOptions,
    *,
    platform: Platform | None = None,
    project: Project | None = None,
) -> FileShape:
    """What a file is, by its first items: a known export; else a table, or objects read as one, by
    the map that a person used for the same headings in `project`, or by its columns where these
    leave nothing open.

    Raises BadInput for what is neither, for exports that are not read yet, by name, and with the
    questions that a table leaves open.
    """
    sample = first_items(one, options)
    hit = mapping.recognised_items(sample, file=one.name)
    is_table = bool(sample) and not mapping.is_nested(sample)
    if hit and is_table and 2 * sum(mapping.shape_of(one) == hit for one in sample) < len(sample):
        hit = None  # of a table of several platforms some rows look like one of an actor
    known = None
    if platform or hit:
        known = FileShape(platform, "given", is_forced=True) if platform else FileShape(*hit)  # type: ignore[misc]
    table_map = None
    if sample and (known is None or (is_table and _is_half_read(one, sample, hit, known))):
        table_map = table_maps.find(project, one, options, platform=platform)
    elif sample and known:
        table_map = _fuller_map(project, one, options, sample, known)
    if table_map:
        return FileShape(*table_map.shape(one, options), table_map=table_map)
    if known is None:
        raise mapping.unknown_items(sample, file=one.name)
    return known


def known_export(one: files.Dataset, options: TableOptions) -> str:
    """The platform and name of the known export that a file is; '' for any other."""
    sample = first_items(one, options)
    hit = mapping.recognised_items(sample, file=one.name)
    if hit is None:
        return ""
    is_half_read = not mapping.is_nested(sample) and _is_half_read(
        one, sample, hit, FileShape(*hit)
    )
    return "" if is_half_read else " ".join(hit)


def first_items(one: files.Dataset, options: TableOptions) -> list[dict[str, Any]]:
    """The items that a file is recognised by."""
    try:
        return _sample(one, options)
    except UnclearDates:  # which a table of no known shape may have where nothing reads them
        return _sample(one, options.with_date_order("dmy"))


def _sample(one: files.Dataset, options: TableOptions) -> list[dict[str, Any]]:
    items = (item for _, item in files.items(one, options) if isinstance(item, dict))
    return list(islice(items, SAMPLE_ITEMS))


def _reads_less(sample: list[dict[str, Any]], shape: FileShape | None) -> bool:
    """Whether a table by a tool's layout would leave a count unread that its heading names: then
    the headings are those of many tools, and this is none of that one.
    """
    layout = layouts.by_name(shape.actor) if shape else None
    if layout is None:
        return False
    columns = {str(name) for item in sample for name in item}
    read = {str(path[0]) for source in layout.fields.values() for path in source.paths}
    rest = columns - read - layout.unread.keys()
    counts = {m.concept for name in rest for m in meanings(name)[:1] if m.kind == "target"}
    return bool(counts & set(METRICS) - layout.fields.keys())


def _is_half_read(
    one: files.Dataset,
    sample: list[dict[str, Any]],
    hit: tuple[Platform, str] | None,
    shape: FileShape | None,
) -> bool:
    """Whether a table of no known tool, or one that would lose counts by the tool's layout, is
    matched by its columns.
    """
    return hit is None or _reads_less(sample, shape) or _is_numberless(one, sample, shape)


def _fuller_map(
    project: Project | None,
    one: files.Dataset,
    options: TableOptions,
    sample: list[dict[str, Any]],
    shape: FileShape,
) -> TableMap | None:
    """The map by which items have more counts than by a platform's own reading, where this leaves
    fields unread that are called counts: a link and likes alone make many tools' items look like
    those of one. None where that is not so, and where the fields leave it open.
    """
    if layouts.by_name(shape.actor) or shape.actor in (exported.NAME, "zeeschuimer"):
        return None  # they say what is a count, and when it was read
    chunk = mapping.map_items(enumerate(sample[:_MAP_SAMPLE], 1), shape.capture(one, ""))
    snapshots = chunk.frames["post_snapshots"]
    read = {m for m in METRICS if snapshots[f"{m}_state"].ne("not_exposed").any()}
    named = {
        m.concept for name in chunk.use.unread() for m in meanings(name)[:1] if m.kind == "target"
    }
    if not chunk.tally["mapped"] or (read and not named & set(METRICS) - read):
        return None
    try:
        table_map = table_maps.find(project, one, options, platform=shape.platform)
    except BadInput:
        return None
    more = table_map and set(METRICS) & table_map.layout.fields.keys()
    return table_map if more and len(more) > len(read) else None


def _is_numberless(
    one: files.Dataset, sample: list[dict[str, Any]], shape: FileShape | None
) -> bool:
    """Whether a shape by which a table was recognised finds posts in it, and no number."""
    if shape is None:
        return False
    return mapping.is_numberless(sample, FileShape(shape.platform, shape.actor).capture(one, ""))
