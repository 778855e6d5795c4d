"""`vt jobs`, `vt worker`, `vt schedule`: work that waits, who does it, and what runs by itself."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, by_option, command, progress, table
from vtlib.core.errors import BadInput
from vtlib.jobs.job import KINDS, Job

if TYPE_CHECKING:
    from vtlib.store.project import Workspace

SHOWN = ("job_id", "kind", "project_id", "status", "done", "tries", "by", "since", "message")
SCHEDULE = ("project_id", "entry", "words", "zone", "last_at", "next_at")


class Jobs(Group):
    """`vt jobs` is short for `vt jobs list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_help = bool({"-h", "--help"} & set(args))
        is_command = any(a in self.commands for a in args[:1])
        return super().parse_args(ctx, args if is_help or is_command else ["list", *args])


@vt.group(cls=Jobs)
def jobs() -> None:
    """Work that waits, runs and ran (vt jobs); add, cancel, pause and resume it.

    Kinds: fetch, measure, ask, capture, judge, run, report, watch.
    """


@command(jobs, "list", example="vt jobs list --project spring --limit 200 --json")
@click.option("--project", default="", help="Of this project alone.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def list_(at: Workspace, project: str, limit: int) -> Answer:
    """Jobs, the newest first, with their progress; what is paused. vt jobs says the same."""
    from vtlib.jobs import queue

    rows, pauses = queue.listing(at, project, limit=limit), queue.pauses(at)
    lines = [table([_line(r) for r in rows], columns=SHOWN, empty="no jobs yet: vt jobs add")]
    lines += [f"paused: {p['kind'] or p['project_id']} (by {p['paused_by']})" for p in pauses]
    return Answer({"jobs": rows, "paused": pauses}, "\n".join(lines))


@command(
    jobs,
    "add",
    example="vt jobs add measure spring -p analysis.limit=200\n"
    "vt jobs add run spring --priority 5 --at 2026-12-01T03:00Z",
)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("project")
@click.option("-p", "pairs", multiple=True, metavar="KEY=VALUE", help="Override a parameter.")
@click.option("--priority", type=int, default=0, help="The greater goes first. Default: 0.")
@click.option("--at", "begin_at", metavar="TIME", help="Not before this time (ISO; UTC).")
@by_option
def add(
    at: Workspace,
    kind: str,
    project: str,
    pairs: tuple[str, ...],
    priority: int,
    begin_at: str | None,
    by: str,
) -> Answer:
    """Let a team's workers do work of KIND on PROJECT; on one file it is done now, in this process.

    One that waits already is not added twice. Captures, asks and runs of a project go one after the
    other, since they spend of one budget.
    """
    from vtlib.jobs import queue

    job, moment = Job(kind, project, pairs, by=by), _moment(begin_at)
    with progress(kind, unit="items") as tick:
        row = queue.add(at, job, priority=priority, begin_at=moment, tick=tick)
    text = f"job {row['job_id']}: {row['status']}"
    return Answer(
        row, f"{text}; {row['message']}" if row.get("message") else text, row.get("exit_code") or 0
    )


@command(jobs, "cancel", example="vt jobs cancel 17")
@click.argument("job_id", metavar="ID")
def cancel(at: Workspace, job_id: str) -> Answer:
    """Cancel a job that waits; one that runs ends after the item in hand, and what it did stays."""
    from vtlib.jobs import queue

    row = queue.cancel(at, job_id)
    is_running = row["status"] == "runs"
    return Answer(row, f"job {job_id}: {'ends after this item' if is_running else row['status']}")


@command(jobs, "pause", example="vt jobs pause capture\nvt jobs pause spring")
@click.argument("what", metavar="KIND|PROJECT")
@by_option
def pause(at: Workspace, what: str, by: str) -> Answer:
    """Let all jobs of a kind or a project wait, those that come too; its schedule as well."""
    from vtlib.jobs import queue

    n = queue.pause(at, what, by=by)
    return Answer({"paused": what, "waiting": n}, f"{what} is paused; jobs that wait: {n}")


@command(jobs, "resume", example="vt jobs resume capture")
@click.argument("what", metavar="KIND|PROJECT")
def resume(at: Workspace, what: str) -> Answer:
    """Let the jobs of a kind or a project go on."""
    from vtlib.jobs import queue

    n = queue.resume(at, what)
    return Answer({"resumed": what, "waiting": n}, f"{what} goes on; jobs that wait: {n}")


@command(vt, "worker", example="vt worker --kinds fetch,measure --concurrency 2")
@click.option("--kinds", default="", metavar="KIND,…", help="Jobs of these kinds alone.")
@click.option("--concurrency", type=click.IntRange(1, 64), default=1, help="Jobs at a time.")
@click.option("--once", is_flag=True, help="Leave when nothing waits any more.")
@click.option(
    "--stalled-after",
    "stalled_s",
    type=click.FloatRange(1),
    default=30.0,
    show_default=True,
    help="Seconds of silence after which a worker is taken for dead; the same for all workers.",
)
def worker(at: Workspace, kinds: str, concurrency: int, once: bool, stalled_s: float) -> Answer:
    """Do the jobs of a team's queue, on any machine, and keep its schedules.

    SIGTERM or Ctrl-C: it leaves after the item in hand, and its job goes on elsewhere. Killed, its
    jobs are taken up by the others; what they did is not done, nor paid, again. A database that
    goes away is waited for.
    """
    from vtlib.jobs import worker as workers

    only = [k.strip() for k in kinds.split(",") if k.strip()]
    if unknown := [k for k in only if k not in KINDS]:
        raise BadInput(f"{unknown[0]} is no kind of job.", todo=f"Kinds: {', '.join(KINDS)}.")
    counts = workers.serve(at, only=only, concurrency=concurrency, once=once, stalled_s=stalled_s)
    text = ", ".join(f"{n} {how}" for how, n in sorted(counts.items())) or "nothing"
    return Answer(counts, f"done: {text}")


@vt.group(cls=Group)
def schedule() -> None:
    """What runs by itself: schedule: in the YAML, with cron words (capture, refresh, run, report,
    watch).

    In a team the workers keep the time; on one machine vt schedule install does.
    """


@command(schedule, "list", example="vt schedule list spring")
@click.argument("project", required=False, default="")
def schedule_list(at: Workspace, project: str) -> Answer:
    """When each entry of PROJECT, or of all projects, was last taken up, and when it is next."""
    from vtlib.jobs import schedule as schedules

    rows = schedules.listing(at, project)
    return Answer(rows, table(rows, columns=SCHEDULE, empty="no project has a schedule:"))


@command(schedule, "run-due", example="vt schedule run-due spring")
@click.argument("project")
def run_due(at: Workspace, project: str) -> Answer:
    """Do what is due of PROJECT now. What was missed is made up once; a timer calls this.

    An entry begins with its first time after it was first seen here. Exit code: that of the worst.
    """
    from vtlib.jobs import schedule as schedules

    rows = schedules.run_due(at, project, _print)
    text = table(rows, columns=("entry", "due_at", "exit_code", "message"), empty="nothing is due")
    return Answer(rows, text, max((int(r["exit_code"] or 0) for r in rows), default=0))


@command(schedule, "install", example="vt schedule install spring --print")
@click.argument("project")
@click.option(
    "--with", "keeper", type=click.Choice(["systemd", "cron"]), help="Default: what is here."
)
@click.option(
    "--print", "is_shown", is_flag=True, help="Show what would be written, write nothing."
)
def install(at: Workspace, project: str, keeper: Any, is_shown: bool) -> Answer:
    """Let this machine call vt schedule run-due every 5 minutes: a systemd user timer, or a line of
    the crontab. Nothing that is not ours is changed.
    """
    from vtlib.jobs import schedule as schedules
    from vtlib.jobs import timer

    schedules.refuse_team(at)
    schedules.listing(at, project)  # raises where there is none
    by = keeper or timer.keeper()
    if is_shown:
        files = {"crontab": timer.crontab_line(at, project)} if by == "cron" else {}
        files = files or timer.units(at, project)
        return Answer(files, "\n".join(f"{name}:\n{text}" for name, text in files.items()))
    lines = timer.install(at, project, by)
    schedules.begin(at, project)
    return Answer({"by": by, "written": lines}, "\n".join(lines))


@command(schedule, "remove", example="vt schedule remove spring")
@click.argument("project")
def remove(at: Workspace, project: str) -> Answer:
    """Take away the timer of PROJECT that vt schedule install made on this machine."""
    from vtlib.jobs import timer

    lines = timer.remove(at, project)
    return Answer({"removed": lines}, "\n".join(lines) or "there was no timer of ours")


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """A job as the terminal shows it."""
    total = "" if row["n_total"] is None else f"/{row['n_total']}"
    done = None if row["n_done"] is None else f"{row['n_done']}{total}"
    since = row["ended_at"] or row["started_at"] or row["waits_until"]
    by = row["added_by"] or (f"schedule: {row['entry']}" if row["entry"] else "")
    return {**row, "done": done, "since": since, "by": by}


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--at {text}: write it as 2026-12-01T03:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
