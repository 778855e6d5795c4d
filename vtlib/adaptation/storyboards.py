"""Storyboards: the source's keyframe beside each beat of an adapted script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from vtlib.adaptation import fits
from vtlib.adaptation.source import shows_pictures
from vtlib.core.language import say, word
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
    columns = ["title", "structure", "beat_map", "product_name"]
    safe_rows = project.visible(pd.DataFrame(there)[columns], ours=columns).to_dict("records")
    return [
        _board(project, {**row, **{n: safe[n] for n in columns}})
        for row, safe in zip(there, safe_rows, strict=True)
    ]


def _board(project: Project, row: Mapping[str, Any]) -> Board:
    script = parse(row["structure"])
    source, pictures = _source(project, row["post_id"])
    by_beat = {m["beat_id"]: m for m in row["beat_map"] or [] if m["beat_id"]}
    panels = [
        _panel(
            span.beat,
            f"{span.number}  {clock(span.start_s)}, {span.duration_s:g} s",
            by_beat.get(span.beat.beat_id, {}),
            source,
            pictures,
        )
        for span in spans(script)
    ]
    omissions = [m for m in row["beat_map"] or [] if m["change"] == "dropped"]
    under = f"{row['product_name']} · {script.logline}"
    unit = "picture" if any("picture" in s for s in source) else "beat"
    return Board(script.title, under, tuple(panels), _caption(row, omissions, unit=unit))


def _caption(row: Mapping[str, Any], omissions: Sequence[Mapping[str, Any]], *, unit: str) -> str:
    parts = [
        say(
            "Source: scripts, {script_id} version {version}",
            script_id=row["script_id"],
            version=row["version"],
        )
    ]
    far = row["distance"] or {}
    if far.get("structure_ratio") is not None:
        share = say("{structure_ratio:.0%} of the source's", structure_ratio=far["structure_ratio"])
        is_video = unit == "beat"
        parts.append(
            say("{share} time is followed", share=share)
            if is_video
            else say("{share} pictures are followed", share=share)
        )
    if far.get("copied_ratio") is not None:
        parts.append(
            say(
                "{copied_ratio:.0%} of the words are the source's", copied_ratio=far["copied_ratio"]
            )
        )
    parts += [
        say(
            "{unit} {source_beat} is left out: {why}",
            unit=unit,
            source_beat=m["source_beat"],
            why=m["why"],
        )
        for m in omissions
    ]
    return " · ".join(parts)


def _panel(
    beat: PlannedBeat,
    number: str,
    link: Mapping[str, Any],
    source: Sequence[Mapping[str, Any]],
    pictures: Pictures,
) -> Panel:
    n = link.get("source_beat")
    origin = source[n - 1] if n and n <= len(source) else None
    shot = ", ".join(s for s in (beat.shot_size, beat.shot_angle, beat.shot_movement) if s)
    return Panel(
        number,
        str(link.get("change") or "new"),
        str(link.get("why") or beat.notes),
        source=_when(n, origin) if origin else "new" if source else "",
        source_words=_words(origin) if origin else "",
        picture=_picture(pictures, origin) if origin else None,
        head=f"{word(beat.kind)}, {shot}" if shot else word(beat.kind),
        lines=(
            (word(beat.speaker.lower() or "says"), beat.spoken),
            (say("on screen"), beat.overlay),
            (say("shows"), beat.visual),
            (say("sound"), "; then ".join(t for t in (beat.audio, beat.transition) if t)),
            (
                say("needs"),
                "; ".join(
                    (*((beat.location,) if beat.location else ()), *beat.props, *beat.talent)
                ),
            ),
        ),
    )


def _source(
    project: Project, post_id: str | None
) -> tuple[list[Mapping[str, Any]], list[tuple[float, bytes]]]:
    """The source's beats and thumbnails, or its pictures; with pseudonyms no words or images."""
    posts = fits.videos(project, post_id=post_id) if post_id else []
    if posts and shows_pictures(posts[0]):
        return _stills(project, posts[0])
    beats: list[Mapping[str, Any]] = (
        list((posts[0]["answer"] or {}).get("beats") or []) if posts else []
    )
    if not project.names_creators or not post_id:
        return [{k: v for k, v in b.items() if k not in ("speech", "overlay")} for b in beats], []
    measures = media.measures(project.store, [post_id])
    folder = MediaFolder.of(project)
    pictures = [
        picture
        for m in measures
        for picture in folder.thumbnails(m["thumbs_path"], m["thumbs"] or [])
    ]
    return beats, pictures


def _stills(
    project: Project, post: Mapping[str, Any]
) -> tuple[list[Mapping[str, Any]], list[tuple[float, bytes]]]:
    """The described pictures of a post by number, and (number, small JPEG) of stored ones."""
    items = sorted((post["answer"] or {}).get("pictures") or [], key=lambda p: p["number"])
    rows = [{"picture": p["number"], "shot": p["shot"], "overlay": p["overlay"]} for p in items]
    if not project.names_creators:
        return [{**s, "overlay": None} for s in rows], []
    folder = MediaFolder.of(project)
    images = folder.stills(media.image_paths(project.store, post["post_id"]))
    return list(rows), [(float(n), small) for n, small in enumerate(images, 1) if small]


def _when(number: int | None, beat: Mapping[str, Any]) -> str:
    if "picture" in beat:
        return say(
            "picture {picture}, {shot}",
            picture=beat["picture"],
            shot=str(beat["shot"] or "").replace("_", " "),
        ).rstrip(", ")
    start, end = float(beat.get("start_s") or 0), float(beat.get("end_s") or 0)
    shot = str(beat.get("shot") or "").replace("_", " ")
    return say(
        "beat {number}, {start:.1f} to {end:.1f} s, {shot}",
        number=number,
        start=start,
        end=end,
        shot=shot,
    ).rstrip(", ")


def _words(beat: Mapping[str, Any]) -> str:
    return " / ".join(str(beat[k]) for k in ("speech", "overlay") if beat.get(k))


def _picture(pictures: Pictures, beat: Mapping[str, Any]) -> bytes | None:
    """The thumbnail nearest to the middle of a beat; for a picture, that picture."""
    if "picture" in beat:
        return next((image for number, image in pictures if number == beat["picture"]), None)
    middle = (float(beat.get("start_s") or 0) + float(beat.get("end_s") or 0)) / 2
    return min(pictures, key=lambda p: abs(p[0] - middle), default=(0.0, None))[1]
