"""`vt import`: posts from URLs and exports, and own analytics."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, progress, table
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS, Platform

if TYPE_CHECKING:
    from vtlib.capture import imports
    from vtlib.capture.file_check import FileCheck
    from vtlib.capture.own_analytics import Export
    from vtlib.store.project import Workspace

encoding_option = click.option(
    "--encoding", default="", help="Of a table that is no UTF-8, e.g. cp1252. Default: detected."
)
order_option = click.option(
    "--date-order",
    type=click.Choice(["dmy", "mdy"]),
    help="Day or month first, where no row of a table shows it.",
)
decimal_option = click.option(
    "--decimal",
    type=click.Choice([".", ","]),
    help="Mark before fractions, where no row of a table shows it.",
)
project_option = click.option("--project", required=True, help="Slug of the project.")
strict_option = click.option(
    "--strict",
    is_flag=True,
    help="A warning is a failure: exit code 4 (the data go in all the same).",
)
MARKS = {"ok": "imported", "unchanged": "unchanged", "failed": "FAILED", "waits": "waits"}


@vt.group("import", cls=Group)
def import_() -> None:
    """Bring in posts without the network: URLs, exports."""


@command(
    import_,
    "url",
    example="vt import url https://www.tiktok.com/@a/video/7106594312292453675 --project spring "
    "--own",
)
@click.argument("url")
@project_option
@click.option("--own", is_flag=True, help="The post is ours.")
@click.option("--notes", default="", help="Why it is of interest.")
def url(at: Workspace, url: str, project: str, own: bool, notes: str) -> Answer:
    """Add one post by its URL, in any of its forms."""
    from vtlib.capture import imports
    from vtlib.ops import projects

    reports = imports.import_urls(projects.open_project(at, project), [url], own=own, notes=notes)
    return reports_answer(reports)


@command(import_, "urls", example="vt import urls urls.txt --project spring")
@click.argument("file", type=click.Path(path_type=Path))
@project_option
def urls(at: Workspace, file: Path, project: str) -> Answer:
    """Add posts from a text file, a URL a line (# begins a remark)."""
    from vtlib.capture import imports
    from vtlib.ops import projects

    lines = projects.read_lines(file)
    return reports_answer(imports.import_urls(projects.open_project(at, project), lines))


@command(
    import_,
    "dataset",
    example="vt import dataset exports/*.json --project spring --captured-at 2026-05-21T08:00:00Z",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@project_option
@click.option("--platform", type=click.Choice(PLATFORMS), help="Only where content does not tell.")
@click.option(
    "--captured-at",
    help="UTC time of capture. Default: the item's own, the date in the name, the file's.",
)
@encoding_option
@order_option
@decimal_option
@strict_option
def dataset(
    at: Workspace,
    files: tuple[str, ...],
    project: str,
    platform: Any,
    captured_at: str | None,
    encoding: str,
    date_order: Any,
    decimal: str | None,
    strict: bool,
) -> Answer:
    """Import dataset exports: JSON, JSONL, CSV, XLSX, gzip, zip, Zeeschuimer NDJSON; files, folders
    or globs.

    The platform is recognised from content. The same file again changes nothing; a later capture
    adds snapshots. Bad items are kept with the reason (vt problems), the rest go in; a field that
    cannot be read is unknown and its post stays. What is guessed, missing or not read is said.
    """
    from vtlib.capture import imports
    from vtlib.ops import projects
    from vtlib.tables.reader import TableOptions

    current = projects.open_project(at, project)
    with progress("importing", unit="items") as tick:
        options = TableOptions(encoding, date_order or "", decimal or "")
        settings = imports.ImportOptions(
            platform, _time(captured_at), tick, is_strict=strict, options=options
        )
        result = imports.run(current, files, settings)
    return reports_answer([*result.reports])


@command(
    import_,
    "check",
    example="vt import check exports/unknown.json\nvt import check export.csv --project spring",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--project", help="Compare with the last capture of its kind in this project.")
@click.option("--platform", type=click.Choice(PLATFORMS), help="Only where content does not tell.")
@encoding_option
@order_option
@decimal_option
def check(
    at: Workspace,
    files: tuple[str, ...],
    project: str | None,
    platform: Any,
    encoding: str,
    date_order: Any,
    decimal: str | None,
) -> Answer:
    """Say what a file is, what an import would read of it and what not, without storing anything.

    What it is: format, encoding, platform, actor or tool, and how sure that is. What would be read:
    for each fact the number of items that hold it and one value. What would not: fields that
    nothing asks for. With a project: fields that are new or gone since the last file of the kind.
    """
    from vtlib.capture import file_check, imports
    from vtlib.ops import projects
    from vtlib.tables.reader import TableOptions

    options = TableOptions(encoding, date_order or "", decimal or "")
    choices = imports.ImportOptions(platform, options=options)
    current = projects.open_project(at, project) if project else None
    checks = file_check.check_files(files, choices, project=current)
    n_failed = sum(1 for one in checks if one.exit_code)
    text = "\n\n".join("\n".join(_check_lines(one)) for one in checks)
    worst = max((one.exit_code for one in checks), default=0)
    return Answer({"files": checks, "failed": n_failed}, text, worst)


def _check_lines(one: FileCheck) -> list[str]:
    """A file in words: what it is, what would be read, what not, what changed."""
    import pandas as pd

    what = " · ".join(w for w in (one.kind, one.platform, one.form, one.encoding, one.certain) if w)
    lines = [f"{one.source}: {what or 'not recognised'}"]
    if one.found:
        alike = f"; {one.recognised} of the first {one.sampled} match" if one.sampled else ""
        alone = f", {number(one.accounts, 'account')} alone" if one.accounts else ""
        posts = number(one.mapped, "post")
        lines.append(f"  {number(one.found, 'item')}: {posts}{alone}{alike}")
    lines += [f"  {n} of kind {kind}" for kind, n in one.rejected.items()]
    lines += [f"  {text}" for text in (one.reading, one.note, one.reason) if text]
    if one.read:
        rows = [
            {"read": r.target, "items": r.items, "hidden": r.hidden or None, "first": r.sample}
            for r in one.read
        ]
        lines.append(table(pd.DataFrame(rows)))
    if one.bad_values:
        lines.append(f"  {number(one.bad_values, 'value')} cannot be read and would be unknown")
    if one.unread:
        lines.append("  not read:")
    for name, n in one.unread.items():
        reason = f": {one.reasons[name]}" if name in one.reasons else ""
        lines.append(f"    {name} ({n:,}){reason}")
    if one.compared_with:
        lines.append(f"  compared with {one.compared_with}")
    lines += [f"  new fields: {', '.join(one.new_keys)}"] if one.new_keys else []
    lines += [f"  fields that are gone: {', '.join(one.gone_keys)}"] if one.gone_keys else []
    return lines


@command(import_, "again", example="vt import again --project spring")
@project_option
@strict_option
def again(at: Workspace, project: str, strict: bool) -> Answer:
    """Map all kept raw items again with today's mapping; no file is needed."""
    from vtlib.capture import imports
    from vtlib.ops import projects

    return reports_answer(imports.remap(projects.open_project(at, project), is_strict=strict))


def reports_answer(reports: list[imports.ImportReport]) -> Answer:
    """How each file or URL fared, and the exit code of the worst."""
    import pandas as pd

    rows = pd.DataFrame(
        [
            {
                "": _mark(r),
                "source": r.source,
                "platform": r.platform,
                "captured (UTC)": r.captured_at.strftime("%Y-%m-%d %H:%M")
                if r.captured_at
                else None,
                "time from": r.captured_at_basis or None,
                **{
                    n: getattr(r, n)
                    for n in ("found", "mapped", "new", "updated", "skipped", "problems")
                },
            }
            for r in reports
        ]
    )
    lines = [_reason(r) for r in reports if r.reason and r.status != "unchanged"]
    lines += [f"{r.source}: {r.reading}" for r in reports if r.reading]
    lines += [f"{r.source}: {note}" for r in reports for note in r.notes]
    lines += [f"{r.source}: new fields {', '.join(r.new_keys[:12])}" for r in reports if r.new_keys]
    n_failed = sum(1 for r in reports if r.exit_code)
    if n_failed:
        lines.append(f"{n_failed} of {len(reports)} did not go in whole")
    worst = max((r.exit_code for r in reports), default=0)
    return Answer({"imports": reports, "failed": n_failed}, "\n".join([table(rows), *lines]), worst)


def _reason(report: imports.ImportReport) -> str:
    has_source = report.reason.startswith(report.source)
    return report.reason if has_source else f"{report.source}: {report.reason}"


def _mark(report: imports.ImportReport) -> str:
    if report.status == "ok" and report.warnings:
        return "imported, WARNING"
    return MARKS.get(report.status, report.status)


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"--captured-at {text}: no time.", todo="Write it as 2026-05-21T08:00:00Z (UTC)."
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@command(
    import_,
    "analytics",
    example="vt import analytics exports/Content.csv --project spring\n"
    "vt import analytics retention.csv --project spring --post youtube:dQw4w9WgXcQ",
)
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@project_option
@click.option("--platform", type=click.Choice(PLATFORMS), help="Only where links do not tell.")
@click.option("--post", default="", help="platform:id, for a retention curve of one post.")
@encoding_option
@order_option
@decimal_option
def analytics(
    at: Workspace,
    files: tuple[Path, ...],
    project: str,
    platform: Platform | None,
    post: str,
    encoding: str,
    date_order: Any,
    decimal: str | None,
) -> Answer:
    """Import exports of own analytics (CSV, XLSX): Instagram, Facebook, TikTok, YouTube Studio;
    views, reach, impressions, saves, watch time, retention; of posts' whole lives or by day. A
    post that is not there yet is made, as own. The same file again replaces its rows; a column
    that is not read is named.
    """
    from vtlib.ops import projects
    from vtlib.performance import stage as performance_stage
    from vtlib.tables.reader import TableOptions

    current = projects.open_project(at, project)
    options = TableOptions(encoding, date_order or "", decimal or "")
    lines, data = [], []
    for path in files:
        export, n_new = performance_stage.import_native(
            current, path, platform=platform, post_id=post, options=options
        )
        lines += _lines(path.name, export, n_new)
        data.append(
            {
                "file": path,
                "platform": export.platform,
                "numbers": len(export.rows),
                "posts": export.n_posts,
                "new_posts": n_new,
                "days": len({r["day"] for r in export.rows if r["day"]}),
                "totals": export.n_totals,
                "skipped": export.skipped,
                "unknown_columns": export.unknown_columns,
                "reading": export.note,
                "exported_at": export.exported_at,
                "exported_at_basis": export.exported_at_basis,
            }
        )
    return Answer(data, "\n".join(lines))


def _lines(name: str, export: Export, n_new: int) -> list[str]:
    days = {r["day"] for r in export.rows if r["day"]}
    by_day = f", by day ({min(days)} to {max(days)})" if days else ""
    new_posts = f", {n_new} of them new" if n_new else ""
    n, when = len(export.rows), f"{export.exported_at:%Y-%m-%d %H:%M} UTC"
    posts = number(export.n_posts, "post")
    head = f"{name}: {number(n, 'number')} of {posts}{new_posts}{by_day}"
    lines = [f"{head}; as of {when} ({export.exported_at_basis})"]
    if export.n_totals:
        lines.append(f"  {number(export.n_totals, 'row')} of totals passed over")
    lines += [f"  row {row}: {reason}" for row, reason in export.skipped[:10]]
    if len(export.skipped) > 10:
        lines.append(f"  and {number(len(export.skipped) - 10, 'row')} more")
    if export.note:
        lines.append(f"  {export.note}")
    if export.unknown_columns:
        lines.append(f"  columns not read: {', '.join(export.unknown_columns)}")
    return lines
