"""`vt script move|links|predict|performance|cost`: into production, expected, published, and
what came of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, command, table
from vtlib.cli.script import by_option, script, script_argument, version_option
from vtlib.scripts import workflow

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.performance import publication
    from vtlib.store.project import Workspace

FILE = click.Path(path_type=Path, dir_okay=False)
PREDICTED = ["target", "account_id", "format", "predicted_ln", "low_ln", "high_ln", "naive_ln"]


@command(script, "move", example="vt script move in_production quiet-ev loud-mor --by Zoe")
@click.argument("to", type=click.Choice(workflow.STATUSES), metavar="STATUS")
@click.argument("refs", nargs=-1, required=True, metavar="SCRIPT...")
@click.option("--reason", default="", help="Needed on the way back and into the archive.")
@by_option
def move(at: Workspace, to: str, refs: tuple[str, ...], reason: str, by: str) -> Answer:
    """Move several scripts at once, as `vt script status` moves one; one that cannot go stops no
    other.
    """
    from vtlib.performance import publication
    from vtlib.scripts.store import Move

    return _batch(publication.move_all(at, refs, Move(to, by, reason)))


@command(script, "links", example="vt script links published.csv")
@click.argument("file", type=FILE)
@by_option
def links(at: Workspace, file: Path, by: str) -> Answer:
    """Link scripts to their posts as a CSV says: columns script and url, if wanted version and
    variant.
    """
    from vtlib.performance import publication

    return _batch(publication.track_all(at, file, by=by))


def _batch(done: list[publication.ScriptChange]) -> Answer:
    """How each script fared, and the exit code of the worst."""
    failed = [one for one in done if one.exit_code]
    lines = [f"{one.script_id}: {one.said}" for one in done]
    lines += [f"{len(failed)} of {len(done)} were not done"] if failed else []
    return Answer(done, "\n".join(lines), max((one.exit_code for one in done), default=0))


@command(script, "predict", example="vt script predict quiet-evenings-3fa2c1")
@script_argument
@version_option
def predict(at: Workspace, ref: str, version: int | None) -> Answer:
    """Freeze a prediction of a version now; going into production does it by itself.

    ln views at 7 days and ln engagement rate, for each own account and format with 5 matured posts
    or more.
    """
    from vtlib.performance import follow_up as following

    made = following.predict(at, ref, version=version)
    if made.empty:
        return Answer([], following.predicted(made))
    shown = table(made[[*PREDICTED, "reason"]])
    return Answer(made.drop(columns=["content"]), f"{following.predicted(made)}\n{shown}")


@command(script, "performance", example="vt script performance quiet-evenings-3fa2c1")
@script_argument
def performance(at: Workspace, ref: str) -> Answer:
    """Predicted against actual, with intervals, beside the account's own posts and the source
    video.

    Views, engagement, shares and saves of each post beside what was expected, with a percentile
    among the account's own posts; what is missing is said. Which of its patterns held on posts made
    with them, so what to use again. "Too early" until a post was captured at 7 days or later. Posts
    are judged anew first. Own analytics (vt import analytics) and costs (vt script cost) are shown
    where there are any.
    """
    from vtlib.performance import follow_up as following

    found = following.follow(at, ref)
    lines = [f"{found.script_id}: {found.title}", *found.said]
    if len(found.numbers):
        lines += ["", table(_read_out(found.numbers)), *_missing(found.numbers), found.verdict]
    if len(found.patterns):
        lines += ["", table(_patterns(found.patterns)), *found.advice]
    whole = found.native[found.native["at_ratio"].isna()]
    if len(whole):
        lines += ["", table(whole[["post_id", "metric", "value", "unit", "exported_at"]])]
    if len(found.costs):
        lines += ["", table(found.costs[["what", "hours", "amount", "currency", "spent_at"]])]
    return Answer(found, "\n".join(lines))


def _read_out(numbers: pd.DataFrame) -> pd.DataFrame:
    """Numbers as they are read: counts whole, rates in percent; what is not known is a dash."""
    import pandas as pd

    rows = []
    for r in numbers.to_dict("records"):
        form = "{:,.0f}" if r["metric"].startswith("views") else "{:.2%}"
        known = {
            k: form.format(r[k]) for k in ("expected", "low", "high", "actual") if r[k] == r[k]
        }
        span = f" ({known['low']} to {known['high']})" if "low" in known else ""
        off = r["difference_pct"]
        rows.append(
            {
                "post": r["post_id"],
                "": r["metric"],
                "expected (80 %)": known["expected"] + span if "expected" in known else None,
                "by": r["basis"] or None,
                "actual": _actual(r, known.get("actual")),
                "off": f"{abs(off):,.0f} % {'over' if off >= 0 else 'under'}"
                if pd.notna(off)
                else None,
                "percentile": f"{r['percentile']:.0f} of {r['n_own']}"
                if pd.notna(r["percentile"])
                else None,
            }
        )
    return pd.DataFrame(rows)


def _actual(row: dict[Any, Any], value: str | None) -> str | None:
    """A rate with the count behind it; views at 7 days are a count themselves."""
    import pandas as pd

    if pd.isna(row["n_seen"]) or row["metric"].startswith("views"):
        return value
    return f"{row['n_seen']:,.0f} ({value})" if value else f"{row['n_seen']:,.0f}"


def _missing(numbers: pd.DataFrame) -> list[str]:
    """What the rows lack, each reason once a post."""
    lacking = numbers[numbers["missing"].ne("")]
    return [
        f"missing: {post}, {', '.join(rows['metric'])}: {reason}"
        for (post, reason), rows in lacking.groupby(["post_id", "missing"], sort=False)
    ]


def _patterns(held: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    size = [
        f"x{r.ratio:.2f} ({r.low:.2f} to {r.high:.2f})" if r.n else None for r in held.itertuples()
    ]
    shown = held.assign(here=pd.Series(size, index=held.index, dtype=object))
    return shown[["pattern", "library", "n", "here", "verdict", "posts_needed"]]


@command(
    script,
    "cost",
    example="vt script cost quiet-evenings-3fa2c1 --hours 3.5 --what editing",
)
@script_argument
@click.option("--what", default="production", show_default=True, help="What it was spent on.")
@click.option(
    "--hours", type=click.FloatRange(0), help="Hours of work (performance.value_per_hour)."
)
@click.option(
    "--amount", type=click.FloatRange(0), help="Money paid, in money.currency (default: USD)."
)
@click.option("--at", "spent_at", type=click.DateTime(), help="When, UTC. Default: now.")
@by_option
def cost(at: Workspace, ref: str, by: str, **facts: Any) -> Answer:
    """Note what making a script cost; without hours and amount list what was noted."""
    from vtlib.performance import publication
    from vtlib.scripts import queries as script_reading

    if facts["hours"] is None and facts["amount"] is None:
        name = script_reading.find(at.store, ref)
    else:
        name = publication.note_cost(at, ref, facts, by=by)
    found = publication.costs(at, name)
    return Answer(
        found, table(found[["what", "hours", "amount", "currency", "spent_at"]], empty="no costs")
    )
