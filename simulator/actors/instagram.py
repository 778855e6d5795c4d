"""Simulated Instagram actors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
from simulator.exports import instagram as ig
from simulator.exports.frame import Frame, Item, interleave
from simulator.words import TAGS
from simulator.world import SimPost

Keep = Callable[[SimPost], bool]


def scraper(frame: Frame, run_input: Input) -> Iterator[Item]:
    """apify/instagram-scraper: posts, reels or details of `directUrls`, or of a hashtag search."""
    urls, kind = strings(run_input, "directUrls"), run_input.get("resultsType", "posts")
    limit = number(run_input, "resultsLimit", 200)
    if not urls and run_input.get("searchType", "hashtag") == "hashtag":
        urls = [f"https://www.instagram.com/explore/tags/{tag}" for tag in _tags(run_input)]
    if kind == "details":
        yield from profiles(frame, {"usernames": urls})
        return
    keep: Keep = (lambda p: p.is_video) if kind == "reels" else (lambda _: True)
    yield from interleave([_of_url(frame, run_input, url, keep, limit=limit) for url in urls])


def posts(frame: Frame, run_input: Input) -> Iterator[Item]:
    """apify/instagram-post-scraper; the account with `metrics_break` loses fields three weeks
    in.
    """
    limit = number(run_input, "resultsLimit", 24)
    names = strings(run_input, "username")
    yield from interleave(
        [_of_url(frame, run_input, n, lambda _: True, limit=limit) for n in names]
    )


def reels(frame: Frame, run_input: Input) -> Iterator[Item]:
    """apify/instagram-reel-scraper: videos alone, plays always, views only on settled ones."""
    limit = number(run_input, "resultsLimit", 27)
    for name in strings(run_input, "username"):
        for item in _of_url(frame, run_input, name, lambda p: p.is_video, limit=limit):
            post = frame.world.post_of.get(f"instagram:{item.get('shortCode')}")
            yield ig.reel_item(frame, post, name) if post else item


def profiles(frame: Frame, run_input: Input) -> Iterator[Item]:
    """apify/instagram-profile-scraper: one item an account, private ones included."""
    for name in strings(run_input, "usernames"):
        owner = account(frame, "instagram", name)
        yield ig.profile_item(frame, owner) if owner else ig.no_items(_profile_url(name))


def hashtags(frame: Frame, run_input: Input) -> Iterator[Item]:
    """apify/instagram-hashtag-scraper."""
    limit = number(run_input, "resultsLimit", 20)
    only_reels = run_input.get("resultsType", "posts") == "reels"
    for tag in strings(run_input, "hashtags"):
        source = f"https://www.instagram.com/explore/tags/{tag.lstrip('#')}"
        found = [
            p for p in matching(frame, "instagram", tag, tag=True) if p.is_video or not only_reels
        ]
        yield from (ig.hashtag_item(frame, p, source) for p in found[:limit])
        if not found:
            yield ig.no_items(source)


def _of_url(frame: Frame, run_input: Input, url: str, keep: Keep, *, limit: int) -> Iterator[Item]:
    parts = path_of(url)
    if parts[:2] == ["explore", "tags"]:
        yield from hashtags(frame, {"hashtags": parts[2:3], "resultsLimit": limit})
        return
    if len(parts) >= 2 and parts[-2] in ("p", "reel", "reels", "tv"):
        post = frame.world.post_of.get(f"instagram:{parts[-1]}")
        if post and post.exists(frame.at):
            yield ig.item(frame, post, url)
        else:
            yield ig.no_items(url)
        return
    yield from _of_account(frame, run_input, url, keep, limit=limit)


def _of_account(
    frame: Frame, run_input: Input, target: str, keep: Keep, *, limit: int
) -> Iterator[Item]:
    source = target if "//" in target else _profile_url(target)
    owner = account(frame, "instagram", target)
    since = moment(run_input, "onlyPostsNewerThan", frame.at)
    found = [p for p in frame.posts(owner, since=since) if keep(p)] if owner else []
    if run_input.get("skipPinnedPosts"):
        found = [p for p in found if "pinned" not in p.flags]
    broken = owner is not None and "metrics_break" in owner.traits
    for post in found[:limit]:
        item = ig.item(frame, post, source)
        late = (frame.at - frame.world.epoch).days >= 21
        yield ig.after_break(item) if broken and late else item
    if not found:
        yield ig.no_items(source)


def _tags(run_input: Input) -> list[str]:
    """Hashtags that begin with a word of `search` (words apart by commas), at most `searchLimit`
    a word.
    """
    asked = [w.strip().lstrip("#").lower() for w in str(run_input.get("search") or "").split(",")]
    most = number(run_input, "searchLimit", 1)
    return [
        tag
        for word in asked
        if word
        for tag in [t for t in ("simulated", *TAGS) if t.startswith(word)][:most]
    ]


def _profile_url(name: str) -> str:
    return f"https://www.instagram.com/{handle_of(name)}"


ACTORS = (
    ActorSpec("apify/instagram-scraper", scraper, 0.0015),
    ActorSpec("apify/instagram-post-scraper", posts, 0.0017, required=("username",)),
    ActorSpec("apify/instagram-reel-scraper", reels, 0.0026, required=("username",)),
    ActorSpec("apify/instagram-profile-scraper", profiles, 0.0023, required=("usernames",)),
    ActorSpec("apify/instagram-hashtag-scraper", hashtags, 0.0023, required=("hashtags",)),
)
