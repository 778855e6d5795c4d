"""Captions from what is said: SRT and WebVTT, in time with the beats, never two at once."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from vtlib.scripts.formats.document import Document, FormattedDocument
from vtlib.scripts.timing import BeatSpan, count_words, spans

# Two lines of 42 letters and at least a second on screen: Netflix Timed Text Style Guide, general
# part.
_LINE = 42
_LINES = 2
_LEAST_MS = 1000


@dataclass(frozen=True, slots=True)
class Cue:
    """A caption; times in ms, the end not included."""

    start_ms: int
    end_ms: int
    text: str


def cues(document: Document) -> tuple[Cue, ...]:
    """The spoken text in captions of two lines; a beat's captions share its time by their words."""
    return tuple(cue for span in spans(document.script) for cue in _of_beat(span))


def srt(document: Document) -> FormattedDocument:
    """SubRip; the stamp is in the file's name, the format has no place for it."""
    blocks = [
        f"{n}\n{_clock(c.start_ms, ',')} --> {_clock(c.end_ms, ',')}\n{_inert(c.text)}\n"
        for n, c in enumerate(cues(document), 1)
    ]
    return FormattedDocument("\n".join(blocks).encode("utf-8"), _warnings(document))


def vtt(document: Document) -> FormattedDocument:
    """WebVTT with the stamp in a note; markup in the text is shown, not obeyed."""
    blocks = [f"WEBVTT\n\nNOTE {document.stamp_token}\n"]
    for cue in cues(document):
        text = _inert(cue.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n{text}\n")
    return FormattedDocument("\n".join(blocks).encode("utf-8"), _warnings(document))


def _of_beat(span: BeatSpan) -> list[Cue]:
    texts = _captions(span.beat.spoken)
    start, end = round(span.start_s * 1000), round(span.end_s * 1000)
    room = (end - start) // _LEAST_MS
    if not texts or end <= start:
        return []
    if len(texts) > max(room, 1):  # rather long captions than ones nobody can read
        texts = _gathered(texts, max(room, 1))
    weights = [max(count_words(t), 1) for t in texts]
    out, at, weight_so_far = [], start, 0.0
    for text, weight in zip(texts, weights, strict=True):
        weight_so_far += weight
        until = start + round((end - start) * weight_so_far / sum(weights))
        out.append(Cue(at, until, text))
        at = until
    return out


def _captions(text: str) -> list[str]:
    """The text in pieces of at most two lines, broken where a sentence ends if there is a
    choice.
    """
    out = []
    for sentence in re.split(r"(?<=[.!?…。!?])\s+|\n+", text):
        lines = textwrap.wrap(sentence, _LINE, break_long_words=True)
        out += ["\n".join(lines[i : i + _LINES]) for i in range(0, len(lines), _LINES)]
    return [t for t in out if t.strip()]


def _gathered(texts: list[str], count: int) -> list[str]:
    size = -(-len(texts) // count)
    return [" ".join(texts[i : i + size]) for i in range(0, len(texts), size)]


def _inert(text: str) -> str:
    """Text that holds no arrow (which would be a time) and no empty line (which would end the
    caption).
    """
    lines = [line for line in text.replace("-->", "->").split("\n") if line.strip()]
    return "\n".join(lines)


def _clock(ms: int, point: str) -> str:
    hours, rest = divmod(ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, ms = divmod(rest, 1000)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{ms:03d}"


def _warnings(document: Document) -> tuple[str, ...]:
    loose = [s.beat.beat_id for s in spans(document.script) if s.is_estimated and s.beat.spoken]
    return (
        (f"no decided duration for {', '.join(loose[:5])}: times are estimates",) if loose else ()
    )
