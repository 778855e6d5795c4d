"""Where a post came from: the watched sources (`watch:` in the YAML) that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vtlib.core.params import WatchedSource
from vtlib.platforms.searches import target_keys


def origins(posts: Sequence[Mapping[Any, Any]], watch: Sequence[WatchedSource]) -> dict[str, str]:
    """post_id -> names of watched sources, else the role of its account; "" = neither.

    `posts`: rows of the query alert_posts. A post belongs to a source that its capture asked for,
    whose hashtag or sound it uses, or of whose accounts its own is.
    """
    return {str(post["post_id"]): _origin(post, watch) for post in posts}


def _origin(post: Mapping[Any, Any], watch: Sequence[WatchedSource]) -> str:
    names = [one.name for one in watch if one.platform == post["platform"] and _has(one, post)]
    return ", ".join(dict.fromkeys(names)) or str(post["role"] or "")


def _has(source: WatchedSource, post: Mapping[Any, Any]) -> bool:
    targets = list(post["targets"]) if post["targets"] is not None else []
    tags = [str(t).lower().lstrip("#") for t in _listed(post["hashtags"])]
    handles = {"accounts " + str(post["handle"] or ""), "accounts " + str(post["account_id"])}
    return (
        post["audio_id"] in source.sounds
        or any(tag.lower().lstrip("#") in tags for tag in source.hashtags)
        or (
            # A capture of several words does not say which of them brought a post.
            len(targets) == 1
            and any(_is_same(source, "search", word, targets[0]) for word in source.searches)
        )
        or any(_is_same(source, "accounts", who, h) for who in source.accounts for h in handles)
    )


def _is_same(source: WatchedSource, ask: str, word: str, target: str) -> bool:
    """Whether `target` ("ask word") is that word of the source."""
    kind, _, asked = target.partition(" ")
    keys = target_keys(source.platform, ask, word)
    return kind == ask and bool(keys & target_keys(source.platform, ask, asked))


def _listed(value: Any) -> list[Any]:
    return [] if value is None or isinstance(value, float) else list(value)
