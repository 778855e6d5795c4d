"""How a post was made: its sound's origin, effects, stickers, duets and stitches, from fields or
the caption's own form.
"""

from __future__ import annotations

import re
from typing import Any

from vtlib.platforms.fields import flag, text, words

# What TikTok and Instagram call a sound of a maker's own, by the language of the app.
ORIGINAL_SOUND = (
    r"(?i)^(?:original (?:sound|audio)|son original|som original|audio original|áudio original|originalton|"  # noqa: E501
    r"sonido original|suono originale|origineel geluid|orijinal ses|dźwięk oryginalny|suara asli|nhạc nền|"  # noqa: E501
    r"оригинальный звук|оригинал аудио|オリジナル楽曲|오리지널 사운드|原聲|原声|الصوت الأصلي|เสียงต้นฉบับ)"  # noqa: E501
)
# The caption that TikTok begins a duet or a stitch with; makers may delete it.
_DUET = re.compile(r"(?i)(?:^|\s)#?duet with:? @")
_STITCH = re.compile(r"(?i)(?:^|\s)#?stitch with:? @")


def is_original_sound(title: str | None, value: Any) -> bool | None:
    """True for a sound that somebody recorded, False for a track of a library; None where neither
    field says.

    The title counts before a flag that says no: clockworks' items of 2024 say `musicOriginal:
    false` of every sound, also of those called "original sound".
    """
    if title and re.match(ORIGINAL_SOUND, title):
        return True
    return flag(value)


def is_duet(caption: str | None, origin: Any = None) -> bool | None:
    """Beside another's video: by the id of that video ("0" = none), else True where the caption
    begins like one.
    """
    return _is_made_of(_DUET, caption, origin)


def is_stitch(caption: str | None, origin: Any = None) -> bool | None:
    """Begun with a piece of another's video: by the id of that video ("0" = none), else by the
    caption.
    """
    return _is_made_of(_STITCH, caption, origin)


def names(value: Any, *keys: str) -> tuple[str, ...] | None:
    """Names in a list of texts or objects; None where there is no list (unknown)."""
    return words(value, *keys) if isinstance(value, list) else None


def _is_made_of(form: re.Pattern[str], caption: str | None, origin: Any) -> bool | None:
    if caption and form.search(caption):
        return True
    video_id = text(origin)
    return None if video_id is None else video_id != "0"
