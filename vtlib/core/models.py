"""The nouns: posts, accounts, snapshots, and a metric that is a value and a state.

The lists of metrics, platforms, formats, states and tiers stand here alone: views, checks, queries
and comments are generated from them (store/sql_lists.py), Python iterates over them. Adding a
metric: docs/adding-a-platform.md.

Times are timezone-aware UTC `datetime`s here and naive UTC `TIMESTAMP`s in the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

Platform = Literal["instagram", "tiktok", "youtube", "x", "facebook", "linkedin", "pinterest"]
Format = Literal["reel", "short", "video", "long", "live", "photo", "carousel", "text", "unknown"]
HookType = Literal[
    "result_first",
    "shock_violation",
    "reveal_transform",
    "challenge_stakes",
    "authority_flex",
    "confession_secret",
    "contradiction_mythbust",
    "open_question",
    "direct_callout",
    "demo_novelty",
    "relatable_slice",
    "humor_gag",
    "social_proof",
    "tension_wait",
]
State = Literal["observed", "hidden", "not_exposed", "estimated"]

PLATFORMS: tuple[Platform, ...] = get_args(Platform)
FORMATS: tuple[Format, ...] = get_args(Format)
# What each count of a post means; every name is a column of post_snapshots, with `<name>_state`
# beside it.
METRIC_MEANINGS = {
    "views": "views",
    "plays": "plays (counted apart from views where a platform has both)",
    "impressions": "times shown",
    "likes": "likes or reactions",
    "comments": "comments",
    "shares": "shares, reposts or retweets",
    "saves": "saves or bookmarks",
    "reposts": "times others passed it on to their own followers, with or without a comment",
}
METRICS = tuple(METRIC_MEANINGS)
REACH_METRICS = ("views", "plays", "impressions")  # a post is judged by the first that is known
# Parts of the engagement rate. Reposts are none: X and LinkedIn count them as shares too.
RATE_METRICS = ("likes", "comments", "shares", "saves")
STILL_FORMATS: tuple[Format, ...] = ("photo", "carousel")
VIDEO_FORMATS = tuple(f for f in FORMATS if f not in (*STILL_FORMATS, "text"))  # or may be one
STATES: tuple[State, ...] = get_args(State)
STATES_BEST_FIRST: tuple[State, ...] = ("observed", "estimated", "hidden", "not_exposed")
HOOK_TYPES: tuple[HookType, ...] = get_args(HookType)
STAGES = ("import", "scraping", "outliers", "analysis", "adaptation", "comparison", "performance")
BREAKOUT_TIERS = ("breakout", "extreme")
FLAGGED_TIERS = ("watch", *BREAKOUT_TIERS)  # the weakest first
TIERS = ("none", *FLAGGED_TIERS, "too_early")
TIERS_STRONGEST_FIRST = (*reversed(FLAGGED_TIERS), "too_early", "none")
# What parameters and options of the command line let people choose from.
Method = Literal["calibrated", "trimmed_sd", "median_multiple", "robust_z", "percentile"]
# What an alert is about: a post, a script of ours, a source, money, the form of data.
AlertKind = Literal["breakout", "prediction", "source", "budget", "schema"]
ALERT_KINDS: tuple[AlertKind, ...] = get_args(AlertKind)
MESSAGE_STATES = ("intended", "sent", "refused", "given_up", "unconfirmed")
DECISIONS = ("keep", "reject")
REASONS = ("irrelevant", "not safe for work", "length", "wrong audience", "celebrity", "other")
ASSET_KINDS = ("prop", "location", "talent")
RELEASES = ("none", "needed", "sent", "signed")
USE_BY = ("person", "command", "project")


def in_words(names: Sequence[str]) -> str:
    """`a, b or c`, as a sentence lists names."""
    return f"{', '.join(names[:-1])} or {names[-1]}"


@dataclass(frozen=True, slots=True)
class Metric:
    """One count and how we know it.

    `value` is a whole number >= 0, or None whenever `state` is `hidden` or `not_exposed`:
    missing is never 0. `estimated` is a rounded figure such as "63K".
    """

    value: int | None = None
    state: State = "not_exposed"

    def __post_init__(self) -> None:
        has_value = self.state in ("observed", "estimated")
        if has_value != (self.value is not None) or (self.value is not None and self.value < 0):
            raise ValueError(f"a metric of {self.value!r} cannot be {self.state}")


NOT_EXPOSED = Metric()
HIDDEN = Metric(None, "hidden")


@dataclass(frozen=True, slots=True)
class PostRef:
    """What a URL says of a post without the network.

    `native_id` is None for short links (`needs_network`), whose `url` is kept as given.
    """

    platform: Platform
    native_id: str | None
    url: str
    format: Format = "unknown"
    handle: str | None = None
    needs_network: bool = False

    @property
    def post_id(self) -> str | None:
        return f"{self.platform}:{self.native_id}" if self.native_id else None


@dataclass(frozen=True, slots=True)
class Account:
    """Who posted. Handles are lower case, no @; `native_id` None = only the handle is known."""

    platform: Platform
    native_id: str | None = None
    handle: str | None = None
    display_name: str | None = None
    url: str | None = None

    @property
    def account_id(self) -> str:
        """`platform:native_id`, or `platform:@handle` until the native id is learnt."""
        return f"{self.platform}:{self.native_id or '@' + (self.handle or '')}"


@dataclass(frozen=True, slots=True)
class AccountCounts:
    """An account's own counters at the time of capture; None = not in the item."""

    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    is_verified: bool | None = None
    bio: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """The lasting facts of a post. `is_*` is None when the source does not say.

    `duration_s` seconds; `url` canonical, the same for every URL form of the post;
    `audio_is_original` False = a licensed track; `effects`, `stickers` names, () = none, None = the
    source does not say.
    """

    platform: Platform
    native_id: str
    url: str
    format: Format = "unknown"
    posted_at: datetime | None = None
    caption: str | None = None
    title: str | None = None
    duration_s: float | None = None
    is_pinned: bool | None = None
    is_paid: bool | None = None
    is_coauthored: bool | None = None
    language: str | None = None
    hashtags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    audio_id: str | None = None
    audio_title: str | None = None
    audio_is_original: bool | None = None
    effects: tuple[str, ...] | None = None
    stickers: tuple[str, ...] | None = None
    is_duet: bool | None = None
    is_stitch: bool | None = None

    @property
    def post_id(self) -> str:
        return f"{self.platform}:{self.native_id}"


