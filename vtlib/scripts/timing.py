"""Start and end of each beat, and whether its words fit into its seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vtlib.scripts.script import PlannedBeat, Script

# Narration is read at 150 to 160 words a minute (ACX, audiobook production notes); quick to-camera
# speech reaches 190. Faster than 3.2 words/s is not understood by everybody.
WORDS_PER_S = 2.6
WORDS_PER_S_MAX = 3.2
SILENT_BEAT_S = 2.0  # a beat without words and without a decided duration, for drawing only
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")
_CJK_WORDS = 0.6  # a syllable sign takes about 0.2 s, a word of English 0.33 s
_CUE = re.compile(r"\[[^\]]*\]|\([^)]*\)")  # [beat], (laughs): read, not said


@dataclass(frozen=True, slots=True)
class BeatSpan:
    """A beat on the time line. `is_estimated`: its duration is not decided, but estimated from its
    words.
    """

    beat: PlannedBeat
    number: int
    start_s: float
    end_s: float
    is_estimated: bool

    @property
    def duration_s(self) -> float:
        return round(self.end_s - self.start_s, 3)


@dataclass(frozen=True, slots=True)
class SpeechRate:
    """The words of a beat against its seconds; `is_too_fast` above the limit, never for an
    estimate.
    """

    beat_id: str
    words: float
    duration_s: float
    words_per_s: float
    is_too_fast: bool
    least_s: float


def spans(script: Script) -> tuple[BeatSpan, ...]:
    """Every beat with its start and end in s, one after the other without a gap."""
    out: list[BeatSpan] = []
    at = 0.0
    for number, beat in enumerate(script.beats, 1):
        length = beat.duration_s if beat.duration_s is not None else estimate_s(beat)
        end = round(at + length, 3)
        out.append(BeatSpan(beat, number, at, end, beat.duration_s is None))
        at = end
    return tuple(out)


def duration_s(script: Script) -> float:
    """The length of a script in s, with estimates where a beat has no duration; 0 without beats."""
    return next((s.end_s for s in reversed(spans(script))), 0.0)


def is_timed(script: Script) -> bool:
    """Whether every beat has a decided duration above 0, and there is a beat."""
    return bool(script.beats) and all(b.duration_s for b in script.beats)


def count_words(text: str) -> float:
    """Words of a spoken text, stage directions in brackets left out; CJK signs count 0.6 each."""
    speech = _CUE.sub(" ", text)
    signs = len(_CJK.findall(speech))
    return round(len(_WORD.findall(_CJK.sub(" ", speech))) + _CJK_WORDS * signs, 1)


def estimate_s(beat: PlannedBeat) -> float:
    """How long a beat takes at 2.6 words/s; 2 s without words."""
    return (
        max(round(count_words(beat.spoken) / WORDS_PER_S, 1), 1.0) if beat.spoken else SILENT_BEAT_S
    )


def word_rates(script: Script, *, limit: float = WORDS_PER_S_MAX) -> tuple[SpeechRate, ...]:
    """The rate of every beat that is spoken, in words/s, and the least seconds its words need."""
    out = []
    for span in spans(script):
        words = count_words(span.beat.spoken)
        if words:
            length = span.duration_s
            rate = words / length if length else float("inf")
            too_fast = not span.is_estimated and rate > limit
            least = round(words / limit, 1)
            out.append(
                SpeechRate(span.beat.beat_id, words, length, round(rate, 2), too_fast, least)
            )
    return tuple(out)
