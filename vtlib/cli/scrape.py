"""`vt scrape`, `vt tiktok`, `vt youtube`, `vt discover`: capture through actors, with budgets."""

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

    from vtlib.capture import stage as capture_stage
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


def capture_options(function: Callable[..., Any]) -> Callable[..., Any]:
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
    **options: Any,
) -> Answer:
    """Capture the newest posts of the accounts that a project follows, and their followers.

    Posts that came of scripts and are due are asked for besides, where those did not bring them.
    What was left open by a kill or a lost connection is taken up first, without paying again; an
    order that stays open covers its targets until it is finished or given up (--abandon). Needs
    APIFY_TOKEN. Exit 8 when the budget was reached or a run charged more than its cap, 4 when a
    provider did not deliver.
    """
    from vtlib.capture import stage as capture_stage
    from vtlib.ops import projects

    if abandon:
        return _abandon_answer(capture_stage.abandon(at, abandon, projects.open_project))
    if not project:
        raise BadInput("--project is needed: the slug of a project.", todo="See: vt project list")
    if refresh and due:
        raise BadInput("--refresh asks for all known posts, --due for those of scripts: name one.")
    over = {
        "platforms": [platform] if platform else None,
        "refresh": refresh or None,
        "due": due or None,
    }
    return _capture(_open_project(at, project, options, over), None, options)


@vt.group(cls=Group)
def tiktok() -> None:
    """Capture from TikTok by search, hashtag or account."""


@command(
    tiktok, "search", example='vt tiktok search "folding colander" --project spring --limit 30'
)
@click.argument("words", nargs=-1, required=True)
@capture_options
def tiktok_search(at: Workspace, words: tuple[str, ...], project: str, **options: Any) -> Answer:
    """Posts that TikTok's search finds; each WORDS is a search of its own."""
    from vtlib.capture import stage as capture_stage

    return _search(at, project, capture_stage.Search("tiktok", "search", words), options)


@command(tiktok, "hashtag", example="vt tiktok hashtag kitchenhacks --project spring --limit 30")
@click.argument("tags", nargs=-1, required=True)
@capture_options
def tiktok_hashtag(at: Workspace, tags: tuple[str, ...], project: str, **options: Any) -> Answer:
    """Posts under hashtags."""
    from vtlib.capture import stage as capture_stage

    return _search(at, project, capture_stage.Search("tiktok", "hashtag", tags), options)


@command(tiktok, "user", example="vt tiktok user some_handle --project spring --limit 30")
@click.argument("handles", nargs=-1, required=True)
@capture_options
def tiktok_user(at: Workspace, handles: tuple[str, ...], project: str, **options: Any) -> Answer:
    """The newest posts of accounts, without following them."""
    from vtlib.capture import stage as capture_stage

    return _search(at, project, capture_stage.Search("tiktok", "accounts", handles), options)


@vt.group(cls=Group)
def youtube() -> None:
    """Capture from YouTube by search."""


@command(
    youtube, "search", example='vt youtube search "tiny kitchen" --project spring --post-type short'
)
@click.argument("words", nargs=-1, required=True)
@capture_options
def youtube_search(at: Workspace, words: tuple[str, ...], project: str, **options: Any) -> Answer:
    """Videos that YouTube's search finds; each WORDS is a search of its own."""
    from vtlib.capture import stage as capture_stage

    return _search(at, project, capture_stage.Search("youtube", "search", words), options)


@command(
    vt, "discover", example="vt discover hashtag kitchenhacks --platform instagram --project spring"
)
@click.argument("ask", type=click.Choice(["search", "hashtag"]))
@click.argument("words", nargs=-1, required=True)
@click.option("--platform", required=True, type=click.Choice(PLATFORMS))
@capture_options
def discover(
    at: Workspace,
    ask: Ask,
    words: tuple[str, ...],
    platform: Platform,
    project: str,
    **options: Any,
) -> Answer:
    """Posts by search words or hashtags, where the platform's actor has it (facebook, linkedin:
    none).
    """
    from vtlib.capture import stage as capture_stage

    return _search(at, project, capture_stage.Search(platform, ask, words), options)


