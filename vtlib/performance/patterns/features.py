"""Features of posts: where each comes from, and those that a post's own facts give.

A feature is known before publication. Anything that uses views, likes or other counts of a post is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
import pandas as pd

from vtlib.core.language import marked
from vtlib.core.models import METRICS
from vtlib.performance.patterns.values import FeatureValues
from vtlib.platforms.creation import ORIGINAL_SOUND

Kind = Literal["measured", "model", "human"]
# Words that name what comes after publication: a feature that begins with one is no predictor.
_AFTER = re.compile(rf"^({'|'.join(METRICS)}|engagement|multiplier|percentile|x7|tier)(_|$)")


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature and where it comes from.

    `definition` one sentence; `kind` measured (from the file or the post's facts), model or human;
    `source` which measure, prompt version or form; `threshold`: a number counts as having the
    feature from here on (None: from the median of ordinary posts on; values of 0 and 1 are taken as
    they are); `parts`: names of the features of a combination; `barred`: why statistics may not use
    it ("" = they may).
    """

    name: str
    definition: str
    kind: Kind
    source: str = ""
    threshold: float | None = None
    parts: tuple[str, ...] = ()
    reason_unusable: str = ""


def is_after_the_fact(name: str) -> bool:
    """Whether a feature's name says that it uses what became of the post."""
    return bool(_AFTER.match(name.lower()))


def post_features(posts: pd.DataFrame) -> tuple[FeatureValues, list[Feature]]:
    """(values, features) from the posts' own facts: caption, tags, length, hour, day, sound, how it
    was made.

    `posts`: post_id, caption, duration_s, posted_at, and optionally hashtags, mentions, effects,
    stickers (lists), account_id, platform, title, language, audio_id, audio_title,
    audio_is_original, is_duet, is_stitch. Values: 1.0 or 0.0; NaN for what is not known (no caption
    captured, no length).
    """
    posts = posts.assign(first_line=_first_lines(posts), part_number=_part_numbers(posts))
    features = [feature for feature, _ in _POST_FEATURES]
    table = np.stack([r(posts).to_numpy(float, na_value=np.nan) for _, r in _POST_FEATURES])
    return FeatureValues(posts["post_id"], tuple(f.name for f in features), table), features


def combine(wide: pd.DataFrame, feature: Feature) -> pd.Series:
    """Whether all parts of a combination are there: 1, 0, or NaN where that is not known.

    One part that is known to be absent settles it.
    """
    parts = wide[list(feature.parts)]
    absent = (parts == 0).any(axis=1)
    unknown = parts.isna().any(axis=1) & ~absent
    return pd.Series(np.where(unknown, np.nan, ~absent), index=wide.index, dtype=float)


def combinations(features: Sequence[Feature], groups: Sequence[Sequence[str]]) -> list[Feature]:
    """The combinations chosen beforehand, as features; one with an unknown part is passed over.

    A combination is as good as its weakest source: human if all are, model as soon as one is.
    """
    by_name = {f.name: f for f in features}
    result = []
    for names in groups:
        if not all(name in by_name for name in names):
            continue
        parts = [by_name[name] for name in names]
        kinds = {p.kind for p in parts}
        kind: Kind = "model" if "model" in kinds else "human" if kinds == {"human"} else "measured"
        result.append(
            Feature(
                " + ".join(names),
                " and ".join(p.definition.rstrip(".") for p in parts) + ", all together.",
                kind,
                "; ".join(dict.fromkeys(p.source for p in parts if p.source)),
                parts=tuple(names),
                reason_unusable=next((p.reason_unusable for p in parts if p.reason_unusable), ""),
            )
        )
    return result


def _text(posts: pd.DataFrame, pattern: str) -> pd.Series:
    caption = posts["caption"]
    matches = caption.astype("string").str.contains(pattern, regex=True)
    return matches.astype("Float64").where(caption.notna())


def _first_lines(posts: pd.DataFrame) -> pd.Series:
    text = posts["caption"].astype("string").str.strip()
    return text.str.replace(r"(?s)\n.*", "", regex=True)


# Arrow reads texts by RE2, whose \d, \b and \w know Latin letters and digits alone: these are a
# digit of any script, and a place where no word goes on.
_DIGIT = r"\p{Nd}"
_EDGE = r"[^\p{L}\p{N}_]"


def _first_line(posts: pd.DataFrame, pattern: str) -> pd.Series:
    """Whether the first line matches."""
    matches = posts["first_line"].str.contains(pattern, regex=True)
    return matches.astype("Float64").where(posts["caption"].notna())


