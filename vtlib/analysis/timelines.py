"""A timeline chart a measured video. Kept apart because drawing takes 2 s to import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from vtlib.analysis import labelling
from vtlib.capture import video_tracks
from vtlib.charts.theme import finish, nothing
from vtlib.core.conclusion import number
from vtlib.core.language import say
from vtlib.llm import answers as analyses
from vtlib.media import store
from vtlib.media.folder import MediaFolder
from vtlib.media.queue import EXAMPLE_ROLE, PUBLISHED_ROLE, SAMPLE_ROLE
from vtlib.media.timeline import Scene, timeline_chart
from vtlib.store.project import Project


def timelines(project: Project, posts: pd.DataFrame) -> list[Any]:
    """A chart for each measured video of `posts`, in their order: shots, words, speech, subtitles,
    replays, loudness, motion.

    With pseudonyms without creators' pictures and the words on screen. Posts of own scripts and
    those drawn for patterns have none: they are measured for comparison, and a hundred of them
    make a page of megabytes.
    """
    posts = posts[~posts["role"].isin((EXAMPLE_ROLE, PUBLISHED_ROLE, SAMPLE_ROLE))]
    folder, display = MediaFolder.of(project), project.visible(posts)
    measures = store.measures(project.store, list(posts["post_id"]))
    if not measures:
        title = say("What the videos show, second by second")
        return [nothing(say("no video has been measured yet"), title=title, source="measures")]
    answers = labelling.answers(project).set_index("post_id")
    scenes = {
        row["post_id"]: model_scenes(project, answers.loc[row["post_id"]])
        for row in measures
        if row["post_id"] in answers.index
    }
    about = dict(zip(posts["post_id"], display.to_dict("records"), strict=True))
    ids = [row["post_id"] for row in measures]
    heatmaps = video_tracks.heatmaps_of(project.store, ids)
    subtitles = video_tracks.subtitles_of(project.store, ids)
    return [
        _timeline(
            about[row["post_id"]],
            row
            | {"replays": heatmaps.get(row["post_id"]), "subtitles": subtitles.get(row["post_id"])},
            folder if project.names_creators else None,
            scenes=scenes.get(row["post_id"], ()),
        )
        for row in measures
    ]


def model_scenes(project: Project, answer: Mapping[Any, Any] | pd.Series) -> list[Scene]:
    """The scenes of an answer, each marked with the check of the cut that starts it."""
    state_of = {c["path"]: c["held"] for c in analyses.claims(project.store, answer["analysis_id"])}
    scenes = []
    for n, beat in enumerate(answer["answer"].get("beats") or []):
        mark = state_of.get(f"beats.{n}", "") if beat["starts_with_cut"] else ""
        label = say("scene {n}: {action}", n=n + 1, action=beat["action"])
        scenes.append(Scene(beat["start_s"], beat["end_s"], label, mark))
    return scenes


def _timeline(
    post: Mapping[Any, Any],
    row: dict[str, Any],
    folder: MediaFolder | None,
    *,
    scenes: Sequence[Scene],
) -> Any:
    """One chart; `folder` None = pseudonyms: neither pictures nor words of creators."""
    pictures = [] if folder is None else folder.thumbnails(row["thumbs_path"], row["thumbs"] or [])
    if folder is None:
        scenes = ()
        hidden = {"status": "not_shown", "reason": say("in a report with pseudonyms")}
        row = row | {"text": hidden, "subtitles": None}
    marks = (
        say(" · model's scenes: ? no such cut in the file, ~ off by more than half a second")
        if scenes
        else ""
    )
    if lines := row["subtitles"]:
        marks += say(
            " · subtitles: {language}, {source}", language=lines["language"], source=lines["source"]
        )
    facts = (
        f"{row['width']} x {row['height']}, {row['duration_s']:.1f} s, "
        f"{number(len(row['cuts_s']), 'cut')}"
    )
    return finish(
        timeline_chart(row, pictures, scenes),
        title=say(
            "{role}: {handle} on {platform}",
            role=post["role"],
            handle=post["handle"],
            platform=post["platform"],
        ),
        subtitle=say(
            "measures, {version} · {facts}{marks}", version=row["version"], facts=facts, marks=marks
        ),
    )
