"""`vt scrape`, `vt tiktok`, `vt youtube`, `vt discover`: capture through actors, within a
budget.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, get_args

import click

from vtlib.cli import vt
from vtlib.cli.base import Answer, Group, command, progress, table
from vtlib.cli.imports import project_option
from vtlib.core.errors import BadInput
from vtlib.core.models import PLATFORMS, Format, Platform
from vtlib.platforms.actors import Ask

if TYPE_CHECKING:
    import pandas as pd

    from vtlib.capture import stage as flow
    from vtlib.capture.collector import Captured
    from vtlib.store.project import Project, Workspace

MARKS = {
    "ok": "captured",
    "failed": "FAILED",
    "open": "waits",
    "not asked": "not asked",
    "abandoned": "given up",
}
SHORT_SHOWN = 6
_COUNTS = ("requested", "found", "mapped", "new", "updated", "skipped", "problems")
_OPTIONS = (
    click.option("--days-back", type=click.IntRange(1), help="Days that posts may be old."),
    click.option("--limit", type=click.IntRange(1), help="Posts per account, tag or search."),
    click.option(
        "--post-type",
        "post_types",
        multiple=True,
        type=click.Choice(get_args(Format)),
        help="Formats wanted (repeat for more).",
    ),
    click.option("--max-cost", type=click.FloatRange(0), help="US dollars, at most."),
    click.option("--dry-run", is_flag=True, help="Say what it may cost, ask nothing."),
    click.option("--again", is_flag=True, help="Also what was captured a moment ago."),
)


def _with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every capture takes."""
    return project_option(_with_options(function))


@command(vt, "scrape", example="vt scrape --project spring --days-back 30 --max-cost 2")
@click.option("--project", help="Slug of the project.")
@_with_options
@click.option("--platform", type=click.Choice(PLATFORMS), help="Default: all with accounts.")
@click.option(
    "--refresh",
    is_flag=True,
    help="Only the numbers of known posts that are due (24 h, 72 h, 7 d, 30 d).",
)
@click.option(
    "--due",
    is_flag=True,
    help="Only posts that came of scripts, at 24 h, 72 h, 7 d, 30 d; for a timer, every hour.",
)
@click.option(
    "--abandon",
    metavar="ORDER",
    help="Give up an open order: end its run, book what it cost; its targets may be asked anew.",
)
def scrape(
    at: Workspace,
    project: str | None,
    platform: Platform | None,
    refresh: bool,
    due: bool,
    abandon: str | None,
    **given: Any,
) -> Answer:
    """Capture the newest posts of the accounts that a project follows, and their followers.

    Posts that came of scripts and are due are asked for besides, where those did not bring them.
    What was left open by a kill or a lost connection is taken up first, without paying again; an
    order that stays open covers its targets until it is finished or given up (--abandon). Needs
    APIFY_TOKEN. Exit 8 when the budget was reached or a run charged more than its cap, 4 when a
    provider did not deliver.
    """
    from vtlib.capture import stage as flow
    from vtlib.ops import projects

    if abandon:
        return _abandoned(flow.abandon(at, abandon, projects.opened))
    if not project:
        raise BadInput("--project is needed: the slug of a project.", todo="See: vt project list")
    if refresh and due:
        raise BadInput("--refresh asks for all known posts, --due for those of scripts: name one.")
    over = {
        "platforms": [platform] if platform else None,
        "refresh": refresh or None,
        "due": due or None,
    }
    return _capture(_opened(at, project, given, over), None, given)


@vt.group(cls=Group)
def tiktok() -> None:
    """Capture from TikTok by search, hashtag or account."""


@command(
    tiktok, "search", example='vt tiktok search "folding colander" --project spring --limit 30'
)
@click.argument("words", nargs=-1, required=True)
@asking
def tiktok_search(at: Workspace, words: tuple[str, ...], project: str, **given: Any) -> Answer:
    """Posts that TikTok's search finds; each WORDS is a search of its own."""
    from vtlib.capture import stage as flow

    return _found(at, project, flow.Search("tiktok", "search", words), given)


@command(tiktok, "hashtag", example="vt tiktok hashtag kitchenhacks --project spring --limit 30")
@click.argument("tags", nargs=-1, required=True)
@asking
def tiktok_hashtag(at: Workspace, tags: tuple[str, ...], project: str, **given: Any) -> Answer:
    """Posts under hashtags."""
    from vtlib.capture import stage as flow

    return _found(at, project, flow.Search("tiktok", "hashtag", tags), given)


@command(tiktok, "user", example="vt tiktok user some_handle --project spring --limit 30")
@click.argument("handles", nargs=-1, required=True)
@asking
def tiktok_user(at: Workspace, handles: tuple[str, ...], project: str, **given: Any) -> Answer:
    """The newest posts of accounts, without following them."""
    from vtlib.capture import stage as flow

    return _found(at, project, flow.Search("tiktok", "accounts", handles), given)