def _count(posts: pd.DataFrame, column: str, least: int) -> pd.Series:
    if column not in posts:
        return pd.Series(pd.NA, index=posts.index, dtype="Float64")
    lists, is_known = posts[column].to_numpy(object), posts[column].notna().to_numpy()
    size = np.fromiter(map(len, lists[is_known]), np.int64)
    is_so = pd.Series(pd.NA, index=posts.index, dtype="Float64")
    is_so[is_known] = size >= least
    return is_so


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
    """As the platform says, else by the title, which is in the language of the app."""
    if not _column(posts, "audio_title").notna().any():
        return _flag(posts, "audio_is_original")
    title = _column(posts, "audio_title").astype("string").str.strip()
    by_title = title.str.contains(ORIGINAL_SOUND, regex=True).astype("Float64")
    by_title = by_title.where(title.fillna("").ne(""))
    return _flag(posts, "audio_is_original").fillna(by_title)


def _sound_users(posts: pd.DataFrame, least: int) -> pd.Series:
    """At least so many other accounts, of all that were captured, used the same sound earlier."""
    if "audio_id" not in posts or "account_id" not in posts:
        return _unknown(posts)
    facts = posts[["audio_id", "account_id"]].assign(at=pd.to_datetime(posts["posted_at"]))
    rows = facts.dropna()
    rows = rows[rows["audio_id"].astype(str).ne("")]
    # Each account counts from its first post with the sound on; the post's own account never
    # counts.
    sound, at = rows["audio_id"].factorize()[0].astype(np.int64) << 34, _seconds(rows["at"])
    own = pd.Series(at, rows.index).groupby([rows["audio_id"], rows["account_id"]])
    began = np.sort((sound + own.transform("min").to_numpy())[~own.cumcount().to_numpy(bool)])
    users = np.searchsorted(began, sound + at) - np.searchsorted(began, sound)
    users -= own.transform("min").to_numpy() < at
    return pd.Series(users >= least, rows.index).astype("Float64").reindex(posts.index)


