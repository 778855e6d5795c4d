"""`vt import analytics`: own numbers as the platforms export them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command
from vtlib.cli.imports import (
    decimal_option,
    encoding_option,
    import_,
    order_option,
    project_option,
)
from vtlib.core.conclusion import number
from vtlib.core.models import PLATFORMS, Platform

if TYPE_CHECKING:
    from vtlib.capture.own_analytics import Export
    from vtlib.store.project import Workspace


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
    from vtlib.performance import stage as performance
    from vtlib.tables.reader import TableOptions

    opened = projects.opened(at, project)
    options = TableOptions(encoding, date_order or "", decimal or "")
    lines, data = [], []
    for path in files:
        export, n_new = performance.import_native(
            opened, path, platform=platform, post_id=post, options=options
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
    made = f", {n_new} of them new" if n_new else ""
    n, when = len(export.rows), f"{export.exported_at:%Y-%m-%d %H:%M} UTC"
    posts = number(export.n_posts, "post")
    head = f"{name}: {number(n, 'number')} of {posts}{made}{by_day}"
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
