"""`vt run`, `vt overview`, `vt report`: run the notebooks, find the pages, compare reports."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, failure, table
from vtlib.cli.failures import as_error
from vtlib.core.errors import BadInput, DataCheckFailed, ModelFailed
from vtlib.core.models import STAGES

if TYPE_CHECKING:
    from vtlib.run.plan import RunResult, StageEvent
    from vtlib.run.tape import Tape
    from vtlib.store.project import Workspace

profile_option = click.option(
    "--profile",
    type=click.Choice(["analyst", "client"]),
    help="Who reads it (default: as in params).",
)


@command(
    vt,
    "run",
    example="vt run spring --from outliers -p outliers.method=robust_z --profile client\nvt run "
    "--brand yakety-pack\n"
    "vt run spring --record replies && vt run spring --replay replies",
)
@click.argument("names", nargs=-1, metavar="PROJECT...")
@click.option("--all", "is_all", is_flag=True, help="Every project that is not archived.")
@click.option("--brand", help="Every project of this brand.")
@click.option("--from", "from_stage", type=click.Choice(STAGES), help="Begin with this stage.")
@click.option("--only", type=click.Choice(STAGES), help="Run this stage alone.")
@click.option("-p", "pairs", multiple=True, metavar="KEY=VALUE", help="Override a parameter.")
@profile_option
@click.option(
    "--adopt",
    is_flag=True,
    help="With -p outliers.…: make that judgement the project's; else it is a trial.",
)
@click.option("--again", is_flag=True, help="Run stages that have nothing new, too.")
@click.option(
    "--no-wait",
    "is_impatient",
    is_flag=True,
    help="Where a project is being run already, leave with exit code 7; default: wait for it to "
    "end.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write every model's reply into this new folder, a JSON file a request.",
)
@click.option(
    "--replay",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Answer from recorded replies: no model is called, nothing is fetched, no cost.",
)
def run(
    at: Workspace,
    names: tuple[str, ...],
    is_all: bool,
    brand: str | None,
    pairs: tuple[str, ...],
    profile: str | None,
    **how: Any,
) -> Answer:
    """Run the seven notebooks of each PROJECT (a slug, or a path to its YAML) and write the pages.

    Several run one after the other; one that fails does not stop the rest, and the exit code is
    that of the worst. The page over all projects (vt overview) is drawn anew. A project runs once
    at a time: a second run of it waits.

    A stage is skipped where nothing that it reads has changed since it last ran (tables, files,
    parameters, code, prompts, libraries) and nothing is to be captured, fetched or asked: its page
    stands. --again runs all; the stage that --only or --from names runs in any case.

    --record writes what models replied; --replay runs the project again from it, at the time of the
    recorded run: in a copy of the workspace from before, the tables come out the same. A request
    that is not recorded is a problem not_recorded, and the exit code is 5.
    """
    from vtlib.core.param_keys import merge, parse_overrides

    tape = _tape(how.pop("record"), how.pop("replay"))
    how["tape"] = tape
    over: dict[str, Any] = parse_overrides(pairs)
    over = merge(over, {"report": {"profile": profile}} if profile else {})
    slugs = _project_slugs(at, names, is_all=is_all, brand=brand)
    is_one = len(names) == 1 and not is_all and not brand
    if is_one:
        answer = _run_one(at, slugs[0], over, how)
        _overview(at)
        return answer
    answers = [_attempt(at, name, over, how) for name in slugs]
    failures = [name for name, a in zip(slugs, answers, strict=True) if a.exit_code]
    summary = f"{len(slugs) - len(failures)} of {len(slugs)} projects ran through"
    lines = [f"{name}: {a.text}" for name, a in zip(slugs, answers, strict=True)]
    page = _overview(at)
    last = [
        summary + (f"; not {', '.join(failures)}" if failures else ""),
        *([f"all projects: {page}"] if page else []),
    ]
    data = {
        "projects": {n: a.data for n, a in zip(slugs, answers, strict=True)},
        "failed": failures,
        "overview": page,
    }
    return Answer(data, "\n".join([*lines, *last]), max(a.exit_code for a in answers))


def _tape(record: Path | None, replay: Path | None) -> Tape:
    """Raises BadInput for both at once, and for a folder to record into that is not empty."""
    if record and replay:
        raise BadInput("--record and --replay exclude each other.", todo="Give one of them.")
    from vtlib.llm.recording import require_new
    from vtlib.run.tape import Tape

    if record:
        require_new(record)
    return Tape(record, replay)


def _project_slugs(
    at: Workspace, names: tuple[str, ...], *, is_all: bool, brand: str | None
) -> list[str]:
    """Slugs of the selected projects; BadInput for none, or for names with --all or --brand."""
    from vtlib.store import catalog

    if names and (is_all or brand):
        raise BadInput("name projects, or take --all or --brand, not both.")
    if names:
        return list(dict.fromkeys(names))
    if not is_all and not brand:
        raise BadInput(
            "which project?", todo="Name one or more, or --all, or --brand B. See: vt project list"
        )
    if is_all and brand:
        raise BadInput("--all and --brand exclude each other.", todo="Give one of them.")
    slugs = [str(p["slug"]) for p in catalog.listing(at.store, "projects", brand=brand)]
    if not slugs:
        raise BadInput(
            f"there is no project{f' of brand {brand}' if brand else ''} in use.",
            todo="See: vt project list --archived",
        )
    return slugs


def _attempt(at: Workspace, name: str, over: dict[str, Any], how: dict[str, Any]) -> Answer:
    """One of several runs; an error becomes its answer, so that the next one starts."""
    print(f"== {name}", file=sys.stderr, flush=True)
    try:
        return _run_one(at, name, over, how)
    except Exception as fault:  # noqa: BLE001 - one project's fault must not stop the others; it keeps its sentence and code
        error = as_error(fault)
        return Answer(failure(error), f"error: {error}", error.exit_code)


def _overview(at: Workspace) -> Path | None:
    """Redraw the page over all projects; a failure to do so does not fail the run."""
    from vtlib.run.pages import write_overview

    try:
        return write_overview(at)
    except Exception as fault:  # noqa: BLE001 - the run is through, and said so
        print(f"the page over all projects was not drawn: {as_error(fault)}", file=sys.stderr)
        return None


def _run_one(at: Workspace, project: str, over: dict[str, Any], how: dict[str, Any]) -> Answer:
    from vtlib.llm.recording import n_missing
    from vtlib.ops import projects
    from vtlib.run import copies
    from vtlib.run.project import run as run_notebooks

    tape: Tape = how["tape"]
    current = projects.open_project(at, project, over=over)
    projects.require_in_use(current)
    path = at.params_path(project)
    result = run_notebooks(
        current,
        from_stage=how["from_stage"] or "",
        only=how["only"] or "",
        params_file=str(path) if path.exists() else "",
        adopt=how["adopt"],
        again=how["again"],
        wait=not how["is_impatient"],
        on_wait=_print_line,
        on_event=_print_stage,
        tape=tape,
    )
    index = result.folder / "index.html"
    naming = current.params.report.naming
    data = {
        "run_id": result.run_id,
        "status": result.status,
        "creators": naming,
        "index": index,
        "stages": result.stages,
        "seconds": round(result.seconds, 1),
        "seconds_beside_stages": round(result.seconds_beside, 1),
    }
    lines = [f"{result.status}: {index}", _time(result), f"creators: {naming} (report.creators)"]
    if n_same := sum(stage.origin is not None for stage in result.stages):
        lines.append(f"{n_same} of {len(result.stages)} stages had nothing new: --again runs them")
    code = result.exit_code
    if tape.replay and (missing := n_missing(current, result.run_id)):
        lines.append(
            f"{missing} requests are not in {tape.replay}: vt problems --kind not_recorded"
        )
        data["not_recorded"] = missing
        code = code or ModelFailed.exit_code
    if naming == "named":
        return Answer(data, "\n".join(lines), code)
    hits = copies.check_copy(current, result.folder)
    lines += copies.sentences(hits)
    code = code or (DataCheckFailed.exit_code if hits else 0)
    return Answer({**data, "leaks": hits}, "\n".join(lines), code)


@command(vt, "overview", example="vt overview --brand yakety-pack")
@click.option("--brand", help="Slug of a brand: its projects alone.")
@click.option("--archived", "has_archived", is_flag=True, help="Archived projects too.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: outputs/index.html."
)
def overview(at: Workspace, brand: str | None, has_archived: bool, out: Path | None) -> Answer:
    """All projects on one page: last run, posts, breakouts, scripts by status, what is due, what
    was spent, link to each report.

    Every vt run draws it anew. It names no creators.
    """
    import pandas as pd

    from vtlib.report import projects as report_projects
    from vtlib.run.pages import write_overview

    rows = report_projects.rows(at, brand=brand, has_archived=has_archived)
    path = write_overview(at, out=out, brand=brand, has_archived=has_archived)
    frame = pd.DataFrame(rows, columns=list(report_projects.COLUMNS), dtype=object)
    text = table(frame.where(frame.notna(), None), empty="no projects yet: vt project create NAME")
    return Answer({"page": path, "projects": rows}, f"{text}\n{path}")


class Reports(Group):
    """`vt report PROJECT` is short for `vt report show PROJECT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        names = [a for a in args if not a.startswith("-")]
        named = self.commands.get(names[0]) if names else None
        is_alone = len(names) == 1 and not {"--help", "-h"} & set(args)  # maybe a project's name
        is_command = named is not None and (not is_alone or isinstance(named, Group))
        return super().parse_args(ctx, args if is_command or not names else ["show", *args])


@vt.group(cls=Reports)
def report() -> None:
    """The latest report of a project (vt report PROJECT), and what changed since the one before
    it.
    """


@command(
    report, "show", example="vt report show spring && vt report --brand acme --product acme/blender"
)
@click.argument("project", required=False)
@click.option("--brand", help="The dashboard of a brand over all its projects, drawn anew.")
@click.option("--product", default="", help="With --brand: of one product alone.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="With --brand: this file."
)
@click.option(
    "--check-client",
    is_flag=True,
    help="Search the latest client's copy for all that leads to a stranger; exit code 6 with "
    "each place.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="With --check-client: this folder, whatever it holds.",
)
def show(
    at: Workspace,
    project: str | None,
    brand: str | None,
    product: str,
    out: Path | None,
    check_client: bool,
    folder: Path | None,
) -> Answer:
    """Where the latest report of PROJECT is. `vt report PROJECT` says the same.

    With --brand: what is in production, predicted against actual, the hit rate against the
    accounts' own usual, costs and the patterns that hold, over all projects of a brand or one of
    its products, as one page that opens anywhere.

    --check-client is the proof before a copy with pseudonyms is handed out: each file, packed and
    encoded parts too, against every handle, name, id, address, caption and transcript of strangers
    in the workspace, in any spelling.
    """
    from vtlib.ops import projects
    from vtlib.run import copies

    if brand:
        return _dashboard(at, brand, product=product, out=out, project=project)
    if not project:
        raise BadInput("which project?", todo="Name one, or --brand B. See: vt project list")
    current = projects.open_project(at, project)
    if check_client or folder:
        copy = folder or copies.latest_copy(current)
        hits = copies.check_copy(current, copy)
        text = "\n".join([str(copy), *copies.sentences(hits)])
        code = DataCheckFailed.exit_code if hits else 0
        return Answer({"folder": copy, "leaks": hits}, text, code)
    runs = sorted((at.outputs / current.slug / "runs").glob("*/index.html"))
    if not runs:
        raise BadInput(f"{project} has no report yet.", todo=f"Run: vt run {project}")
    pages = sorted(p.name for p in runs[-1].parent.glob("*.html"))
    data: dict[str, Any] = {"index": Path(runs[-1]), "pages": pages}
    return Answer(data, "\n".join([str(runs[-1]), *_last_answer(at, current.slug)]))


def _last_answer(at: Workspace, slug: str) -> list[str]:
    """What a client answered last, where one did."""
    sql = """SELECT run_id, decision, reviewer, reviewed_on FROM report_reviews
        WHERE project_id = $project ORDER BY taken_in_at DESC, review_id DESC LIMIT 1"""
    return [
        f"{r['reviewer']} answered the report of {r['run_id']} on {r['reviewed_on']}: "
        f"{r['decision'].replace('_', ' ')} (vt report reviews list {slug})"
        for r in at.store.rows(sql, {"project": slug})
    ]


def _dashboard(
    at: Workspace, brand: str, *, product: str, out: Path | None, project: str | None
) -> Answer:
    from vtlib.run.pages import write_dashboard

    if project:
        raise BadInput("name a project, or --brand, not both.")
    path = write_dashboard(at, brand, product=product, out=out)
    return Answer({"page": path, "brand": brand, "product": product or None}, str(path))


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
    """What changed between two reports of PROJECT, each changed figure put down to data, code,
    parameters, prompt or model.

    Causes that changed together are named together. --recompute is for the latest report, before
    new data come in.
    """
    from vtlib.ops import projects
    from vtlib.report import history as report_history
    from vtlib.report.insight import change_findings

    current = projects.open_project(at, project)
    history = report_history.changes(current, old=old, new=new, recompute=recompute)
    if history is None:
        why = f"{project} has no two reports with recorded figures yet"
        return Answer({"figures": [], "reason": why}, f"{why}: vt run {project}")
    changes, tiers = history
    sentences = [f.sentence for f in change_findings(changes, tiers)]
    data = {
        "from": changes.old.run_id,
        "to": changes.new.run_id,
        "said": sentences,
        "figures": changes.figures,
        "unchanged": changes.n_same,
        "causes": changes.causes,
        "posts": tiers,
    }
    cells = changes.figures[["figure", "before", "after", "because"]]
    return Answer(data, "\n".join([*sentences, "", table(cells, empty="no figure changed")]))


def _time(result: RunResult) -> str:
    """Duration of the run, split into stages and the rest."""
    stages = result.seconds - result.seconds_beside
    return (
        f"{result.seconds:.1f} s: stages {stages:.1f} s, starting and pages "
        f"{result.seconds_beside:.1f} s"
    )


def _print_line(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _print_stage(event: StageEvent) -> None:
    """One line a stage, on stderr."""
    head = f"[{event.number}/{event.total}] {event.stage:<12}"
    if event.result is None:
        if sys.stderr.isatty():
            print(head, end="\r", file=sys.stderr, flush=True)
        return
    outcome = event.result
    message = outcome.reason or (outcome.headline[0] if outcome.headline else "")
    print(
        f"{head} {outcome.status:<8}{outcome.seconds:6.1f} s  {message}",
        file=sys.stderr,
        flush=True,
    )
