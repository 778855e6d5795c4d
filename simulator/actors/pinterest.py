"""Simulated Pinterest actors; in searches a promoted pin stands among the first results."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, quote_plus, urlsplit

from simulator.actors.asking import (
    ActorSpec,
    Input,
    account,
    matching,
    number,
    path_of,
    strings,
)
from simulator.exports import pinterest
from simulator.exports.frame import Frame, Item
from simulator.world import SimPost

PROMOTED_AT = 2


def search(frame: Frame, run_input: Input) -> Iterator[Item]:
    """fatihtahta/pinterest-scraper-search: `queries` and `startUrls` (profiles, pins, searches)."""
    limit = number(run_input, "limit", 50)
    for query in strings(run_input, "queries"):
        page = f"https://www.pinterest.com/search/pins/?q={quote_plus(query)}&rs=typed"
        found = list(matching(frame, "pinterest", query))
        yield from _pins(frame, run_input, found[:limit], page)
    for url in strings(run_input, "startUrls"):
        yield from _pins(frame, run_input, _behind(frame, url)[:limit], url)


def scraper(frame: Frame, run_input: Input) -> Iterator[Item]:
    """epctex/pinterest-scraper: `startUrls`; `maxItems` is for the whole run."""
    urls = strings(run_input, "startUrls")
    found = [post for url in urls for post in _behind(frame, url)]
    for post in found[: number(run_input, "maxItems", 0) or None]:
        yield pinterest.raw_pin(frame, post)


def crawler(frame: Frame, run_input: Input) -> Iterator[Item]:
    """alexey/pinterest-crawler: `startUrls` of profiles, `maxPinsCnt` each."""
    for url in strings(run_input, "startUrls"):
        for post in _behind(frame, url)[: number(run_input, "maxPinsCnt", 50)]:
            yield pinterest.crawled_pin(frame, post)


def _behind(frame: Frame, url: str) -> list[SimPost]:
    parts = path_of(url)
    if parts[:1] == ["pin"]:
        post = frame.world.post_of.get(f"pinterest:{parts[-1]}")
        return [post] if post and post.exists(frame.at) else []
    if parts[:1] == ["search"]:
        return list(matching(frame, "pinterest", " ".join(parse_qs(urlsplit(url).query)["q"])))
    owner = account(frame, "pinterest", url)
    return frame.posts(owner) if owner else []


def _pins(frame: Frame, run_input: Input, posts: list[SimPost], page: str) -> Iterator[Item]:
    only_video = run_input.get("type") == "video"
    for i, post in enumerate(p for p in posts if p.is_video or not only_video):
        if i == PROMOTED_AT:
            yield pinterest.promoted(frame, post, page)
        yield pinterest.item(frame, post, page)


ACTORS = (
    ActorSpec("fatihtahta/pinterest-scraper-search", search, 0.003),
    ActorSpec("epctex/pinterest-scraper", scraper, 0.002),
    ActorSpec("alexey/pinterest-crawler", crawler, 0.001),
)
