"""02 scraping, before anything is asked: which orders a project's parameters mean, and what they
may cost.

An order is one run of one actor. Prices are not known here: an estimate takes the user's own
figure, else what earlier captures were charged per item, else says that it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

import pandas as pd

from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput, nearest
from vtlib.core.models import PLATFORMS, Platform
from vtlib.core.params import Scraping, WatchedSource
from vtlib.platforms import SOURCES
from vtlib.platforms.actors import Actor, ActorRequest, Ask
from vtlib.platforms.searches import target_keys

MOST_ITEMS = 1000  # what the builders of input ask for when there is no limit
LAST_HORIZON_FACTOR = 1.5
ACTOR_FAILURES_MAX = 3
ACTOR_REST = timedelta(minutes=15)
ESTIMATE = ("platform", "actor", "ask", "targets", "items_max", "usd_per_1000", "usd", "basis")


@dataclass(frozen=True, slots=True)
class Order:
    """One order before it is placed. `limit` posts per target, `days_back` before the capture
    (None = no limit), `formats` wanted (empty = all); `items_max` is the most that may come and
    be charged.
    """

    platform: Platform
    actor: str
    ask: Ask
    targets: tuple[str, ...]
    run_input: dict[str, Any]
    items_max: int
    limit: int | None = None
    days_back: int | None = None
    formats: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        noun = {"accounts": "account", "profiles": "profile", "posts": "post"}.get(self.ask)
        what = number(len(self.targets), noun) if noun else f"{self.ask} {', '.join(self.targets)}"
        return f"{self.platform}: {what}"


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is known before anything is asked: `now` by the provider's clock, and rows of
    capture_orders: `open_orders` not closed yet, `recent` asked within the gap that need not be
    asked again (with `is_empty`).
    """

    now: datetime
    recent: Sequence[Mapping[str, Any]] = ()
    open_orders: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Cover:
    """Targets that are not asked, for an order that covers them; `reason` says which, until
    when, and what helps.
    """

    platform: Platform
    actor: str
    ask: Ask
    targets: tuple[str, ...]
    capture_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wave:
    """Orders to place, and what is not asked although it is not there."""

    orders: tuple[Order, ...] = ()
    covers: tuple[Cover, ...] = ()

    def __add__(self, other: Wave) -> Wave:
        return Wave(self.orders + other.orders, self.covers + other.covers)


def account_orders(accounts: pd.DataFrame, *, params: Scraping, ledger: Ledger) -> Wave:
    """Orders for the newest posts of followed accounts.

    `accounts`: platform, handle, native_id, role (missing = not followed). What `ledger` covers is
    left out.
    """
    own_rows = accounts[accounts["role"].notna()] if len(accounts) else accounts
    wave = Wave()
    for platform in _platforms(params):
        rows = own_rows[own_rows["platform"] == platform] if len(own_rows) else own_rows
        targets = [_target(platform, r) for r in rows.to_dict("records")]
        wave += orders(targets, ask="accounts", platform=platform, params=params, ledger=ledger)
    return wave


def watch_orders(watch: Sequence[WatchedSource], *, params: Scraping, ledger: Ledger) -> Wave:
    """Orders for watched searches, hashtags and accounts (`watch:` in the YAML), each word once.

    No actor can be asked for a sound; posts that use it come by the others. Raises BadInput where
    no actor of the platform can be asked so.
    """
    wave = Wave()
    for platform in _platforms(params):
        mine = [one for one in watch if one.platform == platform]
        asks: dict[Ask, list[str]] = {
            "accounts": [t for one in mine for t in one.accounts],
            "hashtag": [t.lstrip("#") for one in mine for t in one.hashtags],
            "search": [t for one in mine for t in one.searches],
        }
        for ask, targets in asks.items():
            if targets:
                wave += orders(targets, ask=ask, platform=platform, params=params, ledger=ledger)
    return wave


