"""`vt runs`, `vt problems`, `vt costs`, `vt check`: runs, failures, money, data checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Rows, command, table
from vtlib.core.errors import BadInput
from vtlib.core.models import STAGES

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.store.project import Workspace

project_option = click.option("--project", help="Slug of a project (default: all).")
limit_option = click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
days_option = click.option(
    "--days", type=click.IntRange(1), help="Only the last so many days (default: ever)."
)


@command(vt, "runs", example="vt runs --project spring")
@click.argument("run_id", required=False)
@project_option
@limit_option
def runs_(at: Workspace, run_id: str | None, project: str | None, limit: int) -> Answer:
    """What ran, newest first; with RUN_ID, how each of its stages went."""
    from vtlib.store import usage

    if run_id:
        stages = usage.run_stages(at.store, run_id)
        if stages.empty:
            raise BadInput(f"there is no run {run_id}, or no stage of it.", todo="See: vt runs")
        return Answer(stages, _stages(at, run_id, stages))
    rows = usage.run_list(at.store, project=project, limit=limit)
    counts = rows[["n_ok", "n_skipped", "n_failed"]].itertuples(index=False)
    lines = rows.assign(stages=["/".join(map(str, row)) for row in counts])
    columns = ["run_id", "status", "started_at", "seconds", "stages", "failed_stage", "reason"]
    text = table(lines[columns], empty="no runs yet: vt run PROJECT")
    note = "\nstages: ok/skipped/failed; one run's: vt runs RUN_ID" if len(rows) else ""
    return Answer(rows, text + note)


def _stages(at: Workspace, run_id: str, stages: pd.DataFrame) -> str:
    """The stages of a run and what it took beside them, so that the seconds add up."""
    import pandas as pd

    from vtlib.store import usage

    lines = stages[["stage", "status", "seconds", "reason"]]
    total_s = usage.run_seconds(at.store, run_id)
    if total_s is None:
        return table(lines)
    beside = max(total_s - float(stages["seconds"].sum()), 0.0)
    rest = pd.DataFrame(
        [("starting and pages", None, beside, None), ("the whole run", None, total_s, None)],
        columns=lines.columns,
    )
    both = pd.concat([lines.astype(object), rest.astype(object)])
    return table(both.assign(seconds=[f"{float(s):.1f}" for s in both["seconds"]]))


@command(vt, "problems", example="vt problems --project spring --stage scraping --days 7")
@project_option
@click.option("--stage", type=click.Choice(STAGES), help="Of this stage alone.")
@click.option("--kind", help="Of this kind alone, e.g. provider_error.")
@days_option
@click.option("--counts", "is_counted", is_flag=True, help="How many of each kind, not one by one.")
@limit_option
def problems(
    at: Workspace,
    project: str | None,
    stage: str | None,
    kind: str | None,
    days: int | None,
    is_counted: bool,
    limit: int,
) -> Answer:
    """Items and stages that failed, newest first, with the reason; docs/troubleshooting.md says
    what to do.
    """
    from vtlib.ops.status import span
    from vtlib.store import usage

    over = span(at, project=project, days=days)
    counts = usage.problem_counts(at.store, over, stage=stage, kind=kind)
    if is_counted:
        return Answer(counts, table(counts, empty="no problems"))
    rows = usage.problem_list(at.store, over, stage=stage, kind=kind, limit=limit)
    lines = rows[["seen_at", "stage", "kind", "source", "item_no", "field", "reason"]]
    return Answer(rows, table(lines, empty="no problems") + _totals_line(counts, len(rows)))


@command(vt, "costs", example="vt costs --by-day --days 30")
@project_option
@days_option
@click.option("--by-day", is_flag=True, help="A line a day, provider and what.")
def costs(at: Workspace, project: str | None, days: int | None, by_day: bool) -> Answer:
    """What was spent on data, models, people and storage; and what may have been paid and is not
    known, with its estimate.
    """
    from vtlib.llm import costs as llm_costs
    from vtlib.llm.bill import USD, bill
    from vtlib.ops.status import span
    from vtlib.store import usage

    over = span(at, project=project, days=days)
    lines = llm_costs.days_of_all if by_day else llm_costs.ledger_of_all
    ledger = lines(at, project=project, since=over.since)
    total = bill(ledger)
    cells = [{**line, "cost (USD)": _cost(line["usd"])} for line in ledger]
    first = ["day", "project_id"] if by_day else ["project_id"]
    columns = [*first, "kind", "provider", "what", "n", "hours", "cost (USD)"]
    text = f"{table(cells, columns=columns, empty='nothing was spent')}\ntotal {total.words}"
    open_ = usage.rows(at.store, "possibly_paid", over)
    data = {
        "total_usd": total.total,
        "currency": USD,
        "split_usd": {kind: part.usd for kind, part in total.parts.items()},
        "without_price": {kind: part.lacks for kind, part in total.parts.items() if part.lacks},
        "rows": ledger,
        "possibly_paid": open_,
        "possibly_paid_usd": _known_usd(open_),
    }
    return Answer(data, text + _possibly_paid_text(open_))


@command(vt, "check", example="vt check")
def check(at: Workspace) -> Answer:
    """Look for rows that must not exist (orphans, twins, future dates, …). Exit 6 when there are
    any.
    """
    from vtlib.store import data_checks

    checks = data_checks.run_checks(at.store)
    bad = checks[checks["n"] > 0]
    has_errors = bool((bad["severity"] == "error").any())
    text = table(
        bad[["check", "severity", "n", "example", "what_to_do"]],
        empty=f"{len(checks)} checks, nothing found",
    )
    return Answer({"checks": checks, "sound": not has_errors}, text, 6 if has_errors else 0)


def _cost(usd: float | None) -> str:
    return "unknown" if usd is None else f"{usd:,.4g}"


def _known_usd(requests: Rows) -> float:
    return sum((r["estimate_usd"] or 0.0 for r in requests), start=0.0)


def _possibly_paid_text(requests: Rows) -> str:
    """Charges that may have been paid, one line each, and their sum; "" without any."""
    if not requests:
        return ""
    n_no_price = sum(r["estimate_usd"] is None for r in requests)
    more = f", {n_no_price:,} of them without a known price" if n_no_price else ""
    total = _known_usd(requests)
    head = (
        f"possibly paid besides, at most ${total:,.4f} (estimate): {len(requests):,} requests{more}"
    )
    names = ("provider", "what", "reason")
    groups: dict[tuple[Any, ...], list[float | None]] = {}
    for r in requests:
        groups.setdefault(tuple(r[n] for n in names), []).append(r["estimate_usd"])
    lines = [
        {**dict(zip(names, group, strict=True)), "n": len(usd), "estimate_usd": _cost(_sum(usd))}
        for group, usd in groups.items()
    ]
    return "\n".join(["", "", head, table(lines)])


def _sum(figures: list[float | None]) -> float | None:
    amounts = [usd for usd in figures if usd is not None]
    return sum(amounts) if amounts else None


def _totals_line(counts: pd.DataFrame, n_rows: int) -> str:
    """Total and counts by kind, of all problems, below the listed ones."""
    if counts.empty:
        return ""
    kinds = ", ".join(f"{r.stage} {r.kind} {r.n:,}" for r in counts.head(8).itertuples())
    total = int(counts["n"].sum())
    return f"\n{total:,} problems, {n_rows:,} listed: {kinds}"
