"""02 scraping: what a project follows is asked of the provider, within its budget, each thing
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from vtlib.capture import job_store, orders
from vtlib.capture import store as captures
from vtlib.capture.orders import Ledger, Wave
from vtlib.core import log
from vtlib.core.errors import BadInput, CredentialsMissing, SourceFailed, sentence
from vtlib.core.language import in_english, marked, say
from vtlib.core.models import PLATFORMS, Platform
from vtlib.platforms.actors import Ask
from vtlib.store.project import Project, Workspace

if TYPE_CHECKING:
    # apify-client takes most of a second to import, and most notebooks never ask: hence the late
    # imports of collector and scheduler below.
    from vtlib.capture.apify import Apify
    from vtlib.capture.collector import Captured, Collector
    from vtlib.capture.scheduler import OnResult

LINK_TRIES_MAX = 3
OnNew = Callable[[Project], object]
_logger = log.get(__name__)
SHOWN = marked(
    (
        *("platform", "ask", "handle", "requested", "found", "mapped", "new", "updated", "skipped"),
        *("problems", "reason"),
    )
)


@dataclass(frozen=True, slots=True)
class Search:
    """A question that is not about followed accounts: `ask` is hashtag, search or accounts."""

    platform: Platform
    ask: Ask
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What a scrape would ask and may cost at most, without asking anything."""

    estimate: pd.DataFrame
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScrapeResult:
    """What scraping came to: `captures` how each order fared, `targets` what each account, tag and
    word of them got (columns of capture_targets).
    """

    captures: tuple[Captured, ...] = ()
    targets: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def shortfalls(self) -> list[str]:
        """A sentence an order that was not placed or failed."""
        bad = (c for c in self.captures if c.status != "ok")
        return [sentence(f"{c.platform} ({c.actor}): {c.reason}") for c in bad]


@in_english
def run(
    project: Project,
    search: Search | None = None,
    *,
    again: bool = False,
    on_result: OnResult | None = None,
    on_new: OnNew | None = None,
) -> ScrapeResult:
    """`scrape`, and read back what each target got."""
    captured = scrape(project, search, again=again, on_result=on_result, on_new=on_new)
    return ScrapeResult(tuple(captured), targets_of(project, [c.capture_id for c in captured]))


@in_english
def run_if_due(project: Project, *, on_new: OnNew | None = None) -> ScrapeResult:
    """`run` where there is a token and something to ask; without, an empty result (notebook 02).

    Raises SourceFailed when posts were asked for and every such order failed; profiles only add
    followers.
    """
    if not project.has_apify or not has_work(project):
        return ScrapeResult()
    result = run(project, on_new=on_new)
    posts = [c for c in result.captures if c.ask != "profiles"]
    failures = [c for c in posts if c.exit_code == SourceFailed.exit_code]
    if failures and len(failures) == len(posts):
        raise SourceFailed(
            sentence(f"nothing could be captured: {failures[0].reason}"), todo="vt problems"
        )
    return result


def quote(project: Project, search: Search | None = None, *, again: bool = False) -> Quote:
    """The estimate before anything is asked: no network, no key, nothing written.

    Profiles are not in it where nothing was captured yet: which accounts lack them shows
    afterwards.
    """
    from vtlib.capture import scheduler  # noqa: PLC0415

    ledger = _ledger(project, now=project.workspace.now(), again=again)
    wave = _first(project, ledger, search)
    if not search:
        wave += _profiles(project, ledger)
    prices = scheduler.estimate(project, wave.orders)
    words = orders.estimate_words(prices, remaining_usd=scheduler.left_usd(project))
    covers = dict.fromkeys(f"{c.platform} ({c.ask}): {c.reason}" for c in wave.covers)
    return Quote(prices, (*words, *covers, *_cannot(project)))