@vt.group(cls=Group)
def youtube() -> None:
    """Capture from YouTube by search."""


@command(
    youtube, "search", example='vt youtube search "tiny kitchen" --project spring --post-type short'
)
@click.argument("words", nargs=-1, required=True)
@asking
def youtube_search(at: Workspace, words: tuple[str, ...], project: str, **given: Any) -> Answer:
    """Videos that YouTube's search finds; each WORDS is a search of its own."""
    from vtlib.capture import stage as flow

    return _found(at, project, flow.Search("youtube", "search", words), given)


@command(
    vt, "discover", example="vt discover hashtag kitchenhacks --platform instagram --project spring"
)
@click.argument("ask", type=click.Choice(["search", "hashtag"]))
@click.argument("words", nargs=-1, required=True)
@click.option("--platform", required=True, type=click.Choice(PLATFORMS))
@asking
def discover(
    at: Workspace, ask: Ask, words: tuple[str, ...], platform: Platform, project: str, **given: Any
) -> Answer:
    """Posts by search words or hashtags, where the platform's actor has it (facebook, linkedin:
    none).
    """
    from vtlib.capture import stage as flow

    return _found(at, project, flow.Search(platform, ask, words), given)


def _found(at: Workspace, project: str, search: flow.Search, given: dict[str, Any]) -> Answer:
    return _capture(_opened(at, project, given, {}), search, given)


def _opened(at: Workspace, project: str, given: dict[str, Any], over: dict[str, Any]) -> Project:
    from vtlib.ops import projects

    named = {
        "days_back": given["days_back"],
        "limit": given["limit"],
        "post_types": list(given["post_types"]) or None,
        "max_cost_usd": given["max_cost"],
        **over,
    }
    section = {k: v for k, v in named.items() if v is not None}
    found = projects.opened(at, project, over={"scraping": section})
    projects.require_in_use(found)
    return found


def _capture(project: Project, search: flow.Search | None, given: dict[str, Any]) -> Answer:
    from vtlib.capture import stage as flow

    again = bool(given["again"])
    if given["dry_run"]:
        quote = flow.quote(project, search, again=again)
        text = "\n".join([table(quote.estimate, empty="nothing to ask"), *quote.words])
        return Answer({"estimate": quote.estimate, "words": quote.words}, text)
    with progress("capturing", unit="runs") as tick:
        result = flow.run(project, search, again=again, told=lambda _: tick(1), on_new=_match)
    return _answer(result.captures, result.targets)


def _match(project: Project) -> None:
    from vtlib.performance import matches

    matches.renew(project)


def _abandoned(one: Captured) -> Answer:
    """An order that was given up, and what it cost."""
    text = (
        f"order {one.capture_id} ({one.platform}, {one.targets} {one.ask}, {one.actor}) "
        f"{one.reason}"
    )
    return Answer({"abandoned": one, "charged_usd": one.charged_usd}, text)


def _answer(done: Sequence[Captured], targets: pd.DataFrame) -> Answer:
    """How each order fared and what each account got, and the exit code of the worst."""
    import pandas as pd

    rows = pd.DataFrame(
        [
            {
                "": MARKS[c.status],
                "platform": c.platform,
                "ask": f"{c.targets} {c.ask}",
                **{n: getattr(c, n) for n in _COUNTS},
                "usd": c.charged_usd,
            }
            for c in done
        ]
    )
    short = targets[targets["reason"].notna()] if len(targets) else targets
    said = [f"{c.platform} ({c.actor}): {c.reason}" for c in done if c.reason]
    said += _short_lines(short)
    said += [f"{c.actor}: new fields {', '.join(c.new_keys[:12])}" for c in done if c.new_keys]
    failed = sum(1 for c in done if c.exit_code)
    charged = sum(c.charged_usd or 0.0 for c in done)
    said.append(
        f"charged ${charged:,.2f}"
        + (f"; {failed} of {len(done)} runs fell short" if failed else "")
    )
    empty = (
        "nothing to ask: captured a moment ago (--again asks all the same), or nothing is followed"
    )
    worst = max((c.exit_code for c in done), default=0)
    data = {"captures": done, "targets": targets, "charged_usd": charged, "failed": failed}
    return Answer(data, "\n".join([table(rows, empty=empty), *said]), worst)


def _short_lines(short: pd.DataFrame) -> list[str]:
    """Targets that gave less than was asked, those that gave nothing first, and how many more
    there are.
    """
    worst = short.sort_values("mapped", kind="stable").head(SHORT_SHOWN) if len(short) else short
    rows = worst.to_dict("records")
    lines = [f"{r['platform']} {r['target'] or '-'}: {r['reason']}" for r in rows]
    more = len(short) - len(worst)
    return (
        [*lines, f"and {more} more gave less than was asked: --json has them all"]
        if more
        else lines
    )
