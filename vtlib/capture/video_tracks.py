"""What comes with a video along its time: replays of each stretch, and subtitles.

The items of a capture say which there are (layouts: `tracks`), subtitle files beside them have the
words. Whose they are stays beside them: a transcript of a model is another thing and never touched.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vtlib.capture.subtitle_files import SUFFIXES, read_cues, words
from vtlib.core.conclusion import number
from vtlib.core.errors import BadInput
from vtlib.platforms import layouts
from vtlib.platforms.fields import dig
from vtlib.store.connection import Store
from vtlib.store.writes import fold, records, save, stage
from vtlib.tables.reader import read_text

HEATMAP = "heatmap"
INFO = ".info.json"
_PAGE = 100  # items
MAX_BYTES = 5_000_000  # a day of speech has two
_HEATMAP_KEY = ("post_id", "captured_at", "start_s")
_SUBTITLE_KEY = ("post_id", "language", "source")
_BEST_FIRST = ("creator", "platform", "automatic", "translated")
_ORIGINAL = "-orig"  # yt-dlp's mark of the language that is spoken
_NO_LANGUAGE = frozenset({"live_chat"})  # yt-dlp lists the chat of viewers among subtitles

Row = dict[str, Any]


def save_tracks(store: Store, capture_id: str, actor: str, path: Path | None = None) -> str:
    """Store the tracks of a capture's items, and the words of the subtitle files beside `path`
    where that is one video's .info.json; a sentence on them, '' where there are none.

    The same again changes nothing. Words that came once stay when an item only lists them.
    """
    layout = layouts.by_name(actor)
    if not layout or not layout.tracks:
        return ""
    lists = {kind: name for kind, name in layout.tracks.items() if kind != HEATMAP}
    videos: set[str] = set()
    known: list[Row] = []
    faults: list[str] = []
    for items in _pages(store, capture_id, layout.tracks.values()):
        heatmap = [row for one in items for row in _stretches(one, layout.tracks.get(HEATMAP, ""))]
        subtitles = [row for one in items for row in _listed(one, lists)]
        if path and len(items) == 1 and path.name.endswith(INFO):
            read, faults = _beside(path, items[0], lists)
            subtitles = [*_unread(subtitles, read), *read]
        common = {"source": actor, "capture_id": capture_id}
        _save(store, [{**row, **common} for row in heatmap], subtitles, capture_id)
        videos |= {row["post_id"] for row in heatmap}
        known += [{name: row.get(name) for name in (*_SUBTITLE_KEY, "file")} for row in subtitles]
    return _sentence(len(videos), known, faults)


def save_files(store: Store, post_id: str, video: Path) -> None:
    """Store the words of the subtitle files beside a video that has no metadata."""
    modified_at = datetime.fromtimestamp(video.stat().st_mtime, UTC).replace(tzinfo=None)
    item = {"post_id": post_id, "captured_at": modified_at}
    rows, _ = _beside(video.with_suffix(INFO), item, {})
    if rows:
        _save(store, [], rows, None)


def subtitles_of(store: Store, post_ids: list[str]) -> dict[str, Row]:
    """The subtitles with words of each post, the best source first and no translation before
    another: language, source, cues.
    """
    with store.read() as connection:
        rows = records(
            connection,
            "SELECT post_id, language, source, cues FROM subtitles WHERE cues IS NOT NULL "
            "AND list_contains($ids, post_id) "
            "ORDER BY list_position($order, source) DESC NULLS FIRST, language DESC",
            {"ids": post_ids, "order": [*_BEST_FIRST]},
        )
    return {row["post_id"]: row for row in rows}


def heatmaps_of(store: Store, post_ids: list[str]) -> dict[str, list[Row]]:
    """The latest heatmap of each post: start_s, end_s, intensity_ratio of its stretches."""
    with store.read() as connection:
        rows = records(
            connection,
            "SELECT post_id, start_s, end_s, intensity_ratio FROM replay_heatmaps "
            "WHERE list_contains($ids, post_id) "
            "QUALIFY captured_at = max(captured_at) OVER (PARTITION BY post_id) ORDER BY start_s",
            {"ids": post_ids},
        )
    heatmaps: dict[str, list[Row]] = {}
    for row in rows:
        heatmaps.setdefault(row["post_id"], []).append(row)
    return heatmaps


def replay_words(stretch: Mapping[str, Any]) -> str:
    """The most replayed stretch (view most_replayed) in words."""
    place = f"{stretch['start_s']:.1f} s to {stretch['end_s']:.1f} s"
    return f"{place} (after the start, by the platform's heatmap)"


def _pages(store: Store, capture_id: str, names: Iterable[str]) -> Iterator[list[Row]]:
    """post_id, captured_at and the named fields of the items of a capture that are posts, some at
    a time: the captions of one video alone are listed in a hundred languages.
    """
    fields = [*dict.fromkeys(names)]
    columns = ", ".join(f"payload -> $path_{n} AS field_{n}" for n, _ in enumerate(fields))
    values: Row = {f"path_{n}": f'$."{name}"' for n, name in enumerate(fields)}
    values |= {"capture": capture_id, "last": -1}
    sql = (
        f"SELECT item_no, platform || ':' || native_id AS post_id, captured_at, {columns} "
        "FROM raw_items WHERE capture_id = $capture AND native_id IS NOT NULL AND item_no > $last "
        f"ORDER BY item_no LIMIT {_PAGE}"
    )
    while True:
        with store.read() as connection:
            rows = records(connection, sql, values)
        if rows:
            yield [row | {name: row[f"field_{n}"] for n, name in enumerate(fields)} for row in rows]
        if len(rows) < _PAGE:
            return
        values["last"] = rows[-1]["item_no"]


def _stretches(item: Row, name: str) -> Iterator[Row]:
    """Rows of a heatmap; stretches that are no numbers, or no ratios, are left out."""
    members = item.get(name)
    for one in members if isinstance(members, list) else ():
        values = [dig(one, k) for k in ("start_time", "end_time", "value")]
        if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
            start_s, end_s, ratio = map(float, values)
            if 0 <= start_s < end_s and 0 <= ratio <= 1:
                place = {"start_s": start_s, "end_s": end_s, "intensity_ratio": ratio}
                yield {n: item[n] for n in ("post_id", "captured_at")} | place


def _listed(item: Row, lists: Mapping[str, str]) -> Iterator[Row]:
    """A row a language that an item lists; of machine translations, which are offered into all
    languages, none.
    """
    for kind, name in lists.items():
        for language in _languages(item, name):
            source = _source(item, lists, language)
            if source == kind and language not in _NO_LANGUAGE:
                yield _row(item, language.removesuffix(_ORIGINAL), source)


def _source(item: Row, lists: Mapping[str, str], language: str) -> str:
    """Whose words the subtitles of a language are: of the first list that has it, as yt-dlp
    downloads them.
    """
    for kind, name in lists.items():
        forms = _languages(item, name).get(language)
        if forms is not None:
            members = forms if isinstance(forms, list) else []
            links = [str(one.get("url", "")) for one in members if isinstance(one, dict)]
            is_translated = bool(links) and all("tlang=" in link for link in links)
            return "translated" if is_translated else kind
    return "unknown"


def _languages(item: Row, name: str) -> Mapping[str, Any]:
    languages = item.get(name)
    return languages if isinstance(languages, dict) else {}


def _row(item: Row, language: str, source: str) -> Row:
    facts = {name: item[name] for name in ("post_id", "captured_at")}
    return {**facts, "language": language, "source": source}


def _beside(info: Path, item: Row, lists: Mapping[str, str]) -> tuple[list[Row], list[str]]:
    """Rows of the files NAME.LANGUAGE.vtt or .srt beside NAME.info.json, and those not read."""
    stem = info.name.removesuffix(INFO)
    rows, faults = {}, []
    for path in sorted(info.parent.glob(f"{glob.escape(stem)}.*")):
        language = path.stem.removeprefix(f"{stem}.")
        if path.suffix.lower() not in SUFFIXES or language == path.stem or not path.is_file():
            continue
        try:
            cues = read_cues(read_text(path)) if path.stat().st_size <= MAX_BYTES else []
        except (OSError, BadInput):
            cues = []
        if not cues:
            faults.append(path.name)
            continue
        row = _row(item, language.removesuffix(_ORIGINAL), _source(item, lists, language))
        words_ = {"text": words(cues), "cues": [cue.to_row() for cue in cues]}
        rows[tuple(row[k] for k in _SUBTITLE_KEY)] = {**row, "file": path.name, **words_}
    return [*rows.values()], faults


def _unread(listed: list[Row], read: list[Row]) -> list[Row]:
    """Listed subtitles whose words did not come."""
    keys = {tuple(row[k] for k in _SUBTITLE_KEY) for row in read}
    return [row for row in listed if tuple(row[k] for k in _SUBTITLE_KEY) not in keys]


def _save(store: Store, heatmap: list[Row], subtitles: list[Row], capture_id: str | None) -> None:
    rows = [{**row, "capture_id": capture_id} for row in subtitles]
    with store.write("capture") as connection:
        save(connection, "replay_heatmaps", heatmap, key=_HEATMAP_KEY, keep=True)
        if stage(connection, "subtitles", rows):
            fold(connection, "subtitles", _SUBTITLE_KEY, order="captured_at")


def _sentence(n_heatmaps: int, subtitles: list[Row], faults: list[str]) -> str:
    read = sorted({f"{row['language']} ({row['source']})" for row in subtitles if row["file"]})
    listed = sorted({row["language"] for row in subtitles if not row["file"]})
    parts = [f"replays of {number(n_heatmaps, 'video')}"] if n_heatmaps else []
    parts += [f"subtitles read: {', '.join(read)}"] if read else []
    parts += [f"subtitles listed without their text: {', '.join(listed)}"] if listed else []
    parts += [f"no subtitles could be read in {', '.join(faults)}"] if faults else []
    return "; ".join(parts)
