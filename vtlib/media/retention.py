"""What a purge removes: files by age and quota, and personal data; the numbers stay."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pandas as pd


def to_purge(
    files: pd.DataFrame, *, now: datetime, keep_days: int | None, quota_bytes: float | None
) -> pd.DataFrame:
    """The files that retention or the quota would remove, with `why`, in the order of removal.

    `files`: sha256, path, bytes, fetched_at, is_picked; one row a file. For the quota, files
    that no project picks are removed first, then the oldest, until the rest fits.
    """
    old = pd.Series(data=False, index=files.index)
    if keep_days is not None:
        old = files["fetched_at"] < pd.Timestamp(now - timedelta(days=keep_days)).tz_localize(None)
    rest = files[~old].sort_values(["is_picked", "fetched_at", "sha256"], kind="stable")
    excess = rest["bytes"].sum() - (quota_bytes if quota_bytes is not None else float("inf"))
    before = rest["bytes"].cumsum() - rest["bytes"]
    over = rest[before < excess]
    return pd.concat(
        [
            files[old].sort_values("fetched_at").assign(why=f"older than {keep_days} days"),
            over.assign(why="over the quota"),
        ],
        ignore_index=True,
    )


def without_persons(item: Any, *, within: str = "") -> Any:
    """A raw item without personal data: bios, display names, pictures, contact data, and comments
    with their writers; all else stays.

    Handles and ids stay, so that the item still maps to the same post and account, with the same
    numbers. `within` is the key that holds the item.
    """
    if isinstance(item, dict):
        fields = {k: v for k, v in item.items() if not _is_personal(str(k), within, v)}
        return {k: without_persons(v, within=str(k)) for k, v in fields.items()}
    return [without_persons(v, within=within) for v in item] if isinstance(item, list) else item


def _is_personal(key: str, within: str, value: Any) -> bool:
    *above, word = re.split(r"[/.]", key)  # flattened exports: author/name
    word, holder = word.lower().replace("_", ""), (above[-1] if above else within).lower()
    if (holder, word) == ("actor", "description"):  # LinkedIn counts followers there
        return False
    of_person = holder in _PERSONS and word in _OF_PERSONS
    is_picture = any(picture in word for picture in _PICTURES)
    return of_person or word in _PERSONAL or is_picture or _is_comment(word, above, value)


def _is_comment(word: str, above: list[str], value: Any) -> bool:
    """Whether it is a comment, also in flattened exports (latestComments/0/text); no counts."""
    inside = any(name.lower() in _COMMENTS for name in above)
    return (
        inside or word == "firstcomment" or (word in _COMMENTS and isinstance(value, list | dict))
    )


# Fields of actors and of the platforms' own objects that describe whoever posted, lower case,
# without "_".
_PERSONAL = frozenset(
    [
        *("bio", "biography", "biolink", "signature", "headline", "channeldescription"),
        *("fullname", "ownerfullname", "firstname", "lastname", "nickname"),
        *("authorfullname", "authorname", "channelname"),
        *("email", "emails", "publicemail", "businessemail"),
        *("phone", "phonenumber", "businessphonenumber", "address", "businessaddress"),
        "externalurl",
    ]
)
_PICTURES = (
    "profilepic",
    "profileimage",
    "avatar",
    "profilebanner",
    "coverpicture",
)
_COMMENTS = frozenset({"comments", "latestcomments", "topcomments", "replies"})
_PERSONS = frozenset(
    [
        *("author", "user", "owner", "actor", "collaborators", "user_mentions"),
        *("inreplytouser", "legacy", "core", "video_owner"),
    ]
)
_OF_PERSONS = frozenset({"name", "description", "location"})
