"""Native ids in each platform's own form, so that URLs, short codes and embedded times hold
together.
"""

from __future__ import annotations

from datetime import datetime
from random import Random

from vtlib.core.models import Platform

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_INSTAGRAM_EPOCH_MS = 1_314_220_021_721
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657


def account_id(platform: Platform, rng: Random, *, handle: str) -> str:
    """A native account id; LinkedIn's companies have only their slug, here with the section it
    is in.
    """
    if platform == "linkedin":
        return f"company/{handle}"
    if platform == "youtube":
        return "UC" + "".join(rng.choices(_BASE64, k=22))
    digits = {"instagram": 11, "tiktok": 19, "x": 10, "facebook": 15, "pinterest": 18}[platform]
    # A first digit up to 6 keeps nineteen digits within a signed 64-bit number, as the real ones
    # are.
    return str(rng.randrange(10 ** (digits - 1), 7 * 10 ** (digits - 1)))


def post_id(platform: Platform, rng: Random, *, posted_at: datetime) -> str:
    """The id in a post's URL (Instagram: the short code); on Instagram, TikTok, X and LinkedIn
    it holds the time of posting.
    """
    ms = int(posted_at.timestamp() * 1000)
    if platform == "instagram":
        return short_code((ms - _INSTAGRAM_EPOCH_MS) << 23 | rng.getrandbits(23))
    if platform == "tiktok":
        return str((ms // 1000) << 32 | rng.getrandbits(32))
    if platform == "x":
        return str((ms - _SNOWFLAKE_EPOCH_MS) << 22 | rng.getrandbits(22))
    if platform == "linkedin":
        return str(ms << 22 | rng.getrandbits(22))
    if platform == "youtube":
        return "".join(rng.choices(_BASE64, k=11))
    return str(rng.randrange(10**14, 9 * 10**14 if platform == "facebook" else 10**18))


def short_code(number: int) -> str:
    """The short code in an Instagram URL: the post's number in base 64."""
    code = ""
    while number:
        number, digit = divmod(number, 64)
        code = _BASE64[digit] + code
    return code


def number_of(code: str) -> int:
    """The number behind an Instagram short code."""
    number = 0
    for sign in code:
        number = number * 64 + _BASE64.index(sign)
    return number
