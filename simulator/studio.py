"""What the simulated brand films: scripts as files a person would have written, and the posts that
come of them.

The posts exist in the world, whose truth does not ask about scripts; a script is written after the
hook that its posts will have, so that plans and films agree as they do in life.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simulator import words
from simulator.world import MOVING, SimPost, World
from vtlib.core.models import Platform

BRAND = "quibblewick"
ASKS = "caption_question"
# As a person copies them, each platform in one of its forms.
LINKS: dict[Platform, str] = {
    "instagram": "https://www.instagram.com/reel/{id}/?utm_source=ig_web_copy_link",
    "tiktok": "https://www.tiktok.com/@sim_quibblewick/video/{id}?lang=en",
    "youtube": "https://youtu.be/{id}",
    "x": "https://twitter.com/sim_quibblewick/status/{id}",
    "facebook": "https://www.facebook.com/reel/{id}",
    "linkedin": "https://www.linkedin.com/feed/update/urn:li:activity:{id}/",
    "pinterest": "https://www.pinterest.com/pin/{id}/",
}


@dataclass(frozen=True, slots=True)
class Film:
    """One script and the posts filmed from it, the oldest first."""

    title: str
    hook: str
    posts: tuple[SimPost, ...]


def films(world: World, since: datetime, until: datetime) -> list[Film]:
    """Scripts for the own films posted after `since` and before `until`, one a hook; most posts
    first.
    """
    own = {a.account_id for a in world.accounts if a.brand == BRAND}
    by_hook: dict[str, list[SimPost]] = defaultdict(list)
    for post in sorted(world.posts, key=lambda p: p.posted_at):
        if post.account_id in own and post.format in MOVING and since < post.posted_at < until:
            by_hook[min(post.features & set(words.HOOK_LINES))].append(post)
    order = sorted(by_hook, key=lambda h: (-len(by_hook[h]), h))
    return [
        Film(f"{hook.replace('_', ' ').capitalize()} (simulated)", hook, tuple(by_hook[hook]))
        for hook in order
    ]


def write_scripts(folder: Path, made: list[Film]) -> list[Path]:
    """The scripts as JSON files that `vt script import` takes."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for film in made:
        path = folder / f"{film.hook}.json"
        path.write_text(json.dumps(_script(film), indent=1))
        paths.append(path)
    return paths


def write_links(path: Path, made: list[Film], ids: dict[str, str]) -> Path:
    """A CSV of posts that `vt script links` takes; `ids` script by title. The first film runs in
    two variants.
    """
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["script", "url", "variant"])
        for place, film in enumerate(made):
            for number, post in enumerate(film.posts):
                variant = "AB"[number % 2] if place == 0 else ""
                url = LINKS[post.platform].format(id=post.native_id)
                rows.writerow([ids[film.title], url, variant])
    return path


def _script(film: Film) -> dict[str, object]:
    line = words.HOOK_LINES[film.hook][0].format(thing="the fold-flat kettle")
    seconds = round(sum(p.duration_s or 6.0 for p in film.posts) / len(film.posts), 1)
    beats = [
        {"beat_id": "b1", "kind": "hook", "duration_s": 2.0, "spoken": line},
        {
            "beat_id": "b2",
            "kind": "demo",
            "duration_s": max(seconds - 3.0, 1.0),
            "visual": "The trick, in one take.",
        },
        {
            "beat_id": "b3",
            "kind": "cta",
            "duration_s": 1.0,
            "overlay": "Made up, every crumb of it.",
        },
    ]
    asks = "?" in line
    return {
        "title": film.title,
        "beats": beats,
        "kind": "original",
        "source_patterns": [film.hook, *([ASKS] if asks else [])],
    }
