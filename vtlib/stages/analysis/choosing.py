"""Which of the picked posts are asked about: breakouts by what they promise, controls beside them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

RULE = "breakouts: the sure and large first; controls: by lot within their share"
MIME = {"mp4": "video/mp4", "mov": "video/mp4", "webm": "video/webm", "matroska": "video/webm"}


def choose(posts: pd.DataFrame, *, limit: int, controls_share: float) -> pd.DataFrame:
    """`posts` (query analysis_wanted) with `state` (ask, left_out, no_media, not_video) and `place`, in order.

    Of `limit` places `controls_share` (0 to 1) go to controls, rounded; places that one side cannot fill go
    to the other. Breakouts and posts that people kept come by the lower end of their multiplier; controls
    by a hash of their id, so that a second run chooses the same.
    """
    found = posts.assign(state=[_state(r) for r in posts.to_dict("records")])
    lot = [hashlib.sha256(str(p).encode()).hexdigest() for p in found["post_id"]]
    found = found.assign(lot=pd.Series(lot, index=found.index, dtype=object))
    able = found[found["state"] == "ask"]
    is_control = able["role"] == "control"
    first = able[~is_control].sort_values(
        ["multiplier_low", "lot"], ascending=[False, True], na_position="last"
    )
    second = able[is_control].sort_values("lot")
    n_second = min(len(second), max(round(limit * controls_share), limit - len(first)))
    order = [*first.index[: limit - n_second], *second.index[:n_second]]
    place = pd.Series(range(1, len(order) + 1), index=order, dtype="Int64")
    found = found.assign(place=place.reindex(found.index))
    is_left = (found["state"] == "ask") & found["place"].isna()
    found.loc[is_left, "state"] = "left_out"
    return found.drop(columns="lot").sort_values("place", na_position="last").reset_index(drop=True)


def topic(platform: str, format_: str) -> str:
    """The section of the prompt that a post belongs to."""
    if platform == "youtube":
        return "short" if format_ == "short" else "long"
    return platform


def facts(post: Mapping[str, Any]) -> dict[str, Any]:
    """What the question says of a post: never a count, a handle or a measure, which would come back."""
    return {"platform": post["platform"], "format": post["format"]}


def strangers(post: Mapping[str, Any]) -> dict[str, Any]:
    """What strangers wrote about a post, None where they wrote nothing (pitfall 32)."""
    tags = post.get("hashtags")
    texts = {n: _text(post.get(n)) for n in ("caption", "title", "audio_title")}
    return texts | {"hashtags": [] if tags is None or _is_na(tags) else [str(t) for t in tags]}


def mime_type(container: str | None) -> str:
    """The MIME type for a container as FFmpeg names it (a list of names); MP4 when it is unknown."""
    names = (container or "").split(",")
    return next((MIME[n] for n in names if n in MIME), "video/mp4")


def _state(post: Mapping[Any, Any]) -> str:
    if _is_na(post["path"]) and _is_na(post["proxy_path"]):
        return "no_media"
    return "ask" if post["media_status"] == "ok" else "not_video"


def _text(value: Any) -> str | None:
    return None if value is None or _is_na(value) else str(value)


def _is_na(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))
