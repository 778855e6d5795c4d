"""`vt run` and `vt report`: the notebooks, where the pages are, what changed from one report to the next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, table
from vtlib.errors import BadInput, DataCheckFailed
from vtlib.flows import projects
from vtlib.models import STAGES
from vtlib.params import merge, parse_overrides
from vtlib.project import Workspace
from vtlib.run import copies
from vtlib.run.plan import RunResult, StageEvent
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
@click.option(
    "--adopt",
    is_flag=True,
    help="With -p outliers.…: make that judgement the project's; else it is a trial.",
)
def run(
    at: Workspace,
    project: str,
    from_stage: str | None,
    only: str | None,
    pairs: tuple[str, ...],
    profile: str | None,
    adopt: bool,
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
        adopt=adopt,
        told=_tell,
    )
    index = done.folder / "index.html"
    naming = opened.params.report.naming
    data = {
        "run_id": done.run_id,
        "status": done.status,
        "creators": naming,
        "index": index,
        "stages": done.stages,
        "seconds": round(done.seconds, 1),
        "seconds_beside_stages": round(done.seconds_beside, 1),
    }
    said = [f"{done.status}: {index}", _time(done), f"creators: {naming} (report.creators)"]
    if naming == "named":
        return Answer(data, "\n".join(said), done.exit_code)
    hits = copies.check_copy(opened, done.folder)
    said += copies.sentences(hits)
    code = done.exit_code or (DataCheckFailed.exit_code if hits else 0)
    return Answer({**data, "leaks": hits}, "\n".join(said), code)


class Reports(Group):
    """`vt report PROJECT` is `vt report show PROJECT`: any first word that is no command is a project."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        names = [a for a in args if not a.startswith("-")]
        is_command = len(names) > 1 and names[0] in self.commands
        return super().parse_args(ctx, args if is_command or not names else ["show", *args])


@vt.group(cls=Reports)
def report() -> None:
    """The latest report of a project (vt report PROJECT), and what changed since the one before it."""


@command(report, "show", example="vt report show spring && vt report spring")
@click.argument("project")
@click.option(
    "--check-client",
    is_flag=True,
    help="Search the latest client's copy for all that leads to a stranger; exit code 6 with each place.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="With --check-client: this folder, whatever it holds.",
)
def show(at: Workspace, project: str, check_client: bool, folder: Path | None) -> Answer:
    """Where the latest report of PROJECT is. `vt report PROJECT` says the same.

    --check-client is the proof before a copy with pseudonyms is handed out: each file, packed and encoded parts too, against
    every handle, name, id, address, caption and transcript of strangers in the workspace, in any spelling.
    """
    opened = projects.opened(at, project)
    if check_client or folder:
        copy = folder or copies.latest_copy(opened)
        hits = copies.check_copy(opened, copy)
        said = "\n".join([str(copy), *copies.sentences(hits)])
        code = DataCheckFailed.exit_code if hits else 0
        return Answer({"folder": copy, "leaks": hits}, said, code)
    runs = sorted((at.outputs / opened.slug / "runs").glob("*/index.html"))
    if not runs:
        raise BadInput(f"{project} has no report yet.", todo=f"Run: vt run {project}")
    pages = sorted(p.name for p in runs[-1].parent.glob("*.html"))
    found: dict[str, Any] = {"index": Path(runs[-1]), "pages": pages}
    return Answer(found, str(runs[-1]))


@command(report, "diff", example="vt report diff spring --from spring-20260301T080000Z")
@click.argument("project")
@click.option("--from", "old", default="", metavar="RUN", help="Default: the report before --to.")
@click.option("--to", "new", default="", metavar="RUN", help="Default: the latest report.")
@click.option(
    "--recompute",
    is_flag=True,
    help="Judge today's data with the old parameters, to tell data and parameters apart.",
)
def diff(at: Workspace, project: str, old: str, new: str, recompute: bool) -> Answer:
    """What changed between two reports of PROJECT, each changed figure put down to data, code, parameters, prompt or model.

    Causes that changed together are named together. --recompute is for the latest report, before new data come in.
    """
    from vtlib.flows import reports  # noqa: PLC0415 - scipy takes a second, vt report needs none
    from vtlib.stages.insight import change_findings  # noqa: PLC0415

    opened = projects.opened(at, project)
    found = reports.changes(opened, old=old, new=new, recompute=recompute)
    if found is None:
        why = f"{project} has no two reports with recorded figures yet"
        return Answer({"figures": [], "reason": why}, f"{why}: vt run {project}")
    changes, tiers = found
    said = [f.said for f in change_findings(changes, tiers)]
    data = {
        "from": changes.old.run_id,
        "to": changes.new.run_id,
        "said": said,
        "figures": changes.figures,
        "unchanged": changes.n_same,
        "causes": changes.causes,
        "posts": tiers,
    }
    shown = changes.figures[["figure", "before", "after", "because"]]
    return Answer(data, "\n".join([*said, "", table(shown, empty="no figure changed")]))


def _time(done: RunResult) -> str:
    """What the whole run took, as it adds up."""
    stages = done.seconds - done.seconds_beside
    return f"{done.seconds:.1f} s: stages {stages:.1f} s, starting and pages {done.seconds_beside:.1f} s"


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
