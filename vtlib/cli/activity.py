"""`vt runs`, `vt problems`, `vt costs`, `vt check`: what ran, what failed, what it cost, what
must not be.
"""

from __future__ import annotations

import click
import pandas as pd

from vtlib.cli import vt
from vtlib.cli.base import Answer, command, table
from vtlib.core.errors import BadInput
from vtlib.core.models import STAGES
from vtlib.llm import costs as money
from vtlib.llm.bill import USD, bill
from vtlib.ops.operations import span
from vtlib.store import data_checks, usage
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
    if run_id:
        stages = usage.run_stages(at.store, run_id)
        if stages.empty:
            raise BadInput(f"there is no run {run_id}, or no stage of it.", todo="See: vt runs")
        return Answer(stages, _stages(at, run_id, stages))
    found = usage.run_list(at.store, project=project, limit=limit)
    ended = found[["n_ok", "n_skipped", "n_failed"]].itertuples(index=False)
    shown = found.assign(stages=["/".join(map(str, row)) for row in ended])
    columns = ["run_id", "status", "started_at", "seconds", "stages", "failed_stage", "reason"]
    said = table(shown[columns], empty="no runs yet: vt run PROJECT")
    note = "\nstages: ok/skipped/failed; one run's: vt runs RUN_ID" if len(found) else ""
    return Answer(found, said + note)


def _stages(at: Workspace, run_id: str, stages: pd.DataFrame) -> str:
    """The stages of a run and what it took beside them, so that the seconds add up."""
    shown = stages[["stage", "status", "seconds", "reason"]]
    whole = usage.run_seconds(at.store, run_id)
    if whole is None:
        return table(shown)
    beside = max(whole - float(stages["seconds"].sum()), 0.0)
    rest = pd.DataFrame(
        [("starting and pages", None, beside, None), ("the whole run", None, whole, None)],
        columns=shown.columns,
    )
    both = pd.concat([shown.astype(object), rest.astype(object)])
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
    over = span(at, project=project, days=days)
    counts = usage.problem_counts(at.store, over, stage=stage, kind=kind)
    if is_counted:
        return Answer(counts, table(counts, empty="no problems"))
    found = usage.problem_list(at.store, over, stage=stage, kind=kind, limit=limit)
    shown = found[["seen_at", "stage", "kind", "source", "item_no", "field", "reason"]]
    return Answer(found, table(shown, empty="no problems") + _summed(counts, len(found)))


@command(vt, "costs", example="vt costs --by-day --days 30")
@project_option
@days_option
@click.option("--by-day", is_flag=True, help="A line a day, provider and what.")
def costs(at: Workspace, project: str | None, days: int | None, by_day: bool) -> Answer:
    """What was spent on data, models, people and storage; and what may have been paid and is not
    known, with its estimate.
    """
    over = span(at, project=project, days=days)
    lines = money.days_of_all if by_day else money.ledger_of_all
    found = lines(at, project=project, since=over.since)
    whole = bill(found)
    shown = found.assign(**{"cost (USD)": [_cost(usd) for usd in found["usd"]]})
    first = ["day", "project_id"] if by_day else ["project_id"]
    columns = [*first, "kind", "provider", "what", "n", "hours", "cost (USD)"]
    text = f"{table(shown[columns], empty='nothing was spent')}\ntotal {whole.words}"
    open_ = usage.possibly_paid(at.store, over)
    data = {
        "total_usd": whole.total,
        "currency": USD,
        "split_usd": {kind: part.usd for kind, part in whole.parts.items()},
        "without_price": {kind: part.lacks for kind, part in whole.parts.items() if part.lacks},
        "rows": found,
        "possibly_paid": open_,
        "possibly_paid_usd": float(open_["estimate_usd"].sum()),
    }
    return Answer(data, text + _possibly(open_))


@command(vt, "check", example="vt check")
def check(at: Workspace) -> Answer:
    """Look for rows that must not exist (orphans, twins, future dates, …). Exit 6 when there are
    any.
    """
    found = data_checks.run_checks(at.store)
    bad = found[found["n"] > 0]
    failed = bool((bad["severity"] == "error").any())
    text = table(
        bad[["check", "severity", "n", "example", "what_to_do"]],
        empty=f"{len(found)} checks, nothing found",
    )
    return Answer({"checks": found, "sound": not failed}, text, 6 if failed else 0)


def _cost(usd: float) -> str:
    return "unknown" if pd.isna(usd) else f"{usd:,.4g}"


def _possibly(open_: pd.DataFrame) -> str:
    """What may have been paid besides, a line a provider, what and reason, and its sum; "" when
    there is nothing.
    """
    if open_.empty:
        return ""
    unpriced = int(open_["estimate_usd"].isna().sum())
    more = f", {unpriced:,} of them without a known price" if unpriced else ""
    total = float(open_["estimate_usd"].sum())
    head = f"possibly paid besides, at most ${total:,.4f} (estimate): {len(open_):,} requests{more}"
    groups = open_.groupby(["provider", "what", "reason"], sort=False)["estimate_usd"]
    shown = groups.agg(n="size", estimate_usd=lambda usd: usd.sum(min_count=1)).reset_index()
    shown["estimate_usd"] = [_cost(usd) for usd in shown["estimate_usd"]]
    return "\n".join(["", "", head, table(shown)])


def _summed(counts: pd.DataFrame, listed: int) -> str:
    """A last line that says how many there are of what, the listed ones and the rest."""
    if counts.empty:
        return ""
    kinds = ", ".join(f"{r.stage} {r.kind} {r.n:,}" for r in counts.head(8).itertuples())
    total = int(counts["n"].sum())
    return f"\n{total:,} problems, {listed:,} listed: {kinds}"