def scrape(
    project: Project,
    search: Search | None = None,
    *,
    again: bool = False,
    on_result: OnResult | None = None,
    on_new: OnNew | None = None,
) -> list[Captured]:
    """Take up what was left open, then ask for what the parameters (or `search`) say; how each
    order fared.

    What was captured less than `scraping.min_gap_h` ago, or gave nothing then, is not asked, unless
    `again`; what an order covers that stays open is not asked in any case. An order that fails does
    not stop the others. `on_new` is called once where new posts came: they may have come of
    scripts (performance/matches.renew). Raises CredentialsMissing without a token or with a wrong
    one, StoreBusy while another scrape of the project runs.
    """
    from vtlib.capture import collector as jobs  # noqa: PLC0415
    from vtlib.capture import scheduler  # noqa: PLC0415

    tell = on_result or (lambda _: None)
    with _alone(project):
        collector = _collector(project)
        done = scheduler.take_up(collector, told=tell)
        earlier = len(done)
        budget = scheduler.ScrapeBudget(scheduler.left_usd(project))

        def ask(plan: Callable[[Project, Ledger], Wave]) -> Wave:
            wave = plan(project, _ledger(project, now=collector.now, again=again))
            done.extend(scheduler.spare(wave.covers, done=done, told=tell))
            done.extend(scheduler.ask_all(collector, wave.orders, budget, again=again, told=tell))
            return wave

        first = ask(partial(_first, search=search))
        if any(one.ask == "posts" for one in first.orders):
            _settle_links(project)
        if search is None:
            if not _is_narrow(project):
                ask(_linked)
            ask(_profiles)
        jobs.settle_late(collector, besides=[one.capture_id for one in done[earlier:]])
    if on_new and any(one.new for one in done):
        on_new(project)
    return done


def shown_targets(project: Project, targets: pd.DataFrame) -> pd.DataFrame:
    """`results` as its reader may see them: tags and words that were asked for are ours, handles
    are not.
    """
    of_people = targets["ask"].isin(["accounts", "profiles"])
    visible = project.visible(targets, ours=("reason",))
    words = targets["handle"].map(project.visible_text).where(~of_people, visible["handle"])
    by_url = "posts by URL"  # as the query calls a list of addresses
    return visible.assign(handle=words.replace(by_url, say(by_url)))


def targets_of(project: Project, capture_ids: Sequence[str]) -> pd.DataFrame:
    """What each target of some captures got: columns of capture_targets."""
    return job_store.targets(project.store, capture_ids)


def results(project: Project) -> pd.DataFrame:
    """What each account, tag and word got when it was asked for last: columns SHOWN."""
    return project.frame("scraped_targets")


def remap(project: Project) -> list[Captured]:
    """Map the kept items of scraped captures again, with today's mapping and their orders'
    filters.
    """
    from vtlib.capture import collector as jobs  # noqa: PLC0415

    done = []
    for row in job_store.fetched(project.store, project.slug):
        captures.unmap(project.store, row["capture_id"])
        done.append(jobs.finish(project, row))
    return done


def abandon(
    workspace: Workspace, order: str, open_project: Callable[[Workspace, str], Project]
) -> Captured:
    """Give up an order that was left open: its targets may be asked anew; says what it cost.

    `open_project`: how a project is opened by its slug (ops/projects.open_project).

    Raises BadInput when no open order has that id, StoreBusy while a scrape of its project runs.
    """
    from vtlib.capture import collector as jobs  # noqa: PLC0415

    row = job_store.get(workspace.store, order)
    if row is None or row["closed_at"] is not None:
        still = [r["capture_id"] for r in job_store.left_open(workspace.store)]
        todo = f"Open: {', '.join(still)}." if still else "No order is open."
        raise BadInput(f"there is no open order {order}.", todo=todo)
    project = open_project(workspace, row["project_id"])
    with _alone(project):
        return jobs.abandon(project, _apify(project) if project.has_apify else None, row)


def has_work(project: Project) -> bool:
    """Whether anything would be taken up or asked for now. Nothing is asked."""
    if job_store.left_open(project.store, project.slug):
        return True
    ledger = _ledger(project, now=project.workspace.now(), again=False)
    waves = (_first(project, ledger, None), _linked(project, ledger), _profiles(project, ledger))
    return any(wave.orders or wave.covers for wave in waves)


