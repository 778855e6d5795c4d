"""`vt patterns`: features that go with breakouts, with their certainty; `vt advice` from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, command, table
from vtlib.core.models import PLATFORMS, Platform

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.performance import library
    from vtlib.store.project import Workspace

LIBRARY_COLUMNS = {
    "pattern": "pattern",
    "claim": "claim",
    "size": "ratio (80 %)",
    "q_value": "q",
    "n_with": "posts",
    "accounts_with": "accounts",
    "base": "ordinary / breakouts",
    "replicates": "replicates",
    "trend": "trend",
    "kind": "from",
    "posts_needed": "posts needed",
}
PLATFORM_COLUMNS = {
    "pattern": "pattern",
    "platform": "platform",
    "claim": "claim",
    "size": "ratio (80 %)",
    "q_value": "q",
    "common": "all platforms",
    "differs": "differs",
    "n_with": "posts",
    "accounts_with": "accounts",
    "replicates": "replicates",
    "kind": "from",
}


@command(vt, "patterns", example="vt patterns --project spring")
@click.argument("pattern", required=False)
@click.option("--project", help="Slug of a project (default: all).")
@click.option("--claimed", "is_claimed", is_flag=True, help="Only what may be claimed.")
@click.option("--platform", type=click.Choice(PLATFORMS), help="What holds on this platform.")
@click.option("--by-platform", is_flag=True, help="A row for each pattern and platform.")
def patterns(
    at: Workspace,
    pattern: str | None,
    project: str | None,
    is_claimed: bool,
    platform: Platform | None,
    by_platform: bool,
) -> Answer:
    """The library of patterns of the last analysis; with PATTERN, all that is known of one.

    ratio: views with it over views without, against each account's own level; q over all features
    tested. By platform a pattern's own effect is drawn to that of all platforms as far as they
    differ no more than chance, and q is over all features on all platforms. It is made by vt
    analyze performance, and by notebook 07.
    """
    from vtlib.performance import library

    if pattern:
        detail = library.pattern(at, pattern, project=project)
        data = {**detail.row, "examples": detail.examples, "platforms": detail.platforms}
        return Answer(data, _pattern_text(detail))
    if platform or by_platform:
        rows = library.by_platform(at, project, platform=platform)
        rows = rows[rows["claim"].ne("")] if is_claimed and len(rows) else rows
        where = f" on {platform}" if platform else ""
        empty = f"no patterns{where} yet: vt analyze performance"
        return Answer(rows, table(_platform_table(rows), empty=empty))
    rows = library.library(at, project)
    rows = rows[rows["claim"].ne("")] if is_claimed and len(rows) else rows
    empty = "no patterns yet: vt analyze performance"
    return Answer(rows, table(_library_table(rows), empty=empty))


def _size(rows: pd.DataFrame) -> list[str]:
    return [
        f"x{r:.2f} ({low:.2f} to {high:.2f})"
        for r, low, high in zip(rows["ratio"], rows["ratio_low"], rows["ratio_high"], strict=True)
    ]


def _platform_table(rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        return rows
    common = [f"x{r:.2f}" for r in rows["common_ratio"]]
    cells = rows.assign(size=_size(rows), common=common)
    many = len(set(rows["project_id"])) > 1
    names = {"project_id": "project", **PLATFORM_COLUMNS} if many else PLATFORM_COLUMNS
    return cells[list(names)].rename(columns=names)


def _library_table(rows: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    if rows.empty:
        return rows
    size = _size(rows)
    base = [
        f"{a:.0%} / {b:.0%}" if pd.notna(b) else f"{a:.0%} / -"
        for a, b in zip(rows["share_ordinary"], rows["share_breakout"], strict=True)
    ]
    cells = rows.assign(size=size, base=base)
    many = len(set(rows["project_id"])) > 1
    names = {"project_id": "project", **LIBRARY_COLUMNS} if many else LIBRARY_COLUMNS
    return cells[list(names)].rename(columns=names)


def _pattern_text(detail: library.Shown) -> str:
    from vtlib.performance.patterns import pattern_sentence

    row = detail.row
    lines = [
        pattern_sentence(row),
        str(row["definition"]),
        f"from        {row['kind']}: {row['source'] or '-'}",
        f"posts       {row['n_with']:,} with it, {row['n_without']:,} without",
        (
            f"base rate   {_share(row['share_ordinary'], row['n_ordinary'])} of ordinary posts, "
            f"{_share(row['share_breakout'], row['n_breakout'])} of breakouts"
        ),
        f"accounts    {row['accounts_agree']} of {row['accounts_asked']} that could be asked agree",
        f"weeks       {row['weeks_agree']} of {row['weeks_asked']} that could be asked agree",
        f"replicates  {row['replicates']}",
        f"over time   {_trend(row)}",
        f"still       {_posts_needed(row)}",
    ]
    lines += [f"            {s}" for s in detail.on_platforms] if len(detail.platforms) > 1 else []
    lines += [f"mind        {row['note']}"] if row["note"] else []
    columns = ["handle", "multiplier", "views", "url", "frames"]
    return "\n".join([*lines, "", table(detail.examples[columns], empty="no examples")])


def _share(share: Any, count: Any) -> str:
    import pandas as pd

    return f"{share:.0%} of {count:,}" if pd.notna(share) else "none"


def _trend(row: dict[str, Any]) -> str:
    import pandas as pd

    if pd.isna(row["half_life_days"]):
        return str(row["trend"])
    high = row["half_life_high"]
    end = f"{high:,.0f}" if high < 3650 else "no end in sight"
    return (
        f"{row['trend']}: half of it is left after {row['half_life_days']:,.0f} days "
        f"({row['half_life_low']:,.0f} to {end}, 80 %)"
    )


def _posts_needed(row: dict[str, Any]) -> str:
    import pandas as pd

    if row["claim"]:
        return "nothing: it may be claimed"
    visible = f"effects under x{math.exp(row['least_visible_ln']):.2f} cannot be seen yet"
    if pd.isna(row["posts_needed"]):
        return f"no effect to look for; {visible}"
    return f"about {int(row['posts_needed']):,} more posts with it to be sure; {visible}"


@command(vt, "advice", example="vt advice --project spring")
@click.option("--project", required=True, help="Slug of the project.")
@click.option("--kind", type=click.Choice(["shoot", "repeat", "stop", "test"]), help="Only these.")
def advice(at: Workspace, project: str, kind: str | None) -> Answer:
    """What to shoot, repeat, stop and test, from claimed patterns, verdicts, variants, fits and
    costs.

    Each with the views that a post may bring over one that does not follow it, 80 % interval, n and
    the way to do it. What the numbers do not carry is not there; without any it says what is
    missing. Patterns are those that vt analyze performance or notebook 07 tested last.
    """
    # scipy takes a second that vt --help does not need
    from vtlib.adaptation import fits
    from vtlib.ops import projects
    from vtlib.report import advice as report_advice
    from vtlib.report.insight.next_steps import NOTE, TITLE, advice_table, sentence

    current = projects.open_project(at, project)
    rows, lacks = report_advice.advice(current, fits.rank(current))
    rows_of_kind = rows[rows["kind"].eq(kind)] if kind else rows
    data = {"advice": rows_of_kind, "missing": lacks}
    if rows.empty:
        return Answer(data, "\n".join(["nothing can be advised yet:", *lacks]))
    brief = advice_table(rows_of_kind)[["place", "kind", "what", "gain", "views", "n"]]
    lines = [f"{row['place']}. {sentence(row)}" for row in rows_of_kind.to_dict("records")]
    empty = f"no advice of the kind {kind}"
    return Answer(data, "\n".join([TITLE, "", table(brief, empty=empty), "", *lines, "", NOTE]))
