"""`vt script move|links|matches|unlink|cut|predict|performance|cost`: production to result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vtlib.cli.base import Answer, by_option, command, table
from vtlib.cli.script import script, script_argument, version_option
from vtlib.core.errors import BadInput
from vtlib.scripts import workflow

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.performance import publication
    from vtlib.store.project import Workspace


FILE = click.Path(path_type=Path, dir_okay=False)
PREDICTION_COLUMNS = [
    "target",
    "account_id",
    "format",
    "predicted_ln",
    "low_ln",
    "high_ln",
    "naive_ln",
]


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

    return _changes_answer(publication.move_all(at, refs, Move(to, by, reason)))


@command(script, "links", example="vt script links published.csv")
@click.argument("file", type=FILE)
@by_option
def links(at: Workspace, file: Path, by: str) -> Answer:
    """Link scripts to their posts as a CSV says: columns script and url, if wanted version and
    variant.
    """
    from vtlib.performance import publication

    return _changes_answer(publication.track_all(at, file, by=by))


def _changes_answer(changes: list[publication.ScriptChange]) -> Answer:
    """How each script fared, and the exit code of the worst."""
    failures = [one for one in changes if one.exit_code]
    lines = [f"{one.script_id}: {one.said}" for one in changes]
    lines += [f"{len(failures)} of {len(changes)} were not done"] if failures else []
    return Answer(changes, "\n".join(lines), max((one.exit_code for one in changes), default=0))


@command(script, "predict", example="vt script predict quiet-evenings-3fa2c1")
@script_argument
@version_option
def predict(at: Workspace, ref: str, version: int | None) -> Answer:
    """Freeze a prediction of a version now; going into production does it by itself.

    ln views at 7 days and ln engagement rate, for each own account and format with 5 matured posts
    or more.
    """
    from vtlib.performance import follow_up

    predictions = follow_up.predict(at, ref, version=version)
    if predictions.empty:
        return Answer([], follow_up.prediction_line(predictions))
    text = table(predictions[[*PREDICTION_COLUMNS, "reason"]])
    return Answer(
        predictions.drop(columns=["content"]), f"{follow_up.prediction_line(predictions)}\n{text}"
    )


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
    from vtlib.performance import follow_up

    report = follow_up.follow(at, ref)
    lines = [f"{report.script_id}: {report.title}", *report.said]
    if len(report.numbers):
        lines += ["", table(_read_out(report.numbers)), *_missing(report.numbers), report.verdict]
    if len(report.patterns):
        lines += ["", table(_patterns(report.patterns)), *report.advice]
    totals = report.native[report.native["at_ratio"].isna()]
    if len(totals):
        lines += ["", table(totals[["post_id", "metric", "value", "unit", "exported_at"]])]
    if len(report.costs):
        lines += ["", table(report.costs[["what", "hours", "amount", "currency", "spent_at"]])]
    return Answer(report, "\n".join(lines))


def _read_out(numbers: pd.DataFrame) -> pd.DataFrame:
    """Numbers as they are read: counts whole, rates in percent; what is not known is a dash."""
    import pandas as pd

    rows = []
    for r in numbers.to_dict("records"):
        form = "{:,.0f}" if r["metric"].startswith("views") else "{:.2%}"
        texts = {
            k: form.format(r[k]) for k in ("expected", "low", "high", "actual") if r[k] == r[k]
        }
        span = f" ({texts['low']} to {texts['high']})" if "low" in texts else ""
        off = r["difference_pct"]
        rows.append(
            {
                "post": r["post_id"],
                "": r["metric"],
                "expected (80 %)": texts["expected"] + span if "expected" in texts else None,
                "by": r["basis"] or None,
                "actual": _actual(r, texts.get("actual")),
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


def _patterns(patterns: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    size = [
        f"x{r.ratio:.2f} ({r.low:.2f} to {r.high:.2f})" if r.n else None
        for r in patterns.itertuples()
    ]
    cells = patterns.assign(here=pd.Series(size, index=patterns.index, dtype=object))
    return cells[["pattern", "library", "n", "here", "verdict", "posts_needed"]]


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
    from vtlib.scripts import queries as script_queries

    if facts["hours"] is None and facts["amount"] is None:
        name = script_queries.find(at.store, ref)
    else:
        name = publication.note_cost(at, ref, facts, by=by)
    costs = publication.costs(at, name)
    return Answer(
        costs, table(costs[["what", "hours", "amount", "currency", "spent_at"]], empty="no costs")
    )


MATCH_COLUMNS = ("state", "probability", "script_id", "post_id", "handle", "posted_at", "because")
_WORDS = {"link": "linked", "refuse": "refused", "unlink": "undone", "proposed": "proposed"}


@command(script, "matches", example="vt script matches --project spring")
@click.option("--project", help="Slug of the project.")
@click.option("--script", "ref", help="With --accept, --refuse or --reopen: which script.")
@click.option("--accept", metavar="POST", help="Link this proposed post (id or URL) to --script.")
@click.option("--refuse", metavar="POST", help="It did not come of --script: not proposed again.")
@click.option("--reopen", metavar="POST", help="Take a refusal back.")
@click.option("--reason", default="", help="Why, in words.")
@by_option
def matches(
    at: Workspace,
    project: str | None,
    ref: str | None,
    accept: str | None,
    refuse: str | None,
    reopen: str | None,
    reason: str,
    by: str,
) -> Answer:
    """Which new own posts came of which scripts: proposed with a probability and reasons, or linked
    already.

    Matched anew at each call and each run: the same video, words of caption, speech and screen,
    day, account, length. From performance.link_from on a post is linked without asking; vt script
    unlink undoes it.
    """
    from vtlib.ops import projects
    from vtlib.performance import matches as post_matches

    decisions = [(decision, post) for decision, post in _deeds(accept, refuse, reopen) if post]
    if len(decisions) > 1 or (decisions and not ref):
        raise BadInput(
            "--accept, --refuse and --reopen take one post, and --script names its script.",
            todo="vt script matches --script S --accept POST",
        )
    if decisions:
        ((decision, post),) = decisions
        return _decide(decision, at, str(ref), str(post), by=by, reason=reason)
    if not project:
        raise BadInput("--project is needed: the slug of a project.", todo="See: vt project list")
    current = projects.open_project(at, project)
    renewal = post_matches.renew(current)
    rows = post_matches.listing(current)
    text = table(_match_table(rows), empty="no post fits a script in production")
    return Answer(rows, "\n\n".join(t for t in (renewal.message, text) if t))


def _deeds(*posts: str | None) -> list[tuple[str, str | None]]:
    return list(zip(("accept", "refuse", "reopen"), posts, strict=True))


def _decide(decision: str, at: Workspace, ref: str, post: str, *, by: str, reason: str) -> Answer:
    from vtlib.performance import matches as post_matches

    if decision == "accept":
        link = post_matches.accept(at, ref, post, by=by, reason=reason)
        word = (
            f"{link['post_id']} is version {link['version']} of {link['script_id']} "
            f"({link['status']})."
        )
        return Answer(link, f"{word} {link['forecast']}")
    if decision == "refuse":
        pair = post_matches.refuse(at, ref, post, by=by, reason=reason)
        message = (
            f"{pair['post_id']} did not come of {pair['script_id']}: it is not proposed again."
        )
    else:
        pair = post_matches.reopen(at, ref, post, by=by, reason=reason)
        message = f"{pair['post_id']} may be proposed for {pair['script_id']} again."
    return Answer({k: pair[k] for k in ("script_id", "post_id")} | {"decision": decision}, message)


def _match_table(rows: pd.DataFrame) -> pd.DataFrame:
    because = [
        r["reason"] or "; ".join(r["reasons"] if r["reasons"] is not None else ())
        for r in rows.to_dict("records")
    ]
    chance = rows["probability"].map("{:.0%}".format, na_action="ignore")
    state = rows["state"].map(_WORDS)
    return rows.assign(because=because, probability=chance, state=state)[[*MATCH_COLUMNS]]


@command(
    script,
    "unlink",
    example="vt script unlink quiet-evenings-3fa2c1 --post tiktok:7106594312292453675",
)
@script_argument
@click.option("--post", required=True, help="Id or URL of the post.")
@click.option("--reason", default="", help="Why, in words.")
@by_option
def unlink(at: Workspace, ref: str, post: str, reason: str, by: str) -> Answer:
    """Undo the link of a post to a script, whoever or whatever made it; the machine does not
    link it again.
    """
    from vtlib.performance import matches as post_matches

    undone = post_matches.unlink(at, ref, post, by=by, reason=reason)
    facts = {k: undone[k] for k in ("script_id", "version", "post_id", "linked_by")}
    return Answer(
        facts,
        f"{undone['post_id']} is not linked to {undone['script_id']} any more (it was, by "
        f"{undone['linked_by']}).",
    )


@command(script, "cut", example="vt script cut quiet-evenings-3fa2c1 final-v3.mp4")
@script_argument
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@by_option
def cut(at: Workspace, ref: str, file: Path, by: str) -> Answer:
    """Show the edited video of a script: posts that show the same pictures are then known by them.

    Its pictures are measured (64-bit hashes) and kept, not the file.
    """
    from vtlib.performance import matches as post_matches

    row = post_matches.add_cut(at, ref, file, by=by)
    pictures = f"{row['n_hashes']} pictures of {row['duration_s']:.1f} s"
    return Answer(row, f"{row['name']}: {pictures} are kept for {row['script_id']}.")