def _first(project: Project, ledger: Ledger, search: Search | None) -> Wave:
    """What is asked first: a search, or posts that are due (again), or accounts and short links."""
    scraping = project.params.scraping
    if scraping.due and not search:
        return _linked(project, ledger)
    if search:
        return orders.orders(
            search.targets,
            ask=search.ask,
            platform=search.platform,
            params=scraping,
            ledger=ledger,
        )
    if scraping.refresh:
        posts = project.frame("refreshable_posts")
        due = orders.due_posts(posts, params=scraping, now=ledger.now)
        return orders.post_orders(due, params=scraping, ledger=ledger)
    links = job_store.short_links(project.store, project.slug, tries_max=LINK_TRIES_MAX)
    wave = orders.account_orders(project.frame("accounts"), params=scraping, ledger=ledger)
    wave += orders.watch_orders(project.params.watch, params=scraping, ledger=ledger)
    return wave + orders.post_orders(links, params=scraping, ledger=ledger)


def _linked(project: Project, ledger: Ledger) -> Wave:
    """Posts that came of scripts and are due, where the newest posts of their accounts did not
    bring them.
    """
    scraping = project.params.scraping
    posts = project.frame("linked_posts")
    due = orders.due_links(posts, params=scraping, now=ledger.now)
    return orders.post_orders(due, params=scraping, ledger=ledger)


def _is_narrow(project: Project) -> bool:
    """Whether only numbers of known posts are asked for, not what accounts have posted."""
    scraping = project.params.scraping
    return scraping.refresh or scraping.due


def _profiles(project: Project, ledger: Ledger) -> Wave:
    """What is asked then: followers of accounts whose posts did not carry them."""
    scraping = project.params.scraping
    if _is_narrow(project):
        return Wave()
    return orders.profile_orders(
        project.frame("unprofiled_accounts"), params=scraping, ledger=ledger
    )


def _cannot(project: Project) -> list[str]:
    """Platforms whose posts no actor takes by URL, where that is what would be asked."""
    if not _is_narrow(project):
        return []
    is_due = project.params.scraping.due
    platforms = set(project.frame("linked_posts" if is_due else "refreshable_posts")["platform"])
    lacking = [p for p in PLATFORMS if p in platforms and not orders.can_be_asked(p, "posts")]
    return [f"{p}: no actor takes post URLs; its pages are captured by vt scrape." for p in lacking]


def _ledger(project: Project, *, now: datetime, again: bool) -> Ledger:
    gap = timedelta(hours=project.params.scraping.min_gap_h)
    since = project.workspace.now() - gap
    return Ledger(
        now,
        recent=() if again else job_store.recent(project.store, project.slug, since),
        open_orders=job_store.left_open(project.store, project.slug),
    )


def _settle_links(project: Project) -> None:
    """Short links that led to a post are problems no more."""
    problem_ids = job_store.solved_links(project.store, project.slug)
    if problem_ids:
        job_store.settle_problems(project.store, problem_ids)


def _collector(project: Project) -> Collector:
    from vtlib.capture.collector import Collector  # noqa: PLC0415

    settings = project.workspace.settings
    if settings.apify_token is None:
        raise CredentialsMissing(
            "APIFY_TOKEN is not set: nothing can be scraped.",
            todo="Put it into .env (vt doctor checks it), or import exports: vt import dataset.",
        )
    apify = _apify(project)
    now = apify.clock()
    if now is None:
        now = project.workspace.now()
        _logger.warning("Apify does not say what time it is: this machine's clock is used")
    return Collector(project, apify, now)


def _apify(project: Project) -> Apify:
    from vtlib.capture.apify import Apify  # noqa: PLC0415

    settings = project.workspace.settings
    token = settings.apify_token.get_secret_value() if settings.apify_token else ""
    return Apify(token, settings.apify_url)


@contextmanager
def _alone(project: Project) -> Iterator[None]:
    """One scrape of a project at a time: two would ask, and pay, the same twice. It also holds for
    workspaces that share a database.
    """
    what = f"another scrape of {project.slug}"
    with project.store.alone(f"scrape-{project.slug}", what=what), project.store.session():
        yield