def profile_orders(accounts: pd.DataFrame, *, params: Scraping, ledger: Ledger) -> Wave:
    """Orders for followers and bio of accounts whose posts do not carry them, where an actor has
    it.

    `accounts`: those that are due (platform, handle, native_id).
    """
    wave = Wave()
    for platform in _platforms(params) if params.profiles else ():
        rows = accounts[accounts["platform"] == platform] if len(accounts) else accounts
        targets = [_target(platform, r) for r in rows.to_dict("records")]
        if targets and can_be_asked(platform, "profiles"):
            wave += orders(targets, ask="profiles", platform=platform, params=params, ledger=ledger)
    return wave


def post_orders(posts: pd.DataFrame, *, params: Scraping, ledger: Ledger) -> Wave:
    """Orders for posts by URL. `posts`: platform, url; platforms without such an actor are left
    out.
    """
    wave = Wave()
    for platform in _platforms(params):
        urls = list(posts.loc[posts["platform"] == platform, "url"]) if len(posts) else []
        if urls and can_be_asked(platform, "posts"):
            wave += orders(urls, ask="posts", platform=platform, params=params, ledger=ledger)
    return wave


def orders(
    targets: Iterable[str], *, ask: Ask, platform: Platform, params: Scraping, ledger: Ledger
) -> Wave:
    """The orders that ask `platform` for `targets`: the one place that decides what is asked.

    Left out are those that an open order covers, whatever its filters and its actor, and those that
    an order within the gap asked for at least as much of. Raises BadInput when no actor of the
    platform can be asked so.
    """
    wide = ask in ("accounts", "hashtag", "search")
    limit, days = (params.limit, params.days_back) if wide else (None, None)
    formats = tuple(params.post_types) if wide else ()
    since = (ledger.now - timedelta(days=days)).date() if days else None
    blank = Order(platform, "", ask, (), {}, 0, limit, days, formats)
    covering = _covering(blank, ledger)
    to_ask: list[str] = []
    by_order: dict[str, tuple[Mapping[str, Any], list[str]]] = {}
    for target in dict.fromkeys(t for t in targets if t):
        keys = target_keys(platform, ask, target)
        row = next((r for r, mine in covering if keys & mine), None)
        if row is None:
            to_ask.append(target)
        else:
            by_order.setdefault(row["capture_id"], (row, []))[1].append(target)
    new_orders = []
    for actor, group in _groups(platform, ask, to_ask, params):
        request = ActorRequest(ask, tuple(group), limit, since, formats)
        items = _items_max(actor, request)
        new_orders.append(
            Order(
                *(platform, actor.name, ask, request.targets, actor.build(request), items),
                *(limit, days, formats),
            )
        )
    covers = [
        Cover(platform, row["actor"], ask, tuple(mine), row["capture_id"], reason)
        for row, mine in by_order.values()
        if (reason := cover_reason(row, gap_h=params.min_gap_h))
    ]
    return Wave(tuple(new_orders), tuple(covers))


def cover_reason(row: Mapping[str, Any], *, gap_h: float) -> str:
    """Why the targets of an order are not asked anew, and what helps; "" when its data came and
    is recent.
    """
    if row["closed_at"] is None:
        return (
            f"Order {row['capture_id']} stays open and covers what it asked for: no new run is "
            "started. "
            "The next vt scrape takes it up; give it up with: "
            f"vt scrape --abandon {row['capture_id']}"
        )
    if row["is_empty"]:
        until = row["asked_at"] + timedelta(hours=gap_h)
        return (
            f"not asked: {row['reason'] or 'nothing came'} at {row['asked_at']:%H:%M} UTC; it is "
            "asked again "
            f"from {until:%Y-%m-%d %H:%M} UTC on (scraping.min_gap_h), or now with --again"
        )
    return ""


def other_actors(order: Order) -> str:
    """What to do when the actor of an order cannot be run: which others `scraping.actors` could
    name.
    """
    others = [
        a.name
        for a in SOURCES[order.platform].ACTORS
        if a.name != order.actor and order.ask in a.asks and all(map(a.can_take, order.targets))
    ]
    if others:
        return f"Name another in scraping.actors ({order.platform}): {', '.join(others)}."
    return (
        "scraping.actors could name another, and none is known that can be asked for "
        f"{order.ask} of "
        f"{order.platform}: import an export (vt import dataset), or see docs/adding-a-platform.md."
    )


