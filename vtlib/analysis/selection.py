"""Which picked posts are sent to the model, how deeply, and in what order. Pure.

Two passes: a cheap first pass over all posts in view, a full request for those where most can be
learnt for the money. Controls are chosen at random in both: a model's opinion must not choose the
posts that breakouts are compared with.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from vtlib.core.language import stored

RULE = (
    "breakouts: ln(1 + multiplier_low) x (what can be learnt + what can be borrowed, by a first "
    "look) for a thousand tokens, the most first; without first looks: the sure and large first; "
    "controls: at random within their share; of posts that show the same video, one"
)
MIME = {"mp4": "video/mp4", "mov": "video/mp4", "webm": "video/webm", "matroska": "video/webm"}
PICTURES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".gif": "image/gif",
}
SHOWABLE = ("ok", "photo")
SCORE_MAX = 5
NO_LOOK = 0.5  # of a post that no first look could be had of: neither praised nor blamed


def view(posts: pd.DataFrame, *, limit: int, controls_share: float) -> pd.DataFrame:
    """`posts` (query analysis_wanted) with `state` (ask, twin, left_out, no_media), `note` and
    `place`, in order.

    Of `limit` places `controls_share` (0 to 1) go to controls, rounded; places that one side cannot
    fill go to the other. Breakouts and posts that people kept come by the lower end of their
    multiplier; controls by a hash of their id, so that a second run chooses the same. Of posts that
    show the same video the one that has an answer is taken, else the first.
    """
    rows = posts.to_dict("records")
    columns = {
        "note": [_note(r) for r in rows],
        "lot": [hashlib.sha256(str(p).encode()).hexdigest() for p in posts["post_id"]],
    }
    frame = posts.assign(
        state=[_state(r) for r in rows],
        **{k: pd.Series(v, index=posts.index, dtype=object) for k, v in columns.items()},
    )
    frame = _mark_duplicates(frame)
    able = frame[frame["state"] == "ask"]
    is_control = able["role"] == "control"
    first = able[~is_control].sort_values(
        ["multiplier_low", "lot"], ascending=[False, True], na_position="last"
    )
    second = able[is_control].sort_values("lot")
    frame = _with_place(
        frame, _fill_places(list(first.index), list(second.index), limit, controls_share)
    )
    is_left = (frame["state"] == "ask") & frame["place"].isna()
    frame.loc[is_left, "state"] = "left_out"
    frame.loc[is_left, "note"] = stored("beyond the {n} that analysis.limit allows", n=limit)
    return frame.sort_values("place", na_position="last").reset_index(drop=True)


def choose(
    posts: pd.DataFrame,
    first_answers: Mapping[str, Mapping[str, Any]],
    *,
    full: int,
    controls_share: float,
) -> pd.DataFrame:
    """Which posts get a full request: `posts` with `value`, `worth`, `place` and a new `state`.

    `posts`: of `view`, with `tokens`, the estimated input. States: full, looked_at, twin, left_out,
    no_media; `place` is the place in the order of worth. `first_answers`: by post id the answer of
    the first pass ({"teaches": {"score"}, "borrowable": {"score"}}); posts without one count as
    NO_LOOK. If all fit into `full`, all are asked, in the same order.
    """
    shares = pd.Series([_share(first_answers.get(p)) for p in posts["post_id"]], index=posts.index)
    low = pd.to_numeric(posts["multiplier_low"], errors="coerce").astype(float).fillna(0.0)
    is_control = posts["role"] == "control"
    value = (low.clip(lower=0).map(math.log1p) * shares).where(~is_control)
    tokens = pd.to_numeric(posts["tokens"], errors="coerce").astype(float)
    frame = posts.assign(value=value, worth=value / tokens * 1000)
    able = frame[frame["state"] == "ask"]
    first = able[able["role"] != "control"].sort_values(
        ["worth", "place"], ascending=[False, True], na_position="last"
    )
    second = able[able["role"] == "control"].sort_values("lot")
    order = _fill_places(list(first.index), list(second.index), full, controls_share)
    frame = _with_place(frame, order)
    is_full = frame["place"].notna()
    frame.loc[(frame["state"] == "ask") & ~is_full, "note"] = stored(
        "not among the {n} that analysis.full allows", n=full
    )
    frame["state"] = frame["state"].mask(frame["state"] == "ask", "looked_at").mask(is_full, "full")
    return frame.sort_values("place", na_position="last").reset_index(drop=True)


def topic(platform: str, format_: str) -> str:
    """The section of the prompt that a post belongs to."""
    if platform == "youtube":
        return "short" if format_ == "short" else "long"
    return platform


def facts(post: Mapping[str, Any]) -> dict[str, Any]:
    """Facts about a post for the request: no count, handle or measure, which would come back."""
    return {"platform": post["platform"], "format": post["format"]}


def strangers(post: Mapping[str, Any]) -> dict[str, Any]:
    """What strangers wrote about a post, None where they wrote nothing (pitfall 32)."""
    tags = post.get("hashtags")
    texts = {n: _text(post.get(n)) for n in ("caption", "title", "audio_title")}
    return texts | {"hashtags": [] if tags is None or _is_na(tags) else [str(t) for t in tags]}


def mime_type(container: str | None) -> str:
    """The MIME type of a container as FFmpeg names it (a list of names); MP4 if unknown."""
    names = (container or "").split(",")
    return next((MIME[n] for n in names if n in MIME), "video/mp4")


def picture_type(path: str) -> str:
    """The MIME type of a stored picture, by its suffix; JPEG when it is unknown."""
    return PICTURES.get("." + path.rpartition(".")[2].lower(), "image/jpeg")


def is_pictures(post: Mapping[Any, Any]) -> bool:
    """Whether a post shows pictures and no video."""
    return bool(post["media_status"] == "photo")


def _fill_places(first: list[Any], second: list[Any], places: int, share: float) -> list[Any]:
    """Both sides within `places`, the second with its share; free places go to the other."""
    n_second = min(len(second), max(round(places * share), places - len(first)))
    return [*first[: max(places - n_second, 0)], *second[:n_second]]


def _with_place(frame: pd.DataFrame, order: list[Any]) -> pd.DataFrame:
    place = pd.Series(range(1, len(order) + 1), index=order, dtype="Int64")
    return frame.assign(place=place.reindex(frame.index))


def _mark_duplicates(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark all but one of the posts with the same `creative_id` as twins: one request each."""
    able = frame[frame["state"] == "ask"].assign(is_control=lambda f: f["role"] == "control")
    order = able.sort_values(
        ["has_answer", "is_control", "multiplier_low", "lot"], ascending=[False, True, False, True]
    )
    post_of = order.drop_duplicates("creative_id").set_index("creative_id")["post_id"]
    twins = order.index[order["creative_id"].duplicated()]
    frame.loc[twins, "note"] = [
        f"shows the same as {post_of[c]}, which is asked about"
        for c in frame.loc[twins, "creative_id"]
    ]
    frame.loc[twins, "state"] = "twin"
    return frame


def _share(look: Mapping[str, Any] | None) -> float:
    scores = [(look or {}).get(n) or {} for n in ("teaches", "borrowable")]
    marks = [s["score"] for s in scores if s.get("score") is not None]
    return sum(marks) / (SCORE_MAX * len(marks)) if marks else NO_LOOK


def _state(post: Mapping[Any, Any]) -> str:
    if post["media_status"] not in SHOWABLE:
        return "no_media"
    if is_pictures(post):
        return "ask" if not _is_na(post["images"]) and len(post["images"]) else "no_media"
    return "no_media" if _is_na(post["path"]) and _is_na(post["proxy_path"]) else "ask"


def _note(post: Mapping[Any, Any]) -> str:
    """Why there is nothing to show, "" where there is."""
    if _state(post) == "ask":
        return ""
    if _is_na(post["media_status"]):
        return stored("not downloaded: vt process videos")
    return str(post["media_reason"] or post["media_status"]).replace("_", " ")


def _text(value: Any) -> str | None:
    return None if value is None or _is_na(value) else str(value)


def _is_na(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))
