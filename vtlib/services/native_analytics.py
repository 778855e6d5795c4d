"""Own analytics as the platforms export them (CSV): Instagram, TikTok, YouTube Studio, by the headings.

The headings are those of the platforms' English exports; other spellings are added to the lists below. A column
that no list has is named, never guessed. Counts that are empty or a dash are unknown, not 0.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from vtlib.errors import BadInput
from vtlib.models import Platform
from vtlib.sources import post_ref
from vtlib.sources.reading import count

Unit = Literal["count", "s", "ratio"]
MAX_BYTES = 50_000_000
# metric -> (unit, headings in lower case)
COLUMNS: dict[str, tuple[Unit, tuple[str, ...]]] = {
    "views": ("count", ("views", "video views", "plays", "total views")),
    "reach": ("count", ("reach", "accounts reached", "reached audience", "unique viewers")),
    "impressions": ("count", ("impressions",)),
    "likes": ("count", ("likes", "total likes", "reactions")),
    "comments": ("count", ("comments", "total comments", "comments added")),
    "shares": ("count", ("shares", "total shares")),
    "saves": ("count", ("saves", "saved", "favorites", "total favorites")),
    "follows": ("count", ("follows", "new followers", "subscribers", "subscribers gained")),
    "profile_visits": ("count", ("profile visits", "profile views")),
    "watch_time": (
        "s",
        ("watch time (hours)", "total watch time", "total play time", "watch time"),
    ),
    "watch_time_mean": (
        "s",
        (
            *("average view duration", "average watch time", "avg. watch time"),
            *("average percentage watched in seconds", "average time watched"),
        ),
    ),
    "watched_share": (
        "ratio",
        ("average percentage viewed (%)", "average percentage viewed", "watched full video"),
    ),
    "click_rate": ("ratio", ("impressions click-through rate (%)", "click-through rate")),
}
URL_HEADINGS = ("permalink", "post url", "video link", "link", "url", "video url", "post link")
ID_HEADINGS = ("post id", "video id", "content", "media id")
IGNORED = (
    *("video title", "title", "description", "caption", "post type", "publish time", "account id"),
    *("account username", "account name", "duration (sec)", "duration", "data comment", "date"),
    *("video publish time", "time", "post time"),
)
POSITION_HEADINGS = ("video position (%)", "position (%)", "time (%)")
RETENTION_HEADINGS = (
    *("absolute audience retention (%)", "audience retention (%)", "retention (%)", "retention"),
)
_HOURS = re.compile(r"\(hours\)$")
_DASHES = {"", "-", "–", "—", "n/a", "null"}
BY_ID: tuple[Platform, ...] = ("tiktok", "x")
_YOUTUBE_ID = re.compile(r"[\w-]{11}")


@dataclass(frozen=True, slots=True)
class Export:
    """One file read: `rows` for `native_analytics` (without project_id and imported_at), what was not.

    `unknown_columns` headings that no list has; `skipped` (row number, reason).
    """

    platform: Platform
    rows: list[dict[str, Any]]
    n_posts: int
    unknown_columns: tuple[str, ...]
    skipped: list[tuple[int, str]]


def read_export(path: Path, *, platform: Platform | None = None, post_id: str = "") -> Export:
    """Read an export of own analytics.

    `platform` only where the file's links do not tell; `post_id` only for a retention curve of one post, whose
    file does not say which. Times are the file's own (UTC). Raises BadInput for a file without a heading
    that names posts or numbers, or that is too large.
    """
    raw = _bytes(path)
    table = list(csv.reader(io.StringIO(raw.decode("utf-8-sig", errors="replace"))))
    heads = [h.strip() for h in table[0]] if table else []
    low = [h.lower() for h in heads]
    base = {
        "exported_at": datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None),
        "source": path.name,
        "source_sha256": hashlib.sha256(raw).hexdigest(),
    }
    if curve := _curve_columns(low):
        return _retention(table, heads, curve, base | _post(post_id, path))
    return _posts(table, heads, base, platform, path)


def _posts(
    table: list[list[str]],
    heads: list[str],
    base: dict[str, Any],
    platform: Platform | None,
    path: Path,
) -> Export:
    known = _known(heads)
    places = _find(heads, URL_HEADINGS), _find(heads, ID_HEADINGS)
    if not known or places == (None, None):
        missing = "that names posts (a link or an id)" if known else "whose numbers are known"
        raise BadInput(
            f"no column {missing} among: {', '.join(heads) or 'nothing'}.",
            file=path.name,
            todo="Export it in English: the headings are those of the platform's English page.",
        )
    rows: list[dict[str, Any]] = []
    skipped: list[tuple[int, str]] = []
    for number, line in enumerate(table[1:], start=1):
        cells = dict(enumerate(line[: len(heads)]))
        post = _identify(_cell(cells, places[0]), _cell(cells, places[1]), platform)
        if post is None:
            skipped.append((number, "the post cannot be told from the row"))
            continue
        about = {**base, "post_id": post, "platform": post.split(":")[0], "row_no": number}
        rows += _values(cells, heads, known, about)
    names = {str(r["platform"]) for r in rows}
    if len(names) > 1:
        raise BadInput(f"posts of {' and '.join(sorted(names))} in one export.", file=path.name)
    found: Any = platform or next(iter(names), "")
    return Export(found, rows, len({r["post_id"] for r in rows}), _unknown(heads, known), skipped)


def _values(
    cells: Mapping[int, str], heads: list[str], known: Mapping[int, str], about: dict[str, Any]
) -> list[dict[str, Any]]:
    rows = []
    for at, metric in known.items():
        found = _value(cells.get(at, ""), heads[at], metric)
        if found is not None:
            place = {"metric": metric, "source_column": heads[at], "at_ratio": None}
            rows.append({**about, **place, **found})
    return rows


def _unknown(heads: list[str], known: Mapping[int, str]) -> tuple[str, ...]:
    ours = {*URL_HEADINGS, *ID_HEADINGS, *IGNORED}
    return tuple(h for i, h in enumerate(heads) if h and i not in known and h.lower() not in ours)


def _retention(
    table: list[list[str]], heads: list[str], curve: tuple[int, int], base: dict[str, Any]
) -> Export:
    at, value_at = curve
    rows: list[dict[str, Any]] = []
    skipped: list[tuple[int, str]] = []
    for number, line in enumerate(table[1:], start=1):
        place = _number(line[at]) if len(line) > at else None
        value = _number(line[value_at]) if len(line) > value_at else None
        if place is None or value is None or not 0 <= place <= 100:
            skipped.append((number, "no position from 0 to 100 %, or no value"))
            continue
        found = {"metric": "retention", "at_ratio": place / 100, "value": value / 100}
        rows.append(
            {**base, **found, "unit": "ratio", "source_column": heads[value_at], "row_no": number}
        )
    unknown = tuple(h for i, h in enumerate(heads) if i not in curve)
    return Export(base["platform"], rows, 1, unknown, skipped)


def _identify(url: str, native: str, platform: Platform | None) -> str | None:
    """`platform:native_id` from the row's link, else from its id where ids are those of links."""
    word = native.strip()
    if url.strip():
        try:
            return post_ref(url.strip()).post_id
        except BadInput:
            pass
    # Instagram's numeric ids are not those of its links, so a row without a link cannot be told there.
    if platform in BY_ID and word.isascii() and word.isalnum() and any(c.isdigit() for c in word):
        return f"{platform}:{word}"
    # YouTube Studio names a video by its id alone, under "Content".
    return f"youtube:{word}" if _YOUTUBE_ID.fullmatch(word) else None