def can_be_asked(platform: Platform, ask: Ask) -> bool:
    """Whether some actor of the platform takes such a question."""
    return any(ask in a.asks for a in SOURCES[platform].ACTORS)


def due_posts(posts: pd.DataFrame, *, params: Scraping, now: datetime) -> pd.DataFrame:
    """Posts whose numbers are due again, the newest first, at most `refresh_limit`.

    A post is due once after each horizon it has passed: when its last snapshot is from before the
    latest horizon, until it is older than 1.5 x the last one. `posts`: platform, url, posted_at,
    last_captured_at (naive UTC). Posts without a time are never due.
    """
    if posts.empty:
        return posts
    age_h = (pd.Timestamp(now).tz_localize(None) - posts["posted_at"]).dt.total_seconds() / 3600
    seen_h = (posts["last_captured_at"] - posts["posted_at"]).dt.total_seconds() / 3600
    horizons = sorted(params.refresh_horizons_h)
    horizon_h = age_h.map(lambda a: max((h for h in horizons if h <= a), default=float("nan")))
    due = horizon_h.notna() & ~(seen_h >= horizon_h) & (age_h <= horizons[-1] * LAST_HORIZON_FACTOR)
    return posts[due].sort_values("posted_at", ascending=False).head(params.refresh_limit)


def due_links(posts: pd.DataFrame, *, params: Scraping, now: datetime) -> pd.DataFrame:
    """Posts that came of scripts and are due: those never captured, then those that `due_posts`
    names.

    `posts` as for `due_posts`; what was never captured has no posted_at.
    """
    if posts.empty:
        return posts
    fresh = posts[posts["last_captured_at"].isna()]
    captured_posts = posts[posts["last_captured_at"].notna() & posts["posted_at"].notna()]
    links = pd.concat([fresh, due_posts(captured_posts, params=params, now=now)])
    return links.head(params.refresh_limit)


def estimate(
    new_orders: Sequence[Order], *, prices: Mapping[str, float], charged: Mapping[str, float]
) -> pd.DataFrame:
    """What orders may cost at most: columns ESTIMATE, a row an order; money in US dollars.

    `prices` is the user's own price of 1000 items by actor; `charged` what earlier captures were
    charged per 1000. usd is missing and basis `unknown` where there is neither.
    """
    rows = []
    for one in new_orders:
        price = prices.get(one.actor, charged.get(one.actor))
        basis = "yours" if one.actor in prices else "earlier captures" if price is not None else ""
        usd = None if price is None else one.items_max * price / 1000
        facts = (one.platform, one.actor, one.ask, len(one.targets), one.items_max)
        rows.append((*facts, price, usd, basis or "unknown"))
    frame = pd.DataFrame(rows, columns=list(ESTIMATE))
    return frame.astype({"usd_per_1000": "Float64", "usd": "Float64"})


def estimate_words(frame: pd.DataFrame, *, remaining_usd: float) -> list[str]:
    """The estimate in sentences, with the cap that is sent in every case."""
    if frame.empty:
        return ["Nothing has to be asked."]
    usd = frame["usd"].dropna()
    items = int(frame["items_max"].sum())
    first = f"{number(len(frame), 'run')}, at most {number(items, 'item')}"
    unknown = len(frame) - len(usd)
    if unknown == len(frame):
        cost = "what they cost is unknown: give your price in scraping.usd_per_1000"
    else:
        cost = f"at most ${float(usd.sum()):,.2f}"
        cost += f", and {number(unknown, 'run')} of unknown price" if unknown else ""
    return [f"{first}: {cost}.", f"The provider is told to stop at ${remaining_usd:,.2f} in all."]


