"""A picture per measured video on one axis of time. Apart from media.py: drawing takes 2 s to import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from vtlib.charts.theme import finish, nothing
from vtlib.project import Project
from vtlib.services.media import MediaFolder
from vtlib.store import media as store
from vtlib.timeline import timeline_chart


def timelines(project: Project, posts: pd.DataFrame) -> list[Any]:
    """A chart for each measured video of `posts`, in their order: shots, words, speech, loudness, motion.

    A client sees creators by pseudonym, so without their pictures and the words on screen.
    """
    folder, shown = MediaFolder(project.workspace.outputs), project.shown(posts)
    found = store.measures(project.store, list(posts["post_id"]))
    if not found:
        title = "What the videos show, second by second"
        return [nothing("no video has been measured yet", title=title, source="measures")]
    about = dict(zip(posts["post_id"], shown.to_dict("records"), strict=True))
    return [_timeline(about[row["post_id"]], row, folder, hide=project.is_client) for row in found]


def _timeline(
    post: Mapping[Any, Any], row: dict[str, Any], folder: MediaFolder, *, hide: bool
) -> Any:
    pictures = [] if hide else folder.thumbnails(row["thumbs_path"], row["thumbs"] or [])
    if hide:
        row = row | {"text": {"status": "not_shown", "reason": "in a client's report"}}
    facts = (
        f"{row['width']} x {row['height']}, {row['duration_s']:.1f} s, {len(row['cuts_s'])} cuts"
    )
    return finish(
        timeline_chart(row, pictures),
        title=f"{post['role']}: {post['handle']} on {post['platform']}",
        subtitle=f"measures, {row['version']} · {facts}",
    )
