"""Simulated Facebook actors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from simulator.actors.asking import ActorSpec, Input, account, moment, number, path_of, strings
from simulator.exports import facebook as fb
from simulator.exports.frame import Frame, Item, interleave
from simulator.world import SimPost

Render = Callable[[Frame, SimPost, str], Item]


def scraper(frame: Frame, run_input: Input, *, render: Render, reels: bool) -> Iterator[Item]:
    """Posts (or reels) of pages in `startUrls`; a single reel's URL gives `no_items`, as really."""
    urls = strings(run_input, "startUrls")
    yield from interleave([_page(frame, run_input, u, render=render, reels=reels) for u in urls])


def _page(
    frame: Frame, run_input: Input, url: str, *, render: Render, reels: bool
) -> Iterator[Item]:
    owner = None if path_of(url)[:1] == ["reel"] else account(frame, "facebook", url)
    since = moment(run_input, "onlyPostsNewerThan", frame.at)
    until = moment(run_input, "onlyPostsOlderThan", frame.at)
    found = frame.posts(owner, since=since) if owner else []
    found = [
        p for p in found if (p.is_video or not reels) and (until is None or p.posted_at < until)
    ]
    yield from (render(frame, p, url) for p in found[: number(run_input, "resultsLimit", 20)])
    if not found:
        yield fb.no_items(url)


ACTORS = (
    ActorSpec(
        "apify/facebook-posts-scraper",
        partial(scraper, render=fb.item, reels=False),
        0.005,
        required=("startUrls",),
    ),
    ActorSpec(
        "apify/facebook-reels-scraper",
        partial(scraper, render=fb.reel_item, reels=True),
        0.005,
        required=("startUrls",),
    ),
)
