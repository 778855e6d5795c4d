"""Features of posts: where each comes from, and those that a post's own facts give.

A feature is known before publication. Anything that uses views, likes or other counts of a post is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from vtlib.models import METRICS

Kind = Literal["measured", "model", "human"]
VALUE_COLUMNS = ["post_id", "feature", "value"]
# Words that name what comes after publication: a feature that begins with one is no predictor.
_AFTER = re.compile(rf"^({'|'.join(METRICS)}|engagement|multiplier|percentile|x7|tier)(_|$)")


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature and where it comes from.

    `definition` one sentence; `kind` measured (from the file or the post's facts), model or human; `source`
    which measure, prompt version or form; `threshold`: a number counts as having the feature from here on
    (None: from the median of ordinary posts on; values of 0 and 1 are taken as they are); `parts`: names
    of the features of a combination; `barred`: why statistics may not use it ("" = they may).
    """

    name: str
    definition: str
    kind: Kind
    source: str = ""
    threshold: float | None = None
    parts: tuple[str, ...] = ()
    barred: str = ""


def is_after_the_fact(name: str) -> bool:
    """Whether a feature's name says that it uses what became of the post."""
    return bool(_AFTER.match(name.lower()))


def post_features(posts: pd.DataFrame) -> tuple[pd.DataFrame, list[Feature]]:
    """(values, features) from the posts' own facts: caption, tags, length, hour, day, sound.

    `posts`: post_id, caption, duration_s, posted_at, and optionally hashtags, mentions (lists),
    account_id, audio_id, audio_title. Values:
    VALUE_COLUMNS, 1.0 or 0.0; what is not known (no caption captured, no length) has no row.
    """
    parts = []
    for feature, read in _POST_FEATURES:
        value = read(posts)
        known = value.notna()
        parts.append(
            pd.DataFrame(
                {
                    "post_id": posts.loc[known, "post_id"],
                    "feature": feature.name,
                    "value": value[known].astype(float),
                }
            )
        )
    values = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=VALUE_COLUMNS)
    return values, [feature for feature, _ in _POST_FEATURES]


def combine(wide: pd.DataFrame, feature: Feature) -> pd.Series:
    """Whether all parts of a combination are there: 1, 0, or NaN where that is not known.

    One part that is known to be absent settles it.
    """
    held = wide[list(feature.parts)]
    absent = (held == 0).any(axis=1)
    unknown = held.isna().any(axis=1) & ~absent
    return pd.Series(np.where(unknown, np.nan, ~absent), index=wide.index, dtype=float)


def combinations(features: Sequence[Feature], chosen: Sequence[Sequence[str]]) -> list[Feature]:
    """The combinations chosen beforehand, as features; one with an unknown part is passed over.

    A combination is as good as its weakest source: human if all are, model as soon as one is.
    """
    by_name = {f.name: f for f in features}
    found = []
    for names in chosen:
        if not all(name in by_name for name in names):
            continue
        parts = [by_name[name] for name in names]
        kinds = {p.kind for p in parts}
        kind: Kind = "model" if "model" in kinds else "human" if kinds == {"human"} else "measured"
        found.append(
            Feature(
                " + ".join(names),
                " and ".join(p.definition.rstrip(".") for p in parts) + ", all together.",
                kind,
                "; ".join(dict.fromkeys(p.source for p in parts if p.source)),
                parts=tuple(names),
                barred=next((p.barred for p in parts if p.barred), ""),
            )
        )
    return found


def _text(posts: pd.DataFrame, pattern: str) -> pd.Series:
    caption = posts["caption"]
    found = caption.astype("string").str.contains(pattern, regex=True)
    return found.astype("Float64").where(caption.notna())


def _first_line(posts: pd.DataFrame, pattern: str) -> pd.Series:
    caption = posts["caption"]
    line = caption.astype("string").str.strip().str.split("\n").str[0]
    return line.str.contains(pattern, regex=True).astype("Float64").where(caption.notna())


def _count(posts: pd.DataFrame, column: str, least: int) -> pd.Series:
    if column not in posts:
        return pd.Series(pd.NA, index=posts.index, dtype="Float64")
    size = posts[column].map(lambda v: len(v) if hasattr(v, "__len__") else np.nan)
    return (size >= least).astype("Float64").where(size.notna())


def _between(posts: pd.DataFrame, low: float, high: float) -> pd.Series:
    seconds = pd.to_numeric(posts["duration_s"], errors="coerce")
    inside = (seconds >= low) & (seconds < high)
    return inside.astype("Float64").where(seconds.notna())


def _weekend(posts: pd.DataFrame) -> pd.Series:
    at = pd.to_datetime(posts["posted_at"])
    return (at.dt.dayofweek >= 5).astype("Float64").where(at.notna())


