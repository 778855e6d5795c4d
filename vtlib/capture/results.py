"""02 scraping, after a run: what came for each account, tag, word or post, what is kept, and what
is missing.

A filter given to a provider is enforced again here, by the time of the capture. Nothing a provider
gave is thrown away: what is left out stays among the raw items.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from vtlib.capture.messages import NOT_COUNTED, fate, mapped_ratio, unreadable
from vtlib.capture.orders import Order
from vtlib.core.conclusion import Conclusion, finish_stage, number, skip_stage, verb
from vtlib.core.errors import sentence
from vtlib.core.language import marked, retell, say, stored
from vtlib.core.models import METRICS, Mapped, MappedAccount, Rejected
from vtlib.platforms import outcome, posts_within
from vtlib.platforms.searches import names_in, names_of

OUT = marked(
    {
        "too_old": "older than asked",
        "other_type": "of another type",
        "beyond_limit": "beyond the limit",
        "twice": "the same post twice",
    }
)
TARGETS = (
    *("platform", "ask", "target", "requested", "found", "mapped", "new", "updated", "skipped"),
    *("problems", "reason"),
)
_UNKNOWN = stored("private, empty or nothing as new as asked: the provider does not say which")


@dataclass(frozen=True, slots=True)
class RunItem:
    """One item of a run: for which target ("" = none of them), and the post, account or refusal
    it is. A post inside a profile's item (`is_within`) has that item's number.
    """

    item_no: int
    target: str
    post_id: str | None = None
    posted_at: datetime | None = None
    format: str = "unknown"
    is_account: bool = False
    has_counts: bool = False
    refusal: str = ""
    said: str = ""
    is_within: bool = False

    @property
    def key(self) -> tuple[int, str | None]:
        return self.item_no, self.post_id


@dataclass(frozen=True, slots=True)
class Ran:
    """An order and how its run ended at the provider, in the provider's words."""

    asked: Order
    status: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class SelectedPosts:
    """The posts that are kept, and why the others are not (item_no, post_id -> a key of OUT)."""

    posts: frozenset[str] = frozenset()
    out: Mapping[tuple[int, str | None], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Came:
    """What a run brought: its targets' rows, its items by kind, how many of its posts have a
    count at all, whether the cap on money stopped it, and in words what it was charged beyond
    that cap.
    """

    ran: Ran
    rows: Sequence[Mapping[str, Any]]
    tally: Counter[str]
    counted: int
    at_cap: bool = False
    overcharge: str = ""


def look(items: Iterable[tuple[int, Any]], order: Order) -> list[RunItem]:
    """What each (item_no, item) is, the posts inside profiles after their profile, and for which
    target of the order it came. Nothing raises.
    """
    names = {t: names_of(order.platform, t) for t in order.targets}
    return [one for item_no, item in items for one in _seen(item_no, item, order, names)]


def keep(run_items: Sequence[RunItem], order: Order, *, captured_at: datetime) -> SelectedPosts:
    """Which posts the order meant: no older than `days_back` before the capture, of the formats
    asked, and of each target the newest `limit` (search and hashtag: the first). Posts without a
    time are not too old.
    """
    oldest = captured_at - timedelta(days=order.days_back) if order.days_back else None
    out: dict[tuple[int, str | None], str] = {}
    fit: dict[str, dict[str, RunItem]] = {}
    for one in run_items:
        if one.post_id is None:
            continue
        mine = fit.setdefault(one.target, {})
        reason = _misfit(one, order, oldest) or ("twice" if one.post_id in mine else "")
        if reason:
            out[one.key] = reason
        else:
            mine[one.post_id] = one
    for target, mine in fit.items():
        if target and order.limit is not None:
            beyond = _ranked(list(mine.values()), order)[order.limit :]
            out.update({one.key: "beyond_limit" for one in beyond})
    posts = {one.post_id for mine in fit.values() for one in mine.values() if one.key not in out}
    return SelectedPosts(frozenset(p for p in posts if p), out)


def narrow(frames: Mapping[str, pd.DataFrame], kept: SelectedPosts) -> dict[str, pd.DataFrame]:
    """The rows of a mapped chunk (capture/mapping.py) without posts that are left out, and without
    snapshots that hold no count; raw items are in the store already.
    """
    rows = {t: f for t, f in frames.items() if t != "raw_items"}
    for table in ("posts", "post_snapshots", "project_posts"):
        rows[table] = rows[table][rows[table]["post_id"].isin(kept.posts)]
    states = rows["post_snapshots"][[f"{name}_state" for name in METRICS]]
    rows["post_snapshots"] = rows["post_snapshots"][(states != "not_exposed").any(axis=1)]
    return rows


def per_target(
    run_items: Sequence[RunItem], selection: SelectedPosts, *, ran: Ran, new: Collection[str]
) -> list[dict[str, Any]]:
    """A row a target, with what it got: columns TARGETS; one with target "" for items that came for
    none.

    `new`: ids of posts that this capture added to the project.
    """
    groups: dict[str, list[RunItem]] = {t: [] for t in ran.asked.targets}
    for one in run_items:
        groups.setdefault(one.target, []).append(one)
    rows = (_row(t, mine, selection, asked=ran.asked, new=new) for t, mine in groups.items())
    return [
        {**row, "reason": _words(row, groups[row["target"]], selection, ran=ran) or None}
        for row in rows
    ]


def judge(came: Came, *, least: float) -> tuple[str, str, int]:
    """(status, reason, exit code) of a run: `failed` when it ended badly, when too few of its
    items could be mapped or too few posts have any count (`least`, a ratio), or when it gave
    nothing usable; 4 too when some target was refused, 8 when the cap on money stopped it or did
    not. The reason is in plain words, "" when all went as it should.
    """
    ratio = mapped_ratio(came.tally)
    shape = fate(came.tally, ratio=ratio, least=least) if ratio is not None else ""
    countless = came.counted < least * came.tally["mapped"]
    is_renamed = countless or (ratio is not None and ratio < least)
    words = [w for w in (_end_words(came), _nothing_words(came), shape) if w]
    if countless:
        words.append(
            f"only {came.counted} of {number(came.tally['mapped'], 'post')} "
            f"{verb(came.counted, 'have')} any count: has the actor "
            "renamed its fields? All items are kept: after an update, run vt import again"
        )
    is_failure = came.ran.status != "SUCCEEDED" or is_renamed or _is_empty(came)
    n_refused = _refused(came)
    if n_refused and not _is_empty(came):
        targets = number(len(came.ran.asked.targets), "target")
        words.append(stored("{n} of {targets} gave nothing", n=n_refused, targets=targets))
    if came.overcharge:
        words.append(came.overcharge)
    elif came.at_cap:
        words.append(stored("the cap on cost was reached"))
    code = (
        8
        if came.at_cap or came.overcharge
        else 4
        if is_failure or n_refused
        else 2
        if unreadable(came.tally)
        else 0
    )
    return "failed" if is_failure else "ok", "; ".join(words), code


def _end_words(came: Came) -> str:
    ran, n_items = came.ran, came.tally["found"]
    if ran.status == "SUCCEEDED":
        return ""
    message = f" ({ran.message})" if ran.message else ""
    return stored(
        "the run ended {status}: what it had is kept ({items})",
        status=f"{ran.status}{message}",
        items=number(n_items, "item"),
    )


def _nothing_words(came: Came) -> str:
    if came.tally["mapped"] or came.tally["accounts"]:
        return ""
    if not came.tally["found"]:
        return stored("the provider gave nothing and no reason")
    n_refused = sum(came.tally[k] for k in NOT_COUNTED)
    only = stored("the provider gave only error items")
    return only if n_refused == came.tally["found"] else ""


def _is_empty(came: Came) -> bool:
    """Whether a run brought nothing usable and that cannot be right: nothing that is new enough
    can.
    """
    if came.tally["mapped"] or came.tally["accounts"]:
        return False
    only_empty = came.tally["no_items"] == came.tally["found"]
    return not (only_empty and came.ran.asked.days_back)


def _refused(came: Came) -> int:
    """Targets that gave nothing although the provider does not call them empty; deleted posts
    are usual.
    """
    if came.ran.asked.ask == "posts":
        return 0
    return sum(
        bool(r["target"]) and not r["mapped"] and _UNKNOWN not in (r["reason"] or "")
        for r in came.rows
    )


def conclude(
    targets: pd.DataFrame,
    captures: pd.DataFrame,
    *,
    has_token: bool,
    shortfalls: Sequence[str] = (),
    costs: bool = True,
) -> Conclusion:
    """The stage's sentences, from what is stored: latest rows of capture_targets, and their
    captures.

    `shortfalls`: what fell short just now, in words; `costs`: whether the reader is told what was
    charged.
    """
    if targets.empty:
        need = (
            "follow accounts: vt project add-accounts" if has_token else "set APIFY_TOKEN in .env"
        )
        return skip_stage("scraping", f"nothing was asked of a provider: {need}", shortfalls)
    target_rows = targets[targets["handle"] != ""]
    short = target_rows[target_rows["reason"].notna()]
    lines = [_asked_line(target_rows, captures, short), _came_line(targets)]
    lines += [_cost_line(captures)] if costs else []
    lines += shortfalls
    short = short.sort_values(["mapped", "platform", "handle"])  # who gave nothing comes first
    lines += [
        sentence(f"{r.platform} {r.handle}: {retell(str(r.reason))}")
        for r in short.head(5).itertuples()
    ]
    if len(short) > 5:
        lines.append(say("… and {more:,} more (see the table).", more=len(short) - 5))
    return finish_stage(
        "scraping", lines, asked=len(target_rows), short=len(short), runs=len(captures)
    )


def _asked_line(targets: pd.DataFrame, captures: pd.DataFrame, short: pd.DataFrame) -> str:
    what = number(len(targets), "target")
    where = number(targets["platform"].nunique(), "platform")
    runs = number(len(captures), "run")
    complete = say("{more:,} of them gave all that was asked", more=len(targets) - len(short))
    return say(
        "{what} (accounts, tags, words, posts) on {where} were asked for in {runs}; {complete}.",
        what=what,
        where=where,
        runs=runs,
        complete=complete,
    )


def _came_line(targets: pd.DataFrame) -> str:
    came = targets[["found", "mapped", "new", "updated", "skipped"]].sum()
    return say(
        "{items} came, {mapped:,.0f} could be used: {new_posts}, {updated:,.0f} known before, "
        "{skipped:,.0f} left out.",
        items=number(came["found"], "item"),
        mapped=came["mapped"],
        new_posts=number(came["new"], "new post"),
        updated=came["updated"],
        skipped=came["skipped"],
    )


def _cost_line(captures: pd.DataFrame) -> str:
    usd = captures["charged_usd"]
    unknown = int(usd.isna().sum())
    rest = say("; for {runs} it did not say", runs=number(unknown, "run")) if unknown else ""
    return say("The provider charged ${usd:,.2f}{rest}.", usd=float(usd.sum()), rest=rest)


def _seen(
    item_no: int, item: Any, order: Order, names: Mapping[str, frozenset[str]]
) -> list[RunItem]:
    result = outcome(order.platform, item)
    under, owner = names_in(item if isinstance(item, dict) else {}, result)
    target = _match(under, names) or _match(owner, names)
    if not target and len(names) == 1:
        target = next(iter(names))  # a run with one target brings nothing else
    if isinstance(result, Rejected):
        return [RunItem(item_no, target, refusal=result.kind, said=result.reason)]
    if isinstance(result, MappedAccount):
        lists, _ = posts_within(order.platform, item, result)
        posts = [_post(item_no, target, p) for mine in lists.values() for p in mine]
        account = RunItem(item_no, target, is_account=True)
        return [account, *(replace(one, is_within=True) for one in posts)]
    return [_post(item_no, target, result)]


def _post(item_no: int, target: str, mapped: Mapped) -> RunItem:
    post = mapped.post
    has_counts = any(m.state != "not_exposed" for m in mapped.metrics.values())
    return RunItem(
        item_no, target, post.post_id, post.posted_at, post.format, has_counts=has_counts
    )


def _match(names: frozenset[str], names_by_target: Mapping[str, frozenset[str]]) -> str:
    return next((t for t, mine in names_by_target.items() if names & mine), "")


def _misfit(one: RunItem, order: Order, oldest: datetime | None) -> str:
    if order.formats and one.format not in order.formats:
        return "other_type"
    if oldest and one.posted_at and one.posted_at < oldest:
        return "too_old"
    return ""


def _ranked(mine: list[RunItem], order: Order) -> list[RunItem]:
    if order.ask != "accounts":
        return mine  # in the provider's order of relevance
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(mine, key=lambda one: one.posted_at or never, reverse=True)


def _row(
    target: str, mine: Sequence[RunItem], kept: SelectedPosts, *, asked: Order, new: Collection[str]
) -> dict[str, Any]:
    posts = [one for one in mine if one.post_id]
    post_ids = {one.post_id for one in posts if one.key not in kept.out}
    own = [one for one in mine if not one.is_within]
    return {
        "platform": asked.platform,
        "ask": asked.ask,
        "target": target,
        "requested": _requested(target, asked),
        "found": len(own),
        "mapped": sum(bool(one.post_id) or one.is_account for one in own),
        "new": len(post_ids & set(new)),
        "updated": len(post_ids - set(new)),
        "skipped": len(posts) - len(post_ids),
        "problems": sum(bool(one.refusal) for one in mine),
    }


def _requested(target: str, order: Order) -> int | None:
    if not target:
        return 0
    return 1 if order.ask in ("posts", "profiles") else order.limit


def _words(
    facts: Mapping[str, Any], mine: Sequence[RunItem], kept: SelectedPosts, *, ran: Ran
) -> str:
    """What a person must know of a target; "" when it gave all that was asked."""
    clauses = []
    got, limit = facts["new"] + facts["updated"], facts["requested"]
    if not facts["target"]:
        clauses.append(stored("these items name none of what was asked for"))
    elif not facts["mapped"]:
        clauses.append(_nothing(mine, ran.status))
    elif limit and got < limit and ran.asked.ask not in ("posts", "profiles"):
        clauses.append(
            stored("{got} of {limit} asked: {why}", got=got, limit=limit, why=_why_fewer(ran))
        )
    reasons = Counter(kept.out[one.key] for one in mine if one.key in kept.out)
    clauses += [
        stored("{n} left out, {why}", n=n, why=OUT[k]) for k, n in reasons.items() if k != "twice"
    ]
    return "; ".join(clauses)


def _nothing(mine: Sequence[RunItem], status: str) -> str:
    kinds = Counter(one.refusal for one in mine if one.refusal)
    if kinds["no_items"]:
        return stored("nothing: {why}", why=_UNKNOWN)
    if kinds:
        reason = next((one.said for one in mine if one.said), stored("only error items"))
        return stored("nothing: {why}", why=reason)
    if status != "SUCCEEDED":
        return stored("nothing: the run ended {status} before", status=status)
    return stored(
        "nothing, and no reason: check the name, then whether another actor can (scraping.actors)"
    )


def _why_fewer(ran: Ran) -> str:
    if ran.status != "SUCCEEDED":
        return stored("the run ended {status} before", status=ran.status)
    if ran.asked.days_back:
        return stored(
            "no more within {days}, or the provider stopped early",
            days=number(ran.asked.days_back, "day"),
        )
    return stored("it has no more, or the provider stopped early")
