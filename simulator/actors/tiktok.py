"""Simulated TikTok actors. The trap of the real ones is kept: `resultsPerPage` defaults to 1."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from simulator.actors.asking import (
    ActorSpec,
    Input,
    account,
    handle_of,
    matching,
    moment,
    number,
    path_of,
    strings,
)
from simulator.exports import tiktok as tt
from simulator.exports.frame import Frame, Item, interleave
from simulator.world import SimPost


def scraper(frame: Frame, run_input: Input, *, default: int = 1) -> Iterator[Item]:
    """Profiles, hashtags, searches and post URLs; what they share is delivered once for each of
    them.
    """
    limit = number(run_input, "resultsPerPage", default)
    rows = [_profile(frame, run_input, p, limit=limit) for p in strings(run_input, "profiles")]
    rows += [_hashtag(frame, run_input, t, limit=limit) for t in strings(run_input, "hashtags")]
    rows += [_search(frame, run_input, q, limit=limit) for q in strings(run_input, "searchQueries")]
    rows += [_post(frame, url) for url in strings(run_input, "postURLs")]
    yield from interleave(rows)


def _profile(frame: Frame, run_input: Input, target: str, *, limit: int) -> Iterator[Item]:
    source = handle_of(target)
    owner = account(frame, "tiktok", target)
    found = _wanted(frame, run_input, frame.posts(owner)) if owner else []
    if run_input.get("excludePinnedPosts"):
        found = [p for p in found if "pinned" not in p.flags]
    order = run_input.get("profileSorting", "latest")
    if order == "popular":
        found = sorted(found, key=lambda p: -frame.counts(p).views)
    elif order == "oldest":
        found = sorted(found, key=lambda p: p.posted_at)
    yield from (tt.item(frame, p, source) for p in found[:limit])
    if not found:
        yield tt.not_found(source)


def _hashtag(frame: Frame, run_input: Input, tag: str, *, limit: int) -> Iterator[Item]:
    word = tag.lstrip("#")
    found = _wanted(frame, run_input, list(matching(frame, "tiktok", word, tag=True)))
    yield from (tt.hashtag_item(frame, p, word) for p in found[:limit])
    if not found:
        yield tt.not_found(word, kind="tag/")


def _search(frame: Frame, run_input: Input, query: str, *, limit: int) -> Iterator[Item]:
    found = _wanted(frame, run_input, list(matching(frame, "tiktok", query)))
    for post in found[:limit]:
        yield tt.item(frame, post, query) | {"searchQuery": query}


def _post(frame: Frame, url: str) -> Iterator[Item]:
    post = frame.world.post_of.get(f"tiktok:{(path_of(url) or [''])[-1]}")
    if post and post.exists(frame.at):
        yield tt.item(frame, post, url) | {"submittedVideoUrl": url}
    else:
        yield {"url": url, "input": url, "error": "Post not found or private."}


def _wanted(frame: Frame, run_input: Input, posts: list[SimPost]) -> list[SimPost]:
    oldest = moment(run_input, "oldestPostDateUnified", frame.at)
    newest = moment(run_input, "newestPostDate", frame.at)
    return [
        p
        for p in posts
        if (oldest is None or p.posted_at >= oldest) and (newest is None or p.posted_at <= newest)
    ]


ACTORS = (
    ActorSpec("clockworks/tiktok-scraper", scraper, 0.004, stops_at_max_items=False),
    ActorSpec("clockworks/free-tiktok-scraper", scraper, 0.004, stops_at_max_items=False),
    ActorSpec(
        "clockworks/tiktok-profile-scraper",
        partial(scraper, default=100),
        0.004,
        stops_at_max_items=False,
    ),
    ActorSpec(
        "clockworks/tiktok-hashtag-scraper",
        partial(scraper, default=100),
        0.004,
        stops_at_max_items=False,
    ),
    ActorSpec("clockworks/tiktok-video-scraper", scraper, 0.004, stops_at_max_items=False),
)
