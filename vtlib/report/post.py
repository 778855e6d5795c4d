"""One post looked into, as its reader may see it: its numbers, its baseline, its pictures."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vtlib.core.models import BREAKOUT_TIERS, FLAGGED_TIERS
from vtlib.media import store as media
from vtlib.media.folder import MediaFolder, data_url
from vtlib.outliers import judgement
from vtlib.store.project import Project, one_session
from vtlib.tables import Example, Gallery, cell
from vtlib.tables.html import form_of

FACTS = (
    *("handle", "platform", "format", "posted_at", "tier", "multiplier", "multiplier_low"),
    *("multiplier_high", "p_value", "q_value", "metric", "value", "age_h", "basis"),
    *("n_baseline", "look", "duration_s", "caption", "url", "reason"),
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
    rows_shown = [(name.replace("_", " "), text) for name, text in facts if text]
    return pd.DataFrame(rows_shown, columns=["what", "value"])


@one_session
def baseline(project: Project, post_id: str) -> pd.DataFrame:
    """The posts that a post was judged against (outliers/judgement.baseline_of), with `times`:
    how many times as much the post reached.
    """
    posts, scores = project.frame("outlier_posts"), project.frame("outliers")
    neighbours = judgement.baseline_of(posts, scores, post_id, project.params.outliers)
    own_value = scores.loc[scores["post_id"].eq(post_id), "value"]
    value = float(own_value.iloc[0]) if len(own_value) else float("nan")
    return project.visible(
        neighbours.assign(times=value / neighbours["value"].astype(float).clip(lower=1))
    )


@one_session
def pictures(project: Project, post_id: str) -> Gallery:
    """Keyframes of a post's measured video with their times; with pseudonyms none are shown."""
    title = project.visible_id("post", post_id) if post_id else "no post"
    if not project.names_creators:
        return Gallery(title, "pictures are not shown in a report with pseudonyms", ())
    measures = media.measures(project.store, [post_id])
    if not measures:
        return Gallery(title, "no video was fetched and measured (vt process videos)", ())
    folder, row = MediaFolder.of(project), measures[0]
    frames = folder.thumbnails(row["thumbs_path"], row["thumbs"] or [])[:MAX_PICTURES]
    cuts = f"{row['duration_s']:.1f} s, {len(row['cuts_s'])} cuts"
    examples = tuple(Example(f"{t_s:.1f} s", picture=jpeg) for t_s, jpeg in frames)
    return Gallery(title, cuts, examples)


def pictured(project: Project, posts: pd.DataFrame, *, most: int = MAX_TIPS) -> pd.DataFrame:
    """`posts` with `image`, the first picture of the first `most` flagged posts as a data URL, for
    the tooltips of charts; "" for all others, and for all with pseudonyms.
    """
    flagged = posts.loc[posts["tier"].isin(FLAGGED_TIERS), "post_id"] if len(posts) else posts
    ids = [str(i) for i in flagged[:most]] if len(posts) and project.names_creators else []
    folder, measures = MediaFolder.of(project), media.measures(project.store, ids)
    images = {
        m["post_id"]: folder.thumbnails(m["thumbs_path"], (m["thumbs"] or [])[:1]) for m in measures
    }
    stills = media.cover_paths(project.store, [i for i in ids if not images.get(i)])
    images |= {
        i: [(0.0, s)] for i, s in zip(stills, folder.stills([*stills.values()]), strict=True) if s
    }
    urls = {i: data_url(shown[0][1]) for i, shown in images.items() if shown}
    return posts.assign(image=[urls.get(str(i), "") for i in posts["post_id"]])


def _text(row: pd.DataFrame, name: str) -> str:
    content: Any = row[name].iloc[0] if name in row else None
    return "" if pd.isna(content) else cell(content, form_of(row[name], name)).text
