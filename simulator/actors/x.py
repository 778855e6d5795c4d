"""The simulated X actor. Nothing found is ten filler items, billed, and a run that succeeded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.actors.asking import (
    ActorSpec,
    Input,
    account,
    handle_of,
    matching,
    moment,
    newest,
    number,
    path_of,
    strings,
)
from simulator.exports import x
from simulator.exports.frame import Frame, Item
from simulator.world import SimPost

FILLERS = 10


def scraper(frame: Frame, run_input: Input) -> Iterator[Item]:
    """apidojo/tweet-scraper: `twitterHandles`, `searchTerms` (from:, since:, until:),
    `startUrls`.
    """
    found: dict[str, tuple[SimPost, str]] = {}
    for source, posts in _asked(frame, run_input):
        for post in posts:
            found.setdefault(post.post_id, (post, source))
    start, end = moment(run_input, "start", frame.at), moment(run_input, "end", frame.at)
    kept = [
        (p, s)
        for p, s in found.values()
        if (start is None or p.posted_at >= start)
        and (end is None or p.posted_at <= end)
        and (not run_input.get("onlyVideo") or p.is_video)
        and (not run_input.get("onlyImage") or p.format == "photo")
        and frame.counts(p).likes >= number(run_input, "minimumFavorites", 0)
    ]
    if run_input.get("sort", "Top") == "Latest":
        kept.sort(key=lambda pair: pair[0].posted_at, reverse=True)
    yield from (x.item(frame, p, s) for p, s in kept[: number(run_input, "maxItems", 1000)])
    if not kept and any(
        strings(run_input, k) for k in ("twitterHandles", "searchTerms", "startUrls")
    ):
        yield from (x.no_results() for _ in range(FILLERS))


def _asked(frame: Frame, run_input: Input) -> Iterator[tuple[str, list[SimPost]]]:
    for handle in strings(run_input, "twitterHandles"):
        owner = account(frame, "x", handle)
        yield handle, newest(frame.posts(owner)) if owner else []
    for term in strings(run_input, "searchTerms"):
        yield term, _search(frame, term)
    for url in strings(run_input, "startUrls"):
        parts = path_of(url)
        if "status" in parts:
            post = frame.world.post_of.get(f"x:{parts[-1]}")
            yield url, [post] if post and post.exists(frame.at) else []
        else:
            owner = account(frame, "x", handle_of(url))
            yield url, newest(frame.posts(owner)) if owner else []


def _search(frame: Frame, term: str) -> list[SimPost]:
    filters = dict(re.findall(r"(from|since|until):(\S+)", term))
    owner = account(frame, "x", filters["from"]) if "from" in filters else None
    since, until = (moment(filters, key, frame.at) for key in ("since", "until"))
    return [
        p
        for p in matching(frame, "x", term)
        if ("from" not in filters or (owner and p.account_id == owner.account_id))
        and (since is None or p.posted_at >= since)
        and (until is None or p.posted_at < until)
    ]


ACTORS = (ActorSpec("apidojo/tweet-scraper", scraper, 0.0004),)
