"""Storyboards: the source's keyframe beside each beat of an adapted script, as the script stands
now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from vtlib.adaptation import fits
from vtlib.adaptation.source import shows_pictures
from vtlib.media import store as media
from vtlib.media.folder import MediaFolder
from vtlib.scripts.script import PlannedBeat, parse
from vtlib.scripts.text import clock
from vtlib.scripts.timing import spans
from vtlib.store.project import Project
from vtlib.tables import Board, Panel

Pictures = Sequence[tuple[float, bytes]]


def boards(project: Project, rows: Sequence[Mapping[str, Any]], *, limit: int = 12) -> list[Board]:
    """A board for each of the first `limit` adaptations (adaptation/stage.load) whose script is
    there.

    With pseudonyms without the pictures and words of the source.
    """
    there = [row for row in rows if row["structure"]][:limit]
    if not there:
        return []
    kept = ["title", "structure", "beat_map", "product_name"]
    shown = project.shown(pd.DataFrame(there)[kept], ours=kept).to_dict("records")
    return [
        _board(project, {**row, **{n: seen[n] for n in kept}})
        for row, seen in zip(there, shown, strict=True)
    ]


def _board(project: Project, row: Mapping[str, Any]) -> Board:
    script = parse(row["structure"])
    source, pictures = _source(project, row["post_id"])
    mapped = {m["beat_id"]: m for m in row["beat_map"] or [] if m["beat_id"]}
    panels = [
        _panel(
            span.beat,
            f"{span.number}  {clock(span.start_s)}, {span.duration_s:g} s",
            mapped.get(span.beat.beat_id, {}),
            source,
            pictures,
        )
        for span in spans(script)
    ]
    left = [m for m in row["beat_map"] or [] if m["change"] == "dropped"]
    under = f"{row['product_name']} · {script.logline}"
    unit = "picture" if any("picture" in s for s in source) else "beat"
    return Board(script.title, under, tuple(panels), _caption(row, left, unit=unit))


def _caption(row: Mapping[str, Any], left: Sequence[Mapping[str, Any]], *, unit: str) -> str:
    parts = [f"Source: scripts, {row['script_id']} version {row['version']}"]
    far = row["distance"] or {}
    if far.get("structure_ratio") is not None:
        share = f"{far['structure_ratio']:.0%} of the source's"
        is_film = unit == "beat"
        parts.append(f"{share} time is followed" if is_film else f"{share} pictures are followed")
    if far.get("copied_ratio") is not None:
        parts.append(f"{far['copied_ratio']:.0%} of the words are the source's")
    parts += [f"{unit} {m['source_beat']} is left out: {m['why']}" for m in left]
    return " · ".join(parts)


def _panel(
    beat: PlannedBeat,
    number: str,
    mapped: Mapping[str, Any],
    source: Sequence[Mapping[str, Any]],
    pictures: Pictures,
) -> Panel:
    n = mapped.get("source_beat")
    seen = source[n - 1] if n and n <= len(source) else None
    shot = ", ".join(s for s in (beat.shot_size, beat.shot_angle, beat.shot_movement) if s)
    return Panel(
        number,
        str(mapped.get("change") or "new"),
        str(mapped.get("why") or beat.notes),
        source=_when(n, seen) if seen else "new" if source else "",
        source_words=_words(seen) if seen else "",
        picture=_picture(pictures, seen) if seen else None,
        head=f"{beat.kind}, {shot}" if shot else beat.kind,
        lines=(
            (beat.speaker.lower() or "says", beat.spoken),
            ("on screen", beat.overlay),
            ("shows", beat.visual),
            ("sound", "; then ".join(t for t in (beat.audio, beat.transition) if t)),
            (
                "needs",
                "; ".join(
                    (*((beat.location,) if beat.location else ()), *beat.props, *beat.talent)
                ),
            ),
        ),
    )


def _source(
    project: Project, post_id: str | None
) -> tuple[list[Mapping[str, Any]], list[tuple[float, bytes]]]:
    """The analysed beats of a video and its thumbnails, of a post of pictures the pictures;
    neither words nor pictures with pseudonyms.
    """
    found = fits.videos(project, post_id=post_id) if post_id else []
    if found and shows_pictures(found[0]):
        return _stills(project, found[0])
    beats: list[Mapping[str, Any]] = (
        list((found[0]["answer"] or {}).get("beats") or []) if found else []
    )
    if not project.names_creators or not post_id:
        return [{k: v for k, v in b.items() if k not in ("speech", "overlay")} for b in beats], []
    measured = media.measures(project.store, [post_id])
    folder = MediaFolder(project.workspace.outputs)
    pictures = [
        picture
        for m in measured
        for picture in folder.thumbnails(m["thumbs_path"], m["thumbs"] or [])
    ]
    return beats, pictures


def _stills(
    project: Project, post: Mapping[str, Any]
) -> tuple[list[Mapping[str, Any]], list[tuple[float, bytes]]]:
    """The described pictures of a post by number, and (number, small JPEG) of those that are
    kept.
    """
    described = sorted((post["answer"] or {}).get("pictures") or [], key=lambda p: p["number"])
    seen = [{"picture": p["number"], "shot": p["shot"], "overlay": p["overlay"]} for p in described]
    if not project.names_creators:
        return [{**s, "overlay": None} for s in seen], []
    folder = MediaFolder(project.workspace.outputs)
    kept = folder.stills(media.image_paths(project.store, post["post_id"]))
    return list(seen), [(float(n), small) for n, small in enumerate(kept, 1) if small]


def _when(number: int | None, beat: Mapping[str, Any]) -> str:
    if "picture" in beat:
        return f"picture {beat['picture']}, {str(beat['shot'] or '').replace('_', ' ')}".rstrip(
            ", "
        )
    start, end = float(beat.get("start_s") or 0), float(beat.get("end_s") or 0)
    shot = str(beat.get("shot") or "").replace("_", " ")
    return f"beat {number}, {start:.1f} to {end:.1f} s, {shot}".rstrip(", ")


def _words(beat: Mapping[str, Any]) -> str:
    return " / ".join(str(beat[k]) for k in ("speech", "overlay") if beat.get(k))


def _picture(pictures: Pictures, beat: Mapping[str, Any]) -> bytes | None:
    """The thumbnail nearest to the middle of a beat; of a picture that picture alone."""
    if "picture" in beat:
        return next((found for number, found in pictures if number == beat["picture"]), None)
    middle = (float(beat.get("start_s") or 0) + float(beat.get("end_s") or 0)) / 2
    return min(pictures, key=lambda p: abs(p[0] - middle), default=(0.0, None))[1]