def _hour(posts: pd.DataFrame, first: int, last: int) -> pd.Series:
    """Posted from `first` to before `last` o'clock, UTC."""
    at = pd.to_datetime(posts["posted_at"])
    return at.dt.hour.between(first, last - 1).astype("Float64").where(at.notna())


def _original_sound(posts: pd.DataFrame) -> pd.Series:
    """By its title, which TikTok and Instagram give in the language of the app; unknown without a title."""
    if "audio_title" not in posts:
        return pd.Series(pd.NA, index=posts.index, dtype="Float64")
    title = posts["audio_title"].astype("string").str.strip()
    return (
        title.str.contains(_ORIGINAL, regex=True).astype("Float64").where(title.fillna("").ne(""))
    )


def _shared_sound(posts: pd.DataFrame) -> pd.Series:
    """Another account used the same sound earlier: later posts are not looked at."""
    if "audio_id" not in posts or "account_id" not in posts:
        return pd.Series(pd.NA, index=posts.index, dtype="Float64")
    facts = posts[["audio_id", "account_id"]].assign(at=pd.to_datetime(posts["posted_at"]))
    known = facts.dropna()
    known = known[known["audio_id"].astype(str).ne("")].sort_values("at", kind="stable")
    first = known.groupby("audio_id")["account_id"].transform("first")
    began = known.groupby("audio_id")["at"].transform("first")
    used = known["account_id"].ne(first) & known["at"].gt(began)
    # The first account's later posts count once a second account has used the sound in between.
    second = known["at"].where(used).groupby(known["audio_id"]).transform("min")
    used |= known["account_id"].eq(first) & known["at"].gt(second)
    return used.astype("Float64").reindex(posts.index)


def _long(posts: pd.DataFrame) -> pd.Series:
    caption = posts["caption"]
    size = caption.astype("string").str.len()
    return (size >= 150).astype("Float64").where(caption.notna())


def _fact(name: str, definition: str, source: str = "caption") -> Feature:
    return Feature(name, definition, "measured", source)


# What TikTok and Instagram call a sound of the maker's own, by the language of the app.
_ORIGINAL = (
    r"(?i)^(?:original (?:sound|audio)|son original|som original|audio original|originalton|"
    r"sonido original|suono originale|origineel geluid|orijinal ses|dźwięk oryginalny|nhạc nền|"
    r"оригинальный звук|оригинал аудио|オリジナル楽曲|오리지널 사운드|原聲|原声)"
)
_EMOJI = "[\u2600-\u27bf\U0001f300-\U0001faff]"
_POST_FEATURES: tuple[tuple[Feature, Callable[[pd.DataFrame], pd.Series]], ...] = (
    (
        _fact("caption_question", "The caption's first line asks a question."),
        lambda p: _first_line(p, r"[?？؟]"),
    ),
    (
        _fact("caption_number", "The caption's first line holds a number."),
        lambda p: _first_line(p, r"\d"),
    ),
    (
        _fact("caption_you", "The caption's first line speaks to the viewer (you, your)."),
        lambda p: _first_line(p, r"(?i)\byou(?:r|rs|rself)?\b"),
    ),
    (_fact("caption_emoji", "The caption holds an emoji."), lambda p: _text(p, _EMOJI)),
    (_fact("caption_long", "The caption has 150 characters or more."), _long),
    (
        _fact("hashtags_3", "Three hashtags or more.", "hashtags"),
        lambda p: _count(p, "hashtags", 3),
    ),
    (
        _fact("mentions_1", "Another account is mentioned.", "mentions"),
        lambda p: _count(p, "mentions", 1),
    ),
    (
        _fact("length_under_15s", "Shorter than 15 s.", "duration"),
        lambda p: _between(p, 0, 15),
    ),
    (
        _fact("length_15_to_30s", "15 s or longer, shorter than 30 s.", "duration"),
        lambda p: _between(p, 15, 30),
    ),
    (
        _fact("length_60s", "60 s or longer.", "duration"),
        lambda p: _between(p, 60, np.inf),
    ),
    *(
        (
            _fact(
                f"hour_{a:02d}_{b:02d}", f"Posted from {a} to {b} o'clock, UTC.", "time of posting"
            ),
            lambda p, a=a, b=b: _hour(p, a, b),
        )
        for a, b in ((0, 6), (6, 12), (12, 18), (18, 24))
    ),
    (
        _fact("sound_original", "The sound is its maker's own, by its title.", "sound"),
        _original_sound,
    ),
    (_fact("sound_used_before", "Another account used the sound earlier.", "sound"), _shared_sound),
    (_fact("weekend", "Posted on a Saturday or Sunday, UTC.", "time of posting"), _weekend),
)