def _seconds(at: pd.Series) -> np.ndarray:
    """Whole seconds since 1970, as far as 34 bits go (the year 2514)."""
    return ((at - pd.Timestamp("1970-01-01")) // pd.Timedelta(seconds=1)).to_numpy(np.int64)


def _column(posts: pd.DataFrame, name: str) -> pd.Series:
    return posts[name] if name in posts else pd.Series(pd.NA, index=posts.index, dtype=object)


def _unknown(posts: pd.DataFrame) -> pd.Series:
    return pd.Series(pd.NA, index=posts.index, dtype="Float64")


def _flag(posts: pd.DataFrame, name: str) -> pd.Series:
    return _column(posts, name).astype("boolean").astype("Float64")


def _made_of(posts: pd.DataFrame, name: str) -> pd.Series:
    """A duet or stitch: as the platform says; on TikTok else by the start of the caption."""
    has_form = _column(posts, "platform").eq("tiktok") & posts["caption"].notna()
    return _flag(posts, name).fillna(pd.Series(0.0, index=posts.index).where(has_form))


def _part_numbers(posts: pd.DataFrame) -> pd.Series:
    """The number of a part or episode in title or caption; none: 0, without any text: NA."""
    title, caption = (_column(posts, n).astype("string") for n in ("title", "caption"))
    words = title.fillna("").str.cat(caption.fillna(""), sep="\n")
    # Few texts hold such a word and a digit. A group a way of writing it: bfill(axis=1) would go
    # row by row.
    groups = words[words.str.contains(_EPISODE_LIKE)].str.extract(EPISODE)
    digits = reduce(lambda first, other: first.fillna(other), (groups[c] for c in groups))
    number = pd.to_numeric(digits, errors="coerce").reindex(words.index).fillna(0)
    return number.where(title.notna() | caption.notna())


def _part(posts: pd.DataFrame, least: int) -> pd.Series:
    """The number of a part or episode in title or caption is `least` or more."""
    number = posts["part_number"]
    return (number >= least).astype("Float64").where(number.notna())


def _usual_language(posts: pd.DataFrame) -> pd.Series:
    """Another language than most of the account's posts; unknown with under 5 of them."""
    if not _column(posts, "language").notna().any():
        return _unknown(posts)
    language = _column(posts, "language").astype("string").str.lower().str.split("-").str[0]
    account = _column(posts, "account_id")
    # Counted without transform: an account without any language has no mode, and NA compares with
    # nothing.
    counts = language.groupby([account, language]).size().sort_values(kind="stable")
    names = counts.reset_index(name="n").set_axis(["account", "language", "n"], axis=1)
    usual = account.map(names.groupby("account")["language"].last()).astype("string")
    many = language.groupby(account).transform("count").ge(5)
    is_other = language.fillna("") != usual.fillna("")
    return is_other.astype("Float64").where(language.notna() & many)


def _english(posts: pd.DataFrame) -> pd.Series:
    if not _column(posts, "language").notna().any():
        return _unknown(posts)
    language = _column(posts, "language").astype("string").str.lower()
    return language.str.match(r"en(?:$|[-_])").astype("Float64")


def _long(posts: pd.DataFrame) -> pd.Series:
    caption = posts["caption"]
    size = caption.astype("string").str.len()
    return (size >= 150).astype("Float64").where(caption.notna())


def _fact(name: str, definition: str, source: str = "caption") -> Feature:
    return Feature(name, definition, "measured", source)


# "Part 2", "ep. 14", "day 30 of", 第3話: a number of a series, in the languages the tool was tried
# with.
EPISODE = (
    r"(?i)(?:\b(?:part|pt|episode|epis[oó]di[oa]|ep|parte|partie|teil|folge|deel|część|часть|серия|day|día|dia|jour|tag|день)"
    r"\s*[.:#]?\s*#?(\d{1,4})\b)|(?:第\s*(\d{1,4})\s*[話回集弾])|(?:パート\s*(\d{1,4}))"
)
# What each of these texts has, for Arrow: a part of the word, then a digit.
_EPISODE_LIKE = (
    r"(?is)(?:p.?r?t|ep|te.l|folge|deel|cz|част|сер|d.[ay]|jour|tag|д.н|第|パ)[^\p{Nd}]*\p{Nd}"
)
_EMOJI = "[\u2600-\u27bf\U0001f300-\U0001faff]"
_POST_FEATURES: tuple[tuple[Feature, Callable[[pd.DataFrame], pd.Series]], ...] = (
    (
        _fact("caption_question", "The caption's first line asks a question."),
        lambda p: _first_line(p, r"[?？؟]"),
    ),
    (
        _fact("caption_number", "The caption's first line holds a number."),
        lambda p: _first_line(p, _DIGIT),
    ),
    (
        _fact("caption_you", "The caption's first line speaks to the viewer (you, your)."),
        lambda p: _first_line(p, rf"(?i)(?:^|{_EDGE})you(?:r|rs|rself)?(?:{_EDGE}|$)"),
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
            _fact(f"hour_{a:02d}_{b:02d}", definition, "time of posting"),
            lambda p, a=a, b=b: _hour(p, a, b),
        )
        for a, b, definition in (
            (0, 6, marked("Posted from 0 to 6 o'clock, UTC.")),
            (6, 12, marked("Posted from 6 to 12 o'clock, UTC.")),
            (12, 18, marked("Posted from 12 to 18 o'clock, UTC.")),
            (18, 24, marked("Posted from 18 to 24 o'clock, UTC.")),
        )
    ),
    (
        _fact("sound_original", "A sound that a creator recorded, not a licensed track.", "sound"),
        _original_sound,
    ),
    (
        _fact("sound_used_before", "Another account used the sound earlier.", "sound"),
        lambda p: _sound_users(p, 1),
    ),
    (
        _fact("sound_used_by_3", "Three other accounts or more used the sound earlier.", "sound"),
        lambda p: _sound_users(p, 3),
    ),
    (
        _fact("effect_used", "One of the platform's effects is in it.", "effects"),
        lambda p: _count(p, "effects", 1),
    ),
    (
        _fact("sticker_used", "A sticker is on it.", "stickers"),
        lambda p: _count(p, "stickers", 1),
    ),
    (
        _fact("duet", "A duet, or a remix: beside another's video.", "platform, caption"),
        lambda p: _made_of(p, "is_duet"),
    ),
    (
        _fact("stitch", "It begins with a piece of another's video.", "platform, caption"),
        lambda p: _made_of(p, "is_stitch"),
    ),
    (
        _fact("series_part", "A numbered part or episode of a series.", "title, caption"),
        lambda p: _part(p, 1),
    ),
    (
        _fact("series_sequel", "Part 2 or later of a series.", "title, caption"),
        lambda p: _part(p, 2),
    ),
    (_fact("language_english", "Its text is English.", "language"), _english),
    (
        _fact("language_unusual", "Another language than most of the account's posts.", "language"),
        _usual_language,
    ),
    (_fact("weekend", "Posted on a Saturday or Sunday, UTC.", "time of posting"), _weekend),
)
