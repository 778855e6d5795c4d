"""`vt analyze performance`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command, table
from vtlib.cli.outliers import analyze
from vtlib.core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.performance.pipeline import Result
    from vtlib.store.project import Workspace

GROUPS = ["by", "group", "n", "accounts", "size", "engagement_rate", "share_rate", "save_rate"]
NOT_KEPT = (
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
    from vtlib.outliers import stage as outliers
    from vtlib.performance import matches
    from vtlib.performance import stage as flow

    given: dict[str, Any] = {}
    if date_range:
        given["date_range_days"] = days(date_range)
    if product:
        given["products"] = [projects.product_id(at, product)]
    slug = project or projects.with_product(at, product)
    opened = projects.opened(at, slug, over={"performance": given})
    outliers.renew(opened)
    links = matches.renew(opened)
    is_kept = adopt or not flow.is_restricted(opened)
    result = flow.run(opened, is_kept=is_kept)
    found, run = result.found, result.run
    note = "" if is_kept else f"\n\n{NOT_KEPT.format(slug=slug)}"
    note += f"\n\n{links.message}" if links.message else ""
    return Answer(_data(slug, found, run) | {"is_kept": is_kept}, _text(found) + note)


def days(text: str) -> int:
    """`30d`, `8w`, `3m`, `1y` or a plain number of days. Raises BadInput for anything else."""
    match = re.fullmatch(r"\s*(\d+)\s*([dwmy]?)\s*", text.lower())
    count = int(match.group(1)) * _UNITS[match.group(2) or "d"] if match else 0
    if count < 1:
        raise BadInput(f"--date-range {text}: no span of days.", todo="E.g. 30d, 8w, 3m, 1y.")
    return count


def _text(found: Result) -> str:
    shown = _sized(found.groups)
    parts = ["\n".join(found.conclusion.headline) or repr(found.conclusion)]
    if len(shown):
        parts.append(table(shown[GROUPS].head(40)))
    if found.page["n"].max() > 0:
        parts.append(table(found.page))
    if len(found.returns):
        parts.append(table(found.returns.drop(columns=["said"])))
    return "\n\n".join(parts)


def _sized(groups: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    size = [
        f"x{r:.2f} ({low:.2f} to {high:.2f})" if pd.notna(low) else (f"x{r:.2f}" if n else "-")
        for r, low, high, n in zip(
            groups["ratio"], groups["ratio_low"], groups["ratio_high"], groups["n"], strict=True
        )
    ]
    return groups.assign(size=size)


def _data(slug: str, found: Result, run: dict[str, Any]) -> dict[str, Any]:
    return {
        "project": slug,
        "status": found.conclusion.status,
        "since": found.days.since,
        "until": found.days.until,
        "headline": found.conclusion.headline,
        "insights": found.insights,
        "groups": found.groups,
        "calibration": found.page,
        "calibration_rates": found.rate_page,
        "forecaster": run["forecaster"],
        "variants": found.variants,
        "returns": found.returns,
        "verdicts": found.held,
        "patterns_tested": run["n_tested"],
        "patterns_claimed": run["n_claimed"],
    }
