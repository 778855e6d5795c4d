"""Outcomes of a download: one word of a fixed list, and how answers of hosts map to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtlib.media.probe import Kind, Proof

MAX_REASON = 240
EXPIRED_REASON = "the media address has expired: capture the post again (vt scrape)"


@dataclass(frozen=True, slots=True)
class ProvenFile:
    """A checked file in the working folder; `kind` is video or image, `suffix` its real type."""

    path: Path
    kind: str
    suffix: str
    width: int | None = None
    height: int | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The outcome of one post.

    `status`: ok (a video), photo (pictures), private, removed, expired (a media address that
    is gone; the post may still exist), login, age, geo, rate_limited, not_video, too_large,
    broken. `came_by`: page, media_url, or '' when nothing was requested. `retry_after_s`: the
    pause that the host asked for. `is_offline`: no connection could be made at all; `is_glitch`:
    one was made and broke, so that an immediate retry may help.
    """

    status: str
    reason: str = ""
    came_by: str = ""
    files: tuple[ProvenFile, ...] = ()
    retry_after_s: float | None = None
    is_offline: bool = False
    is_glitch: bool = False


class DownloadFailed(Exception):
    """A failed download; `fetched` is its outcome."""

    def __init__(self, status: str, reason: str, **more: Any) -> None:
        super().__init__(reason)
        self.fetched = Fetched(status, one_line(reason), **more)


# Messages of platforms and of yt-dlp's extractors, most specific first: a rate limit is often shown
# as a login page, and a login as a missing video.
_TEXTS = (
    ("rate_limited", r"rate.?limit|too many requests|try again later|wait a few minutes"),
    (
        "age",
        r"age.?restrict|restricted video|confirm your age|nsfw|age verification|comfortable for some",  # noqa: E501
    ),
    ("geo", r"not available (in|from) your|geo.?restrict|in your country"),
    (
        "private",
        r"\bprivate\b|protected|registered users who follow|do not have permission",
    ),
    ("login", r"log ?in\b|logged.in|sign in|registered users|requires? authentication|cookies"),
    (
        "removed",
        r"no longer|not available|unavailable|removed|deleted|n[o']t exist|suspended|not found",
    ),
    ("not_video", r"no video (in|could)|unsupported url|is not a video"),
)
_CODES = {401: "login", 404: "removed", 410: "removed", 429: "rate_limited", 451: "geo"}
_KINDS: dict[Kind, str] = {
    "not_video": "not_video",
    "image": "not_video",
    "audio_only": "not_video",
    "html": "broken",  # error pages are transient; tries are limited
    "json": "broken",
    "truncated": "broken",
    "empty": "broken",
    "broken": "broken",
}


def by_text(text: str) -> str | None:
    """The outcome that a message means, or None."""
    hits = (name for name, pattern in _TEXTS if re.search(pattern, text, re.IGNORECASE))
    return next(hits, None)


def by_status(code: int, text: str = "") -> tuple[str, str]:
    """(outcome, reason) of an HTTP refusal; `text`: its reason phrase, or the text around it."""
    if code == 429:
        return "rate_limited", f"HTTP 429: {text or 'too many requests'}"
    if code == 403 and re.search(r"signature|expired", text, re.IGNORECASE):
        return "expired", EXPIRED_REASON
    if code >= 500:
        return "broken", f"HTTP {code}: the host failed"
    outcome = by_text(text) or _CODES.get(code)
    if outcome:
        return outcome, f"HTTP {code}: {text}".rstrip(": ")
    return "broken", f"HTTP {code}: {text or 'refused'}"


def by_address(code: int, text: str = "", body: str = "") -> tuple[str, str]:
    """As `by_status`, for a refusal of a media address: it never means that the post is gone.

    Delivery networks answer 404 and 410 for expired signatures and for files they moved; object
    stores say "Request has expired" in the `body` of a 403 (S3's error responses).
    """
    if code == 403 and re.search(r"signature|expired", body, re.IGNORECASE):
        return "expired", EXPIRED_REASON
    outcome, reason = by_status(code, text)
    if outcome == "removed":
        return "expired", f"{EXPIRED_REASON} ({reason})"
    return outcome, reason


def by_proof(proof: Proof) -> tuple[str, str]:
    """(outcome, reason) of a file that is no whole video."""
    return _KINDS[proof.kind], proof.reason


def one_line(reason: str) -> str:
    """A host's message as one short printable line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in reason).split())
    return line if len(line) <= MAX_REASON else line[: MAX_REASON - 1] + "…"
