"""One post looked into, as its reader may see it: its numbers, its baseline, its pictures."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vtlib.core.language import marked, say, word
from vtlib.core.models import BREAKOUT_TIERS, FLAGGED_TIERS
from vtlib.media import store as media
from vtlib.media.folder import MediaFolder, data_url
from vtlib.outliers import judgement
from vtlib.outliers import stage as outliers_stage
from vtlib.store.project import Project, one_session
from vtlib.tables import Example, Gallery, cell
from vtlib.tables.html import form_of

FACTS = marked(
    (
        *("handle", "platform", "format", "posted_at", "tier", "multiplier", "multiplier_low"),
        *("multiplier_high", "p_value", "q_value", "metric", "value", "age_h", "basis"),
        *("n_baseline", "look", "duration_s", "caption", "url", "reason"),
    )
)
MAX_PICTURES = 8
MAX_TIPS = 24  # posts with a picture in tooltips: about 5 kB of page each


def choose(scores: pd.DataFrame, post_id: str) -> str:
    """`post_id`, or where it is empty the surest breakout, else the first post; "" = no posts."""
    if post_id or scores.empty:
        return post_id
    hits = scores[scores["tier"].isin(BREAKOUT_TIERS)]
    return str((hits if len(hits) else scores)["post_id"].iloc[0])


@one_session
def numbers(project: Project, post_id: str) -> pd.DataFrame:
    """What the judgement that stands says of a post, a row a fact: what, value (as text)."""
    rows = project.frame("outliers")
    mine = project.visible(rows[rows["post_id"].eq(post_id)], ours=("reason", "look"))
    facts = [(name, _text(mine, name)) for name in FACTS if len(mine)]
    rows_shown = [(word(name), text) for name, text in facts if text]
    return pd.DataFrame(rows_shown, columns=["what", "value"])


@one_session
def baseline(project: Project, post_id: str) -> pd.DataFrame:
    """The posts that a post was judged against (outliers/judgement.baseline_of), with `times`:
    how many times as much the post reached.
    """
    (posts, _), scores = outliers_stage.load(project), project.frame("outliers")
    neighbours = judgement.baseline_of(posts, scores, post_id, project.params.outliers)
    own_value = scores.loc[scores["post_id"].eq(post_id), "value"]
    value = float(own_value.iloc[0]) if len(own_value) else float("nan")
    return project.visible(
        neighbours.assign(times=value / neighbours["value"].astype(float).clip(lower=1))
    )


@one_session
def pictures(project: Project, post_id: str) -> Gallery:
    """Keyframes of a post's measured video with their times; with pseudonyms none are shown."""
    title = project.visible_id("post", post_id) if post_id else say("no post")
    if not project.names_creators:
        return Gallery(title, say("pictures are not shown in a report with pseudonyms"), ())
    measures = media.measures(project.store, [post_id])
    if not measures:
        return Gallery(title, say("no video was fetched and measured (vt process videos)"), ())
    folder, row = MediaFolder.of(project), measures[0]
    frames = folder.thumbnails(row["thumbs_path"], row["thumbs"] or [])[:MAX_PICTURES]
    cuts = say(
        "{duration_s:.1f} s, {n_cuts_s} cuts",
        duration_s=row["duration_s"],
        n_cuts_s=len(row["cuts_s"]),
    )
    examples = tuple(Example(f"{t_s:.1f} s", picture=jpeg) for t_s, jpeg in frames)
    return Gallery(title, cuts, examples)


def pictured(project: Project, posts: pd.DataFrame, *, most: int = MAX_TIPS) -> pd.DataFrame:
    """`posts` with `image`, the first picture of the first `most` flagged posts as a data URL, for
    the tooltips of charts; "" for all others, and for all with pseudonyms.
    """
    flagged = posts.loc[posts["tier"].isin(FLAGGED_TIERS), "post_id"] if len(posts) else posts
    ids = [str(i) for i in flagged[:most]] if len(posts) and project.names_creators else []
    images = first_frames(project, ids)
    folder = MediaFolder.of(project)
    stills = media.cover_paths(project.store, [i for i in ids if i not in images])
    images |= {i: s for i, s in zip(stills, folder.stills([*stills.values()]), strict=True) if s}
    urls = {i: data_url(picture) for i, picture in images.items()}
    return posts.assign(image=[urls.get(str(i), "") for i in posts["post_id"]])


def with_pictures(project: Project, rows: pd.DataFrame, *, most: int | None = None) -> pd.DataFrame:
    """`rows` (with post_id) with `picture`: the first frame of a measured post, else None; of the
    first `most` rows (None = all).
    """
    frames = first_frames(project, [str(p) for p in rows["post_id"][:most]]) if len(rows) else {}
    pictures = [frames.get(str(p)) for p in rows["post_id"]]
    return rows.assign(picture=pd.Series(pictures, index=rows.index, dtype=object))


def first_frames(project: Project, post_ids: list[str]) -> dict[str, bytes]:
    """The first frame of each measured post; none with pseudonyms."""
    if not project.names_creators:
        return {}
    return MediaFolder.of(project).first_frames(media.measures(project.store, post_ids))


def _text(row: pd.DataFrame, name: str) -> str:
    content: Any = row[name].iloc[0] if name in row else None
    return "" if pd.isna(content) else cell(content, form_of(row[name], name)).text
