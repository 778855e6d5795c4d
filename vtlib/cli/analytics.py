"""`vt import analytics`: own numbers as the platforms export them."""

from __future__ import annotations

from pathlib import Path

import click

from vtlib.cli.base import Answer, command
from vtlib.cli.importing import import_, project_option
from vtlib.flows import performance, projects
from vtlib.models import PLATFORMS, Platform
from vtlib.project import Workspace
from vtlib.stages.conclusion import number


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
def analytics(
    at: Workspace, files: tuple[Path, ...], project: str, platform: Platform | None, post: str
) -> Answer:
    """Import CSV exports of own analytics: Instagram, TikTok, YouTube Studio; views, reach, impressions, saves,
    watch time, retention. The same file again replaces its rows; a column that is not known is named.
    """
    opened = projects.opened(at, project)
    lines, data = [], []
    for path in files:
        found = performance.import_native(opened, path, platform=platform, post_id=post)
        lines.append(
            f"{path.name}: {number(len(found.rows), 'number')} of {number(found.n_posts, 'post')}"
        )
        lines += [f"  row {row}: {reason}" for row, reason in found.skipped[:10]]
        if found.unknown_columns:
            lines.append(f"  not known, left out: {', '.join(found.unknown_columns)}")
        data.append(
            {
                "file": path,
                "platform": found.platform,
                "numbers": len(found.rows),
                "posts": found.n_posts,
                "skipped": found.skipped,
                "unknown_columns": found.unknown_columns,
            }
        )
    return Answer(data, "\n".join(lines))