def weights(frame: pd.DataFrame) -> list[float]:
    """The weight of each order when a budget is shared out: its cost where all are known, else
    its items.
    """
    by = "usd" if len(frame) and frame["usd"].notna().all() else "items_max"
    return [max(float(w), 1e-9) for w in frame[by]]


def paused(actor: str, failed_at: datetime | None, *, now: datetime) -> str:
    """Why an actor is not asked for now ("" = it may be): its last orders failed one after the
    other, the last at `failed_at`. Both times by our clock, with the same kind of zone.
    """
    if failed_at is None or now >= failed_at + ACTOR_REST:
        return ""
    return (
        f"{actor} failed {ACTOR_FAILURES_MAX} times in a row: it is asked again from "
        f"{failed_at + ACTOR_REST:%Y-%m-%d %H:%M} UTC on (or now, with --again)"
    )


def _platforms(params: Scraping) -> tuple[Platform, ...]:
    return tuple(p for p in PLATFORMS if not params.platforms or p in params.platforms)


def _target(platform: Platform, row: Mapping[Any, Any]) -> str:
    """The name an actor finds an account by; LinkedIn's is its native id, which says company or
    person.
    """
    native, handle = (row.get(k) if pd.notna(row.get(k)) else None for k in ("native_id", "handle"))
    by_native = platform == "linkedin" or not handle
    return str((native or handle) if by_native else handle)


def _groups(
    platform: Platform, ask: Ask, targets: Sequence[str], params: Scraping
) -> list[tuple[Actor, list[str]]]:
    """Targets by the actor that takes them, in groups as large as its runs may be."""
    by_actor: dict[str, tuple[Actor, list[str]]] = {}
    for target in targets:
        actor = _actor(platform, ask, target, params)
        by_actor.setdefault(actor.name, (actor, []))[1].append(target)
    groups: list[tuple[Actor, list[str]]] = []
    for actor, mine in by_actor.values():
        any_number = ask in ("posts", "profiles") or actor.targets_max is None
        size = len(mine) if any_number else cast("int", actor.targets_max)
        groups += [(actor, mine[i : i + size]) for i in range(0, len(mine), size)]
    return groups


def _actor(platform: Platform, ask: Ask, target: str, params: Scraping) -> Actor:
    able = [a for a in SOURCES[platform].ACTORS if ask in a.asks and a.can_take(target)]
    name = params.actors.get(platform)
    if name and name not in (names := [a.name for a in SOURCES[platform].ACTORS]):
        near = nearest(name, names)
        todo = f"Did you mean {near}?" if near else f"Known: {', '.join(names)}."
        raise BadInput(f"scraping.actors: {name} is not known for {platform}.", todo=todo)
    actor = next((a for a in able if a.name == name), able[0] if able else None)
    if actor is None:
        raise BadInput(
            f"no actor of {platform} can be asked for {ask} ({target}).",
            todo="vt discover --help lists what each platform can be asked.",
        )
    return actor


def _items_max(actor: Actor, request: ActorRequest) -> int:
    if request.ask in ("posts", "profiles"):
        return len(request.targets)
    kinds = [k for k in actor.limits_each if not request.formats or k in request.formats]
    return (request.limit or MOST_ITEMS) * len(request.targets) * max(len(kinds), 1)


def _covering(order: Order, ledger: Ledger) -> list[tuple[Mapping[str, Any], frozenset[str]]]:
    """Orders that cover targets of such a question, each with the keys of its targets: the open
    ones, then those within the gap that asked for at least as much.
    """
    rows = [*ledger.open_orders] + [
        row
        for row in ledger.recent
        if tuple(row["formats"] or ()) == order.formats
        and _reaches(row["post_limit"], order.limit)
        and _reaches(row["days_back"], order.days_back)
    ]
    keys_of = partial(target_keys, order.platform, order.ask)
    return [
        (row, frozenset().union(*map(keys_of, row["targets"] or ())))
        for row in rows
        if (row["ask"], row["platform"]) == (order.ask, order.platform)
    ]


def _reaches(had: int | None, least: int | None) -> bool:
    return had is None or (least is not None and had >= least)
