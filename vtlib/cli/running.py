"""`vt run` and `vt report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, command
from vtlib.errors import BadInput
from vtlib.flows import projects
from vtlib.models import STAGES
from vtlib.params import merge, parse_overrides
from vtlib.project import Workspace
from vtlib.run.plan import StageEvent
from vtlib.run.project import run as run_notebooks

profile_option = click.option(
    "--profile",
    type=click.Choice(["analyst", "client"]),
    help="Who reads it (default: as in params).",
)


@command(
    vt,
    "run",
    example="vt run spring --from outliers -p outliers.method=robust_z --profile client",
)
@click.argument("project")
@click.option("--from", "from_stage", type=click.Choice(STAGES), help="Begin with this stage.")
@click.option("--only", type=click.Choice(STAGES), help="Run this stage alone.")
@click.option("-p", "pairs", multiple=True, metavar="KEY=VALUE", help="Override a parameter.")
@profile_option
def run(
    at: Workspace,
    project: str,
    from_stage: str | None,
    only: str | None,
    pairs: tuple[str, ...],
    profile: str | None,
) -> Answer:
    """Run the seven notebooks of PROJECT (a slug, or a path to its YAML) and write the pages."""
    over: dict[str, Any] = parse_overrides(pairs)
    over = merge(over, {"report": {"profile": profile}} if profile else {})
    opened = projects.opened(at, project, over=over)
    path = at.params_path(project)
    done = run_notebooks(
        opened,
        from_stage=from_stage or "",
        only=only or "",
        params_file=str(path) if path.exists() else "",
        told=_tell,
    )
    index = done.folder / "index.html"
    text = f"{done.status}: {index}"
    return Answer(
        {"run_id": done.run_id, "status": done.status, "index": index, "stages": done.stages},
        text,
        done.exit_code,
    )


@command(vt, "report", example="vt report spring")
@click.argument("project")
def report(at: Workspace, project: str) -> Answer:
    """Where the latest report of PROJECT is."""
    opened = projects.opened(at, project)
    runs = sorted((at.outputs / opened.slug / "runs").glob("*/index.html"))
    if not runs:
        raise BadInput(f"{project} has no report yet.", todo=f"Run: vt run {project}")
    pages = sorted(p.name for p in runs[-1].parent.glob("*.html"))
    found: dict[str, Any] = {"index": Path(runs[-1]), "pages": pages}
    return Answer(found, str(runs[-1]))


def _tell(event: StageEvent) -> None:
    """One line a stage, on stderr."""
    head = f"[{event.number}/{event.total}] {event.stage:<12}"
    if event.result is None:
        if sys.stderr.isatty():
            print(head, end="\r", file=sys.stderr, flush=True)
        return
    done = event.result
    said = done.reason or (done.headline[0] if done.headline else "")
    print(f"{head} {done.status:<8}{done.seconds:6.1f} s  {said}", file=sys.stderr, flush=True)