@dataclass(frozen=True, slots=True)
class Misread:
    """A field of an item that cannot be read: its path and why. Its value is unknown."""

    field_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnreadableItem:
    """A place in a file that could not be read as an item."""

    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """One item of a capture, mapped: the post, who posted it, and the numbers at that moment.

    `metrics` maps each name of METRICS to a Metric (absent = not exposed). `captured_at` is set
    only where the item itself says when it was scraped. `media_urls` are signed and expire: for
    download soon after capture, never an identity. `misread`: fields that could not be read, whose
    facts are unknown.
    """

    post: Post
    account: Account | None
    metrics: dict[str, Metric]
    counts: AccountCounts | None = None
    captured_at: datetime | None = None
    media_urls: tuple[str, ...] = ()
    misread: tuple[Misread, ...] = ()


@dataclass(frozen=True, slots=True)
class MappedAccount:
    """An item that describes an account and no post (profile actors)."""

    account: Account
    counts: AccountCounts
    captured_at: datetime | None = None
    misread: tuple[Misread, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that is not a post: an error item, or one that cannot be read.

    `kind`: `provider_error` (the provider says so), `no_items` (private, empty or nothing newer:
    unknown which), `not_a_post`, `promoted`, `unreadable` (a shape we do not know), `bad_field`.
    """

    kind: str
    reason: str
    payload: Any = field(default=None, compare=False)
    field_name: str = ""
    account: str | None = None


Outcome = Mapped | MappedAccount | Rejected
