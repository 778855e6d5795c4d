"""Subtitle files (WebVTT, SRT) as cues: start_s, end_s, text. Pure.

Speech recognition of YouTube repeats each line until the next one stands below it, with a time in
the line for each word: such a line is taken once.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

SUFFIXES = (".vtt", ".srt")
_TIME = r"(?:(\d+):)?(\d{1,2}):(\d\d(?:[.,]\d+)?)"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_WORD_TIME = re.compile(r"<(?:\d+:)?\d\d:\d\d\.\d{3}>")
_TAG = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


@dataclass(frozen=True, slots=True)
class SubtitleLine:
    """Words that are shown from `start_s` to `end_s`, s from the start of the video."""

    start_s: float
    end_s: float
    text: str

    def to_row(self) -> dict[str, Any]:
        """The cue as plain JSON."""
        return asdict(self)


def read_cues(text: str) -> list[SubtitleLine]:
    """The cues of a WebVTT or SRT file in their order; [] for a text that is neither."""
    is_rolling = bool(_WORD_TIME.search(text))
    cues: list[SubtitleLine] = []
    above: tuple[str, ...] = ()
    for start_s, end_s, lines in _blocks(text, is_rolling=is_rolling):
        new = tuple(line for line in lines if not (is_rolling and line in above))
        above = lines
        if new:
            cues.append(SubtitleLine(start_s, end_s, " ".join(new)))
        elif cues:
            cues[-1] = SubtitleLine(cues[-1].start_s, max(end_s, cues[-1].end_s), cues[-1].text)
    return cues


def words(cues: list[SubtitleLine]) -> str:
    """The words of all cues as one text."""
    return " ".join(cue.text for cue in cues)


def _blocks(text: str, *, is_rolling: bool) -> Iterator[tuple[float, float, tuple[str, ...]]]:
    """(start, end, lines) of each cue: a line of times and the lines up to a blank one; where lines
    roll, a line of one blank is the empty line on the screen.
    """
    rows = iter([*text.lstrip("\ufeff").splitlines(), ""])
    for row in rows:
        if match := _TIMING.match(row):
            lines = []
            for line in rows:
                if not (line if is_rolling else line.strip()):
                    break
                lines.append(" ".join(html.unescape(_TAG.sub("", line)).split()))
            start_s, end_s = _seconds(*match.groups()[:3]), _seconds(*match.groups()[3:])
            if start_s <= end_s:
                yield start_s, end_s, tuple(line for line in lines if line)


def _seconds(hours: str | None, minutes: str, seconds: str) -> float:
    whole = int(hours or 0) * 3600 + int(minutes) * 60
    return round(whole + float(seconds.replace(",", ".")), 3)
