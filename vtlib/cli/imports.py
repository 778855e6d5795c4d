"""`vt import`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, progress, table
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS

if TYPE_CHECKING:
    from vtlib.capture import imports as importing
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
    from vtlib.capture import imports as importing
    from vtlib.ops import projects

    found = importing.import_urls(projects.opened(at, project), [url], own=own, notes=notes)
    return answer(found)


@command(import_, "urls", example="vt import urls urls.txt --project spring")
@click.argument("file", type=click.Path(path_type=Path))
@project_option
def urls(at: Workspace, file: Path, project: str) -> Answer:
    """Add posts from a text file, a URL a line (# begins a remark)."""
    from vtlib.capture import imports as importing
    from vtlib.ops import projects

    lines = projects.read_lines(file)
    return answer(importing.import_urls(projects.opened(at, project), lines))


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
    from vtlib.capture import imports as importing
    from vtlib.ops import projects
    from vtlib.tables.reader import TableOptions

    opened = projects.opened(at, project)
    with progress("importing", unit="items") as tick:
        options = TableOptions(encoding, date_order or "", decimal or "")
        wanted = importing.ImportOptions(
            platform, _time(captured_at), tick, is_strict=strict, options=options
        )
        result = importing.run(opened, files, wanted)
    return answer([*result.reports])


@command(import_, "again", example="vt import again --project spring")
@project_option
@strict_option
def again(at: Workspace, project: str, strict: bool) -> Answer:
    """Map all kept raw items again with today's mapping; no file is needed."""
    from vtlib.capture import imports as importing
    from vtlib.ops import projects

    return answer(importing.remap(projects.opened(at, project), is_strict=strict))


def answer(reports: list[importing.ImportReport]) -> Answer:
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
    said = [_said(r) for r in reports if r.reason and r.status != "unchanged"]
    said += [f"{r.source}: {r.reading}" for r in reports if r.reading]
    said += [f"{r.source}: {note}" for r in reports for note in r.notes]
    said += [f"{r.source}: new fields {', '.join(r.new_keys[:12])}" for r in reports if r.new_keys]
    failed = sum(1 for r in reports if r.exit_code)
    if failed:
        said.append(f"{failed} of {len(reports)} did not go in whole")
    worst = max((r.exit_code for r in reports), default=0)
    return Answer({"imports": reports, "failed": failed}, "\n".join([table(rows), *said]), worst)


def _said(report: importing.ImportReport) -> str:
    named = report.reason.startswith(report.source)
    return report.reason if named else f"{report.source}: {report.reason}"


def _mark(report: importing.ImportReport) -> str:
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