def _search(
    at: Workspace, project: str, search: capture_stage.Search, options: dict[str, Any]
) -> Answer:
    return _capture(_open_project(at, project, options, {}), search, options)


def _open_project(
    at: Workspace, project: str, options: dict[str, Any], over: dict[str, Any]
) -> Project:
    from vtlib.ops import projects

    settings = {
        "days_back": options["days_back"],
        "limit": options["limit"],
        "post_types": list(options["post_types"]) or None,
        "max_cost_usd": options["max_cost"],
        **over,
    }
    section = {k: v for k, v in settings.items() if v is not None}
    current = projects.open_project(at, project, over={"scraping": section})
    projects.require_in_use(current)
    return current


def _capture(
    project: Project, search: capture_stage.Search | None, options: dict[str, Any]
) -> Answer:
    from vtlib.capture import imports
    from vtlib.capture import stage as capture_stage
    from vtlib.media.download.short_links import resolver

    again = bool(options["again"])
    if options["dry_run"]:
        quote = capture_stage.quote(project, search, again=again)
        text = "\n".join([table(quote.estimate, empty="nothing to ask"), *quote.words])
        return Answer({"estimate": quote.estimate, "words": quote.words}, text)
    if search is None:
        # Costs nothing; a provider is asked about the rest.
        imports.resolve_links(project, resolver(project))
    with progress("capturing", unit="runs") as tick:
        result = capture_stage.run(
            project, search, again=again, on_result=lambda _: tick(1), on_new=_match
        )
    return _answer(result.captures, result.targets)


def _match(project: Project) -> None:
    from vtlib.performance import matches

    matches.renew(project)


def _abandon_answer(one: Captured) -> Answer:
    """An abandoned scrape job and its cost."""
    text = (
        f"order {one.capture_id} ({one.platform}, {one.targets} {one.ask}, {one.actor}) "
        f"{one.reason}"
    )
    return Answer({"abandoned": one, "charged_usd": one.charged_usd}, text)


def _answer(captures: Sequence[Captured], targets: pd.DataFrame) -> Answer:
    """Outcome of each scrape job and target, and the worst exit code."""
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
            for c in captures
        ]
    )
    short = targets[targets["reason"].notna()] if len(targets) else targets
    lines = [f"{c.platform} ({c.actor}): {c.reason}" for c in captures if c.reason]
    lines += _short_lines(short)
    lines += [f"{c.actor}: new fields {', '.join(c.new_keys[:12])}" for c in captures if c.new_keys]
    n_failed = sum(1 for c in captures if c.exit_code)
    total_usd = sum(c.charged_usd or 0.0 for c in captures)
    lines.append(
        f"charged ${total_usd:,.2f}"
        + (f"; {n_failed} of {len(captures)} runs fell short" if n_failed else "")
    )
    empty = (
        "nothing to ask: captured a moment ago (--again asks all the same), or nothing is followed"
    )
    worst = max((c.exit_code for c in captures), default=0)
    data = {"captures": captures, "targets": targets, "charged_usd": total_usd, "failed": n_failed}
    return Answer(data, "\n".join([table(rows, empty=empty), *lines]), worst)


def _short_lines(short: pd.DataFrame) -> list[str]:
    """Targets that returned less than requested, the emptiest first."""
    worst = short.sort_values("mapped", kind="stable").head(SHORT_SHOWN) if len(short) else short
    rows = worst.to_dict("records")
    lines = [f"{r['platform']} {r['target'] or '-'}: {r['reason']}" for r in rows]
    more = len(short) - len(worst)
    return (
        [*lines, f"and {more} more gave less than was asked: --json has them all"]
        if more
        else lines
    )
