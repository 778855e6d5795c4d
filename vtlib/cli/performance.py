"""`vt analyze performance` and `vt analyze competitors`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command, table
from vtlib.cli.imports import project_option
from vtlib.cli.outliers import analyze
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.performance.pipeline import Result
    from vtlib.store.project import Workspace

GROUPS = ["by", "group", "n", "accounts", "size", "engagement_rate", "share_rate", "save_rate"]
NOT_STORED = (
    "A look at a part: shown and not kept, so reports stay as they are "
    "(--adopt keeps it; vt analyze performance --project {slug} looks at everything)."
)
_UNITS = {"d": 1, "w": 7, "m": 30, "y": 365}


@command(
    analyze, "performance", example="vt analyze performance --product core-deck --date-range 30d"
)
@click.option("--product", help="Slug of a product (or brand/slug); default: all of the project.")
@click.option("--project", help="Slug of the project; default: the one that has the product.")
@click.option(
    "--date-range",
    help="How far back from the last capture: 30d, 8w, 3m (of 30 days), 1y, or a number of days. "
    "Default: params.",
)
@click.option(
    "--adopt", is_flag=True, help="Keep what a look at one product or other days found, too."
)
def performance(
    at: Workspace, product: str | None, project: str | None, date_range: str | None, adopt: bool
) -> Answer:
    """Did it work: predictions against what happened, reach against the own level, patterns,
    variants, money.

    Posts are judged anew first. Under 20 matured posts the report says that nothing can be claimed
    yet. A look at one product or at other days than the project's YAML names is shown and not kept:
    what reports show stays, until --adopt.
    """
    from vtlib.ops import projects
    from vtlib.outliers import stage as outliers_stage
    from vtlib.performance import matches
    from vtlib.performance import stage as performance_stage

    settings: dict[str, Any] = {}
    if date_range:
        settings["date_range_days"] = days(date_range)
    if product:
        settings["products"] = [projects.product_id(at, product)]
    slug = project or projects.with_product(at, product)
    current = projects.open_project(at, slug, over={"performance": settings})
    outliers_stage.renew(current)
    links = matches.renew(current)
    is_kept = adopt or not performance_stage.is_restricted(current)
    stage_result = performance_stage.run(current, is_kept=is_kept)
    result, run = stage_result.found, stage_result.run
    note = "" if is_kept else f"\n\n{NOT_STORED.format(slug=slug)}"
    note += f"\n\n{links.message}" if links.message else ""
    return Answer(_data(slug, result, run) | {"is_kept": is_kept}, _text(result) + note)


def days(text: str) -> int:
    """`30d`, `8w`, `3m`, `1y` or a plain number of days. Raises BadInput for anything else."""
    match = re.fullmatch(r"\s*(\d+)\s*([dwmy]?)\s*", text.lower())
    count = int(match.group(1)) * _UNITS[match.group(2) or "d"] if match else 0
    if count < 1:
        raise BadInput(f"--date-range {text}: no span of days.", todo="E.g. 30d, 8w, 3m, 1y.")
    return count


def _text(result: Result) -> str:
    groups = _with_size(result.groups)
    parts = ["\n".join(result.conclusion.headline) or repr(result.conclusion)]
    if len(groups):
        parts.append(table(groups[GROUPS].head(40)))
    if result.page["n"].max() > 0:
        parts.append(table(result.page))
    if len(result.returns):
        parts.append(table(result.returns.drop(columns=["said"])))
    return "\n\n".join(parts)


def _with_size(groups: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    size = [
        f"x{r:.2f} ({low:.2f} to {high:.2f})" if pd.notna(low) else (f"x{r:.2f}" if n else "-")
        for r, low, high, n in zip(
            groups["ratio"], groups["ratio_low"], groups["ratio_high"], groups["n"], strict=True
        )
    ]
    return groups.assign(size=size)


def _data(slug: str, result: Result, run: dict[str, Any]) -> dict[str, Any]:
    return {
        "project": slug,
        "status": result.conclusion.status,
        "since": result.days.since,
        "until": result.days.until,
        "headline": result.conclusion.headline,
        "insights": result.insights,
        "groups": result.groups,
        "calibration": result.page,
        "calibration_rates": result.rate_page,
        "forecaster": run["forecaster"],
        "variants": result.variants,
        "returns": result.returns,
        "verdicts": result.verdicts,
        "patterns_tested": run["n_tested"],
        "patterns_claimed": run["n_claimed"],
    }


ACCOUNT_COLUMNS = [
    *("side", "platform", "handle", "posts", "per_week", "percentile", "ranked"),
    *("breakouts", "judged", "formats"),
]


@command(analyze, "competitors", example="vt analyze competitors --project spring --days 60")
@project_option
@click.option(
    "--days", type=click.IntRange(7), help="Posts of so many days. Default: insight.days."
)
def competitors(at: Workspace, project: str, days: int | None) -> Answer:
    """Compare own accounts with competitors, and the same video across platforms. Nothing is
    fetched or stored.
    """
    from vtlib.ops import projects
    from vtlib.performance import competitor_stage, creatives
    from vtlib.performance import competitors as competitor_rule

    over: dict[str, Any] = {"insight": {"days": days}} if days else {}
    current = projects.open_project(at, project, over=over)
    comparison = competitor_stage.comparison(current)
    posts, pairs = competitor_stage.films(current)
    sentences = [
        f.sentence
        for f in (*competitor_rule.findings(comparison), *creatives.findings(posts, pairs))
    ]
    data = {
        "days": comparison.days,
        "reason": comparison.reason,
        "said": sentences,
        "platforms": comparison.platforms,
        "accounts": comparison.accounts,
        "mix": comparison.mix,
        "films": pairs,
    }
    text = [
        *sentences,
        "",
        table(comparison.accounts[ACCOUNT_COLUMNS], empty="no accounts to compare"),
    ]
    return Answer(data, "\n".join(text))
