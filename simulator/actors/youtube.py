"""Simulated YouTube actors. Zero limits mean "skip", as with the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, quote_plus, urlsplit

from simulator.actors.asking import (
    ActorSpec,
    Input,
    InvalidInput,
    account,
    handle_of,
    matching,
    moment,
    number,
    path_of,
    strings,
)
from simulator.exports import youtube as yt
from simulator.exports.frame import Frame, Item, interleave
from simulator.world import SimPost


def scraper(frame: Frame, run_input: Input) -> Iterator[Item]:
    """streamers/youtube-scraper: `startUrls` (channels, videos, hashtags) and `searchQueries`."""
    rows = [_start(frame, run_input, url) for url in strings(run_input, "startUrls")]
    for query in strings(run_input, "searchQueries"):
        page = f"https://www.youtube.com/results?search_query={quote_plus(query)}"
        found = _wanted(frame, run_input, list(matching(frame, "youtube", query)))
        rows.append(_items(frame, found, page, query=query))
    yield from interleave(rows)


def shorts(frame: Frame, run_input: Input) -> Iterator[Item]:
    """streamers/youtube-shorts-scraper: `channels` by name without @ or by URL."""
    asked = {"maxResultsShorts": 1, **run_input, "maxResults": 0}
    if any(c.startswith("@") for c in strings(run_input, "channels")):
        raise InvalidInput("Input is not valid: Field input.channels takes names without @")
    yield from interleave(
        [_channel(frame, asked, c, page=_page(c)) for c in strings(run_input, "channels")]
    )


def _page(channel: str) -> str:
    return channel if "//" in channel else f"https://www.youtube.com/@{channel}/shorts"


def _start(frame: Frame, run_input: Input, url: str) -> Iterator[Item]:
    parts, query = path_of(url), parse_qs(urlsplit(url).query)
    if parts[:1] == ["hashtag"]:
        found = list(matching(frame, "youtube", (parts[1:] or [""])[0], tag=True))
        return _items(frame, _wanted(frame, run_input, found), url)
    if parts[:1] == ["results"]:
        found = list(matching(frame, "youtube", " ".join(query.get("search_query", []))))
        return _items(frame, _wanted(frame, run_input, found), url)
    if parts[:1] in (["watch"], ["shorts"]):
        video_id = query["v"][0] if "v" in query else parts[-1]
        post = frame.world.post_of.get(f"youtube:{video_id}")
        return _items(frame, [post] if post and post.exists(frame.at) else [], url)
    return _channel(frame, run_input, handle_of(url), page=url)


def _channel(frame: Frame, run_input: Input, name: str, *, page: str) -> Iterator[Item]:
    owner = account(frame, "youtube", name)
    found = _wanted(frame, run_input, frame.posts(owner)) if owner else []
    return _items(frame, found, page)


def _wanted(frame: Frame, run_input: Input, posts: list[SimPost]) -> list[SimPost]:
    oldest = moment(run_input, "oldestPostDate", frame.at)
    if run_input.get("sortVideosBy") == "POPULAR":
        posts = sorted(posts, key=lambda p: -frame.counts(p).views)
    kept = [p for p in posts if oldest is None or p.posted_at >= oldest]
    limits = {
        "long": number(run_input, "maxResults", 0),
        "short": number(run_input, "maxResultsShorts", 0),
    }
    return [
        p for form, most in limits.items() for p in [q for q in kept if q.format == form][:most]
    ]


def _items(frame: Frame, posts: list[SimPost], page: str, *, query: str = "") -> Iterator[Item]:
    for order, post in enumerate(posts):
        yield yt.item(frame, post, query or page) | {"fromYTUrl": page, "order": order}
    if not posts:
        yield yt.no_videos(page)


ACTORS = (
    ActorSpec("streamers/youtube-scraper", scraper, 0.0024),
    ActorSpec("streamers/youtube-channel-scraper", scraper, 0.0024),
    ActorSpec("streamers/youtube-shorts-scraper", shorts, 0.0024, required=("channels",)),
)
