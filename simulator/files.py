"""A world as export files: several captures of several actors, as people download them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from simulator.actors import ACTORS
from simulator.build import build_world
from simulator.exports import facebook, instagram, linkedin, pinterest, tiktok, x, youtube
from simulator.exports.frame import Frame, Item, flat
from simulator.truth import truth
from simulator.world import EPOCH, SimAccount
from vtlib.core.models import Platform

CAPTURE_DAYS = (0.0, 7.0, 14.0, 21.0)
# The first capture looks far back, later ones only at the last posts: a moving window.
FIRST_LIMIT, LATER_LIMIT = 60, 30
# A watch between captures looks at the newest posts of the fast platforms alone.
WATCH_LIMIT = 6
PROFILE_URL = {
    "instagram": instagram.profile_url,
    "tiktok": tiktok.profile_url,
    "youtube": youtube.profile_url,
    "x": x.profile_url,
    "facebook": facebook.profile_url,
    "linkedin": linkedin.profile_url,
    "pinterest": pinterest.profile_url,
}


@dataclass(frozen=True, slots=True)
class Export:
    """One file: the actor that wrote it, its name and format (json, jsonl, csv, json.gz), its
    items.
    """

    name: str
    actor: str
    captured_at: datetime
    items: list[Item]

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        path.write_bytes(_encode(self.items, self.name))
        return path


def write_exports(
    folder: Path,
    *,
    seed: int = 7,
    captures: Iterable[float] = CAPTURE_DAYS,
    watches: Iterable[float] = (),
    epoch: datetime = EPOCH,
) -> list[Path]:
    """Write the exports of every capture into `folder` (created) and `truth.json` beside it.

    `captures` and `watches` are days after `epoch`; a watch reads the newest posts on Instagram,
    TikTok and YouTube, so that they are known on their first days. Files are named as the providers
    name them, with the time of capture. Returns the export files, captures before watches; the same
    arguments give the same bytes.
    """
    world = build_world(seed=seed, epoch=epoch)
    frames = [Frame(world, epoch + timedelta(days=day)) for day in captures]
    folder.mkdir(parents=True, exist_ok=True)
    exports = [e for i, frame in enumerate(frames) for e in _capture(frame, i)]
    exports += [e for day in watches for e in _watch(Frame(world, epoch + timedelta(days=day)))]
    known: dict[str, Any] = truth(world) | {"files": [_facts(e) for e in exports]}
    folder.with_name(f"{folder.name}-truth.json").write_bytes(
        orjson.dumps(known, option=orjson.OPT_INDENT_2)
    )
    return [e.write(folder) for e in exports]


def _capture(frame: Frame, round_: int) -> list[Export]:
    limit = LATER_LIMIT if round_ else FIRST_LIMIT
    return [
        *_instagram(frame, limit),
        *_tiktok(frame, round_, limit),
        *_video_and_text(frame, round_, limit),
        _linkedin(frame),
        _run(
            frame,
            "fatihtahta/pinterest-scraper-search",
            {"startUrls": _urls(frame, "pinterest"), "limit": limit},
            "json",
        ),
    ]


def _watch(frame: Frame) -> list[Export]:
    handles = [frame.handle(a) for a in frame.world.on("tiktok")]
    runs: list[tuple[str, dict[str, Any]]] = [
        (
            "apify/instagram-scraper",
            {"directUrls": _urls(frame, "instagram"), "resultsLimit": WATCH_LIMIT},
        ),
        ("clockworks/tiktok-scraper", {"profiles": handles, "resultsPerPage": WATCH_LIMIT}),
        (
            "streamers/youtube-scraper",
            {
                "startUrls": [{"url": url} for url in _urls(frame, "youtube")],
                "maxResults": WATCH_LIMIT // 2,
                "maxResultsShorts": WATCH_LIMIT,
            },
        ),
    ]
    return [_run(frame, actor, asked, "json") for actor, asked in runs]


def _instagram(frame: Frame, limit: int) -> list[Export]:
    accounts = frame.world.on("instagram")
    broken = [a for a in accounts if "metrics_break" in a.traits]
    by_csv = [a for a in accounts if a.brand == "nibblelab"]
    rest = [a for a in accounts if a not in broken and a not in by_csv]
    handles = [frame.handle(a) for a in accounts]
    return [
        _run(
            frame,
            "apify/instagram-scraper",
            {"directUrls": _urls(frame, "instagram", rest), "resultsLimit": limit},
            "json",
        ),
        _run(
            frame,
            "apify/instagram-post-scraper",
            {"username": [frame.handle(a) for a in broken], "resultsLimit": limit},
            "json",
        ),
        _run(
            frame,
            "apify/instagram-reel-scraper",
            {"username": [frame.handle(a) for a in by_csv], "resultsLimit": limit},
            "csv",
        ),
        _run(frame, "apify/instagram-profile-scraper", {"usernames": handles}, "json"),
    ]


def _tiktok(frame: Frame, round_: int, limit: int) -> list[Export]:
    # Always the first handles: one account has a new one by the third capture, and the old is
    # nobody's.
    handles = [a.handle for a in frame.world.on("tiktok")]
    handles += [frame.handle(a) for a in frame.world.on("tiktok") if frame.handle(a) != a.handle]
    handles.append("sim_nobody")
    asked = {"profiles": handles, "resultsPerPage": limit}
    made = [_run(frame, "clockworks/tiktok-scraper", asked, "json" if round_ == 2 else "csv")]
    if round_ == 1:
        shown = [p for a in frame.world.on("tiktok")[:3] for p in frame.posts(a, limit=10)]
        lines = [tiktok.zeeschuimer(frame, p) for p in shown]
        name = f"zeeschuimer-export-tiktok.com-{frame.at:%Y-%m-%dT%H%M%S}.ndjson"
        made.append(Export(name, "zeeschuimer", frame.at, lines))
    return made


def _video_and_text(frame: Frame, round_: int, limit: int) -> list[Export]:
    channels = [{"url": url} for url in _urls(frame, "youtube")]
    # The same shorts again under a search, and a channel that is not there.
    asked = {
        "startUrls": [*channels, {"url": "https://www.youtube.com/@sim_nobody"}],
        "searchQueries": ["kettle simulated"],
        "maxResults": limit // 3,
        "maxResultsShorts": limit * 2 // 3,
    }
    pages = [{"url": u} for u in _urls(frame, "facebook")]
    pages.append({"url": "https://www.facebook.com/sim.hushpantry"})
    handles = [frame.handle(a) for a in frame.world.on("x")]
    ending = "json.gz" if round_ == 1 else "json"
    tweets = _run(
        frame,
        "apidojo/tweet-scraper",
        {"twitterHandles": handles, "maxItems": limit * len(handles), "sort": "Latest"},
        ending,
    )
    tweets.items.append(x.no_results())
    return [
        _run(frame, "streamers/youtube-scraper", asked, "json"),
        tweets,
        _run(
            frame,
            "apify/facebook-posts-scraper",
            {"startUrls": pages, "resultsLimit": limit},
            "jsonl",
        ),
    ]


def _linkedin(frame: Frame) -> Export:
    actor = "apimaestro/linkedin-company-posts"
    pages = [(url, page) for url in _urls(frame, "linkedin") for page in (1, 2)]
    items = [
        item
        for slug, page in [*pages, ("sim-hushpantry", 1)]
        for item in ACTORS[actor].run(frame, {"company_name": slug, "page_number": page})
    ]
    return Export(_name(actor, frame.at, "json"), actor, frame.at, items)


def _run(frame: Frame, actor: str, run_input: dict[str, Any], ending: str) -> Export:
    items = list(ACTORS[actor].run(frame, run_input))
    return Export(_name(actor, frame.at, ending), actor, frame.at, items)


def _name(actor: str, at: datetime, ending: str) -> str:
    return f"dataset_{actor.partition('/')[2]}_{at:%Y-%m-%d_%H-%M-%S}-000.{ending}"


def _urls(frame: Frame, platform: Platform, accounts: list[SimAccount] | None = None) -> list[str]:
    chosen = frame.world.on(platform) if accounts is None else accounts
    return [PROFILE_URL[platform](frame, a) for a in chosen]


def _encode(items: list[Item], name: str) -> bytes:
    if name.endswith(".csv"):
        return csv_bytes(items)
    if name.endswith(("jsonl", "ndjson")):
        return b"".join(orjson.dumps(item) + b"\n" for item in items)
    text = orjson.dumps(items, option=orjson.OPT_INDENT_2)
    return gzip.compress(text, 6, mtime=0) if name.endswith(".gz") else text


def csv_bytes(items: list[Item]) -> bytes:
    """Items as a CSV export: BOM, paths flattened, all text."""
    rows = [flat(item) for item in items]
    columns = sorted({column for row in rows for column in row}, key=_column)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _column(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Sorts `hashtags/2/name` before `hashtags/10/name`, as Apify does."""
    return tuple((p.isdigit(), int(p) if p.isdigit() else 0, p) for p in name.split("/"))


def _facts(export: Export) -> dict[str, Any]:
    ids = [i for i in map(native_id, export.items) if i]
    return {
        "file": export.name,
        "actor": export.actor,
        "captured_at": export.captured_at.isoformat(),
        "items": len(export.items),
        "posts": len(set(ids)),
        "repeated": len(ids) - len(set(ids)),
        "without_post": len(export.items) - len(ids),
    }


def native_id(item: Item) -> str | None:
    """The native id of the post an item of ours describes; None for error, profile and promoted
    items.
    """
    if any(key in item for key in ("error", "noResults", "followersCount")):
        return None
    if item.get("pin", {}).get("is_promoted"):
        return None
    keys = ("shortCode", "postId", "post_id", "activity_urn", "item_id", "id")
    return next((str(item[k]) for k in keys if item.get(k)), None)
