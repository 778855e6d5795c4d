"""`vt import`: posts from URLs and exports, and own analytics."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, progress, table
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput, VtError
from vtlib.core.models import PLATFORMS, Platform

if TYPE_CHECKING:
    from vtlib.capture import imports
    from vtlib.capture.file_check import FileCheck
    from vtlib.capture.own_analytics import Export
    from vtlib.ops.local_videos import VideoReport
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
posts_option = click.option(
    "--post",
    "posts",
    multiple=True,
    metavar="POST",
    help="Only these picked posts (ids), whatever the limit. May be repeated.",
)
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
    """Add one post by its URL, in any of its forms; a short link is asked where it leads."""
    from vtlib.capture import imports
    from vtlib.media.download.short_links import resolver
    from vtlib.ops import projects

    current = projects.open_project(at, project)
    reports = imports.import_urls(current, [url], own=own, notes=notes, resolve=resolver(current))
    return reports_answer(reports)


@command(import_, "urls", example="vt import urls urls.txt --project spring")
@click.argument("file", type=click.Path(path_type=Path))
@project_option
def urls(at: Workspace, file: Path, project: str) -> Answer:
    """Add posts from a text file, a URL a line (# begins a remark); short links are asked where
    they lead.
    """
    from vtlib.capture import imports
    from vtlib.media.download.short_links import resolver
    from vtlib.ops import projects

    lines = projects.read_lines(file)
    current = projects.open_project(at, project)
    return reports_answer(imports.import_urls(current, lines, resolve=resolver(current)))


@command(import_, "links", example="vt import links --project spring")
@project_option
def links(at: Workspace, project: str) -> Answer:
    """Ask where short links lead that came in without the network, and add their posts."""
    from vtlib.capture import imports
    from vtlib.media.download.short_links import resolver
    from vtlib.ops import projects

    current = projects.open_project(at, project)
    reports = imports.resolve_links(current, resolver(current))
    if not reports:
        return Answer({"imports": [], "failed": 0}, "No waiting short link led to a post.")
    return reports_answer(reports)


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
            platform, parse_time(captured_at), tick, is_strict=strict, options=options
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


def parse_time(text: str | None) -> datetime | None:
    """The time (UTC) of --captured-at; one without a zone is UTC. Raises BadInput for another."""
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
    "media",
    example="vt import media downloads/ --project spring\n"
    "vt import media our_cuts/ --project spring --own --platform tiktok",
)
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@project_option
@click.option("--own", is_flag=True, help="The videos are ours.")
@click.option(
    "--platform",
    type=click.Choice(PLATFORMS),
    help="Of ids in names that several platforms have, and of videos of no known post.",
)
def media(
    at: Workspace, folder: Path, project: str, own: bool, platform: Platform | None
) -> Answer:
    """Take in local videos (mp4, mov, webm, mkv …): vt process videos measures them and vt analyze
    videos asks about them, as if they had been downloaded. Files are copied; originals stay.

    What tells a video's post: NAME.info.json of yt-dlp beside it (its facts and numbers come in
    too), a link in NAME.url or NAME.webloc, the id in its name. A video of no known post becomes
    one of --platform with an id of its file, local-1a2b3c4d.
    """
    from vtlib.ops import local_videos, projects

    current = projects.open_project(at, project)
    with progress("copying", unit="videos") as tick:
        reports = local_videos.import_folder(
            current, folder, platform=platform, is_own=own, progress=tick
        )
    return _videos_answer(reports)


def _videos_answer(reports: list[VideoReport]) -> Answer:
    import pandas as pd

    rows = pd.DataFrame(
        [
            {
                "": "FAILED" if r.status == "failed" else r.status,
                "file": r.file,
                "post": r.post_id or None,
                "told by": r.basis or ("its file" if r.post_id else None),
            }
            for r in reports
        ]
    )
    lines = [f"{r.file}: {r.reason}" for r in reports if r.reason and r.file not in r.reason]
    lines += [r.reason for r in reports if r.reason and r.file in r.reason]
    n_failed = sum(1 for r in reports if r.exit_code)
    if n_failed:
        lines.append(f"{n_failed} of {number(len(reports), 'video')} not taken in")
    if n_failed < len(reports):
        lines.append("vt process videos measures them.")
    worst = max((r.exit_code for r in reports), default=0)
    data = {"videos": reports, "failed": n_failed}
    return Answer(data, "\n".join([table(rows), *lines]), worst)


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
    """Import exports of own analytics (CSV, XLSX, ZIP) of YouTube Studio, TikTok Studio, Meta
    Business Suite (Instagram, Facebook), LinkedIn, X and Pinterest, with headings in any of about
    25 languages. A post that is not there yet is made, as own; days are a series; followers by day
    go to the own account.

    Numbers: views, reach, impressions, saves, watch time, retention, clicks and others; of posts'
    whole lives or by day. The same file again replaces its rows. A column that is not read is
    named, and so are numbers that are of no post.
    """
    from vtlib.ops import projects
    from vtlib.performance import own_statistics
    from vtlib.tables.reader import TableOptions

    current = projects.open_project(at, project)
    options = TableOptions(encoding, date_order or "", decimal or "")
    lines: list[str] = []
    data: list[dict[str, Any]] = []
    failures: list[VtError] = []
    for path in files:
        try:
            export, n_new = own_statistics.import_native(
                current, path, platform=platform, post_id=post, options=options
            )
        except BadInput as error:
            if len(files) == 1:
                raise
            failures.append(error)
            lines.append(f"FAILED {error}")
            data.append({"file": path, "status": "failed", "reason": str(error)})
            continue
        lines += _lines(path.name, export, n_new)
        data.append(_facts(path, export, n_new))
    stored = [one for one in data if one["status"] == "ok"]
    if failures or not stored:
        lines.append(f"{len(data) - len(stored)} of {number(len(data), 'file')} not stored")
    return Answer(data, "\n".join(lines), 2 if failures or not stored else 0)


def _facts(path: Path, export: Export, n_new: int) -> dict[str, Any]:
    return {
        "file": path,
        "status": "not stored" if export.is_empty else "ok",
        "platform": export.platform,
        "numbers": len(export.rows),
        "posts": export.n_posts,
        "new_posts": n_new,
        "days": len({r["day"] for r in export.rows if r["day"]}),
        "follower_days": len(export.followers),
        "totals": export.n_totals,
        "negative": export.n_negative,
        "skipped": export.skipped,
        "unknown_columns": export.unknown_columns,
        "not_per_post": export.elsewhere,
        "reading": export.note,
        "exported_at": export.exported_at,
        "exported_at_basis": export.exported_at_basis,
    }


def _lines(name: str, export: Export, n_new: int) -> list[str]:
    when = f"as of {export.exported_at:%Y-%m-%d %H:%M} UTC ({export.exported_at_basis})"
    lines = [f"{name}: {_summary(export, n_new)}; {when}"]
    if export.n_totals:
        lines.append(f"  {number(export.n_totals, 'row')} of totals passed over")
    if export.n_negative:
        lines.append(f"  {number(export.n_negative, 'number')} below 0 not read")
    lines += [f"  row {row}: {reason}" for row, reason in export.skipped[:10]]
    if len(export.skipped) > 10:
        lines.append(f"  and {number(len(export.skipped) - 10, 'row')} more")
    lines += [f"  {text}" for text in (*export.elsewhere, export.note) if text]
    if export.unknown_columns:
        lines.append(f"  columns not read: {', '.join(export.unknown_columns)}")
    return lines


def _summary(export: Export, n_new: int) -> str:
    if export.is_empty:
        return "nothing stored"
    if not export.rows and not export.posts:
        return f"followers on {number(len(export.followers), 'day')}"
    days = {r["day"] for r in export.rows if r["day"]}
    by_day = f", by day ({min(days)} to {max(days)})" if days else ""
    new_posts = f", {n_new} of them new" if n_new else ""
    posts = number(export.n_posts, "post")
    return f"{number(len(export.rows), 'number')} of {posts}{new_posts}{by_day}"