def _cell(cells: Mapping[int, str], at: int | None) -> str:
    return "" if at is None else cells.get(at, "")


def _value(text: str, head: str, metric: str) -> dict[str, Any] | None:
    unit = COLUMNS[metric][0]
    number = _number(text)
    if number is None:
        return None
    if unit == "ratio":
        number = number / 100
    elif unit == "s" and _HOURS.search(head.lower()):
        number = number * 3600
    return {"value": float(number), "unit": unit}


def _number(text: str) -> float | None:
    word = text.strip().rstrip("%s").strip()
    if word.lower() in _DASHES:
        return None
    if ":" in word:
        return _clock(word)
    try:
        found = float(word.replace(",", ""))
    except ValueError:
        try:
            rounded = count(word).value
        except ValueError:
            return None
        found = float("nan") if rounded is None else float(rounded)
    return found if found >= 0 else None


def _clock(word: str) -> float | None:
    """Seconds of H:MM:SS or M:SS."""
    try:
        seconds = 0.0
        for part in word.split(":"):
            seconds = seconds * 60 + float(part)
    except ValueError:
        return None
    return seconds


def _known(heads: list[str]) -> dict[int, str]:
    """Column -> metric; of two columns for one metric the first counts."""
    found: dict[int, str] = {}
    for metric, (_, names) in COLUMNS.items():
        at = _find(heads, names)
        if at is not None:
            found[at] = metric
    return found


def _find(heads: list[str], names: tuple[str, ...]) -> int | None:
    low = [h.lower() for h in heads]
    return next((low.index(n) for n in names if n in low), None)


def _curve_columns(low: list[str]) -> tuple[int, int] | None:
    at = next((low.index(n) for n in POSITION_HEADINGS if n in low), None)
    value = next((low.index(n) for n in RETENTION_HEADINGS if n in low), None)
    return None if at is None or value is None else (at, value)


def _post(post_id: str, path: Path) -> dict[str, Any]:
    if ":" not in post_id:
        raise BadInput(
            "a retention curve does not say whose it is.",
            file=path.name,
            todo="Give --post platform:id",
        )
    return {"post_id": post_id, "platform": post_id.split(":", maxsplit=1)[0]}


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput("too large for an export of analytics.", file=path.name)
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"there is no {path}.") from None
