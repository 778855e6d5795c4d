"""Claims of an answer held against what was measured from the file, one finding a claim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment

from vtlib.analysis.answer import Claim, Rating, Span

Held = Literal["supported", "drifted", "unsupported", "not_checked"]
Times = Sequence[tuple[float, float]]
Lacking: TypeAlias = (
    Any  # a VideoAnalysis; of a partial answer, with None for parts that are missing
)

SLACK_S = 0.5  # how far a time may lie outside a measured span or the video
SAME_TEXT = 0.75  # likeness (difflib) of words on screen and words read by OCR
PART_CHARS = 4  # shorter words lie in too many others
SPEECH_SHARE = 0.5  # of a spoken line that has to lie in measured speech
_LATIN = re.compile(r"[a-zß-ÿ0-9]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """One claim and how it stands. `path` names it in the answer (`beats.3`); `drift_s` is claimed
    minus measured where it could be told.

    `supported`: measured, and at that time; `drifted`: measured, at another time; `unsupported`:
    not measured, or impossible; `not_checked`: nothing measured says anything about it.
    """

    path: str
    kind: str
    held: Held
    reason: str = ""
    start_s: float | None = None
    end_s: float | None = None
    drift_s: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What the checker needs of the measures; None = that part was not measured, and `why` says
    why.
    """

    duration_s: float
    cuts_s: tuple[float, ...]
    speech: tuple[tuple[float, float], ...] | None
    silence: tuple[tuple[float, float], ...] | None
    texts: tuple[tuple[float, float, str], ...] | None
    faces_s: tuple[float, ...] | None
    has_sound: bool
    why: Mapping[str, str]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Measured:
        """From `Measures.to_row()` or a row of the table `measures`."""
        parts = {n: row.get(n) or {} for n in ("sound", "speech", "text", "faces")}
        ok = {n: p.get("status") == "ok" for n, p in parts.items()}
        is_silent = parts["sound"].get("status") == "no_sound"
        speech = _pairs(parts["speech"]["segments"]) if ok["speech"] else () if is_silent else None
        return cls(
            duration_s=float(row["duration_s"]),
            cuts_s=tuple(float(c) for c in row["cuts_s"]),
            speech=speech,
            silence=_pairs(parts["sound"].get("silence") or []) if ok["sound"] else None,
            texts=tuple((t["start_s"], t["end_s"], t["text"]) for t in parts["text"]["items"])
            if ok["text"]
            else None,
            faces_s=tuple(f["t_s"] for f in parts["faces"]["seen"] if f["n"])
            if ok["faces"]
            else None,
            has_sound=not is_silent,
            why={n: str(p.get("reason") or "not measured") for n, p in parts.items()},
        )


def findings(answer: Lacking, seen: Measured) -> tuple[list[ClaimFinding], CutTruth]:
    """Every claim with a time or about something measured, and the cut-truth meter. Missing
    parts make none.
    """
    cuts = match_cuts(
        [b.start_s for b in answer.beats or [] if b.starts_with_cut and b.start_s > 0],
        seen.cuts_s,
    )
    return [
        *_beats(answer, cuts, seen),
        *_overlays(answer, seen),
        *_transcript(answer, seen),
        *_hook(answer, seen),
        *_sound(answer, seen),
        *_spans(answer, seen),
        *_claims(answer, seen),
    ], cuts


def _beats(answer: Lacking, cuts: CutTruth, seen: Measured) -> Iterator[ClaimFinding]:
    for n, beat in enumerate(answer.beats or []):
        path = f"beats.{n}"
        if bad := _impossible(beat.start_s, beat.end_s, seen):
            yield ClaimFinding(path, "scene", "unsupported", bad, beat.start_s, beat.end_s)
        elif beat.starts_with_cut and beat.start_s > 0:
            measured = cuts.measured_for(beat.start_s)
            if measured is None:
                said = "no cut was measured there"
                yield ClaimFinding(path, "cut", "unsupported", said, beat.start_s, beat.end_s)
                continue
            drift = beat.start_s - measured
            held: Held = "supported" if abs(drift) <= EXACT_S else "drifted"
            said = "" if held == "supported" else f"the cut is at {measured:.2f} s"
            yield ClaimFinding(path, "cut", held, said, beat.start_s, beat.end_s, round(drift, 3))


def _overlays(answer: Lacking, seen: Measured) -> Iterator[ClaimFinding]:
    for n, overlay in enumerate(answer.overlays or []):
        span = (overlay.start_s, overlay.end_s)
        yield _written(f"overlays.{n}", overlay.text, span, seen)


def _written(path: str, text: str, span: tuple[float, float], seen: Measured) -> ClaimFinding:
    """Words on screen against words read by OCR."""
    start, end = span

    def finding(held: Held, reason: str = "", drift_s: float | None = None) -> ClaimFinding:
        return ClaimFinding(path, "overlay", held, reason, start, end, drift_s)

    if bad := _impossible(start, end, seen):
        return finding("unsupported", bad)
    if seen.texts is None:
        return finding("not_checked", f"words on screen: {seen.why['text']}")
    if not _is_readable(text):
        return finding("not_checked", "a script that the reader of words does not know")
    alike = [t for t in seen.texts if likeness(text, t[2]) >= SAME_TEXT]
    if not alike:
        return finding("unsupported", "no such words were read on screen")
    near = min(alike, key=lambda t: _gap(start, end, t[0], t[1]))
    if _gap(start, end, near[0], near[1]) <= SLACK_S:
        return finding("supported", drift_s=round(start - near[0], 3))
    said = f"these words stand from {near[0]:.1f} to {near[1]:.1f} s"
    return finding("drifted", said, round(start - near[0], 3))


def _transcript(answer: Lacking, seen: Measured) -> Iterator[ClaimFinding]:
    for n, line in enumerate(answer.transcript or []):
        path, span = f"transcript.{n}", (line.start_s, line.end_s)
        if line.speaker == "overlay":
            yield _written(path, line.text, span, seen)
        else:
            yield _spoken(path, span, seen)


def _spoken(path: str, span: tuple[float, float], seen: Measured) -> ClaimFinding:
    start, end = span
    if bad := _impossible(start, end, seen):
        return ClaimFinding(path, "speech", "unsupported", bad, start, end)
    if seen.speech is None:
        return ClaimFinding(
            path, "speech", "not_checked", f"speech: {seen.why['speech']}", start, end
        )
    inside = _overlap(start, end, seen.speech)
    if inside >= SPEECH_SHARE * (end - start) and (inside > 0 or _touches(start, end, seen.speech)):
        return ClaimFinding(path, "speech", "supported", "", start, end)
    if not _touches(start, end, seen.speech):
        said = "no speech was measured there" if seen.has_sound else "the file has no sound"
        return ClaimFinding(path, "speech", "unsupported", said, start, end)
    said = f"only {inside:.1f} s of it lie in measured speech"
    return ClaimFinding(path, "speech", "drifted", said, start, end)


def _hook(answer: Lacking, seen: Measured) -> Iterator[ClaimFinding]:
    hook = answer.hook
    if hook is None:
        return
    span = (hook.span.start_s, hook.span.end_s)
    if hook.overlay_text:  # it may stand at any time of the hook, so no drift can be told
        found = _written("hook.overlay_text", hook.overlay_text, span, seen)
        yield replace(found, drift_s=None)
    if hook.spoken:
        found = _spoken("hook.spoken", span, seen)
        # A hook may hold more than speech: any speech in it will do.
        yield (
            found
            if found.held != "drifted"
            else ClaimFinding(found.path, found.kind, "supported", "", *span)
        )
    if hook.payoff_s is not None:
        at = Span(start_s=hook.payoff_s, end_s=hook.payoff_s)
        yield _placed("hook.payoff_s", "moment", at, seen)
    for n, sign in enumerate(hook.catalysts):
        yield _sign(f"hook.catalysts.{n}", sign.kind, sign.span, seen)


def _sign(path: str, kind: str, span: Span, seen: Measured) -> ClaimFinding:
    """A catalyst, where a measure knows of it."""
    place = _placed(path, kind, span, seen)
    if place.held == "unsupported":
        return place
    start, end = span.start_s, span.end_s
    known: bool | None = None
    if kind == "words_on_screen_2s" and seen.texts is not None:
        known = any(t[0] < 2 + SLACK_S for t in seen.texts)
    elif kind == "spoken_question" and seen.speech is not None:
        known = _touches(start, end, seen.speech)
    elif kind == "close_up_face" and seen.faces_s is not None:
        # Only faces from the front are found: one that is not may still be there.
        known = any(start - SLACK_S <= t <= end + SLACK_S for t in seen.faces_s) or None
    if known is None:
        return place
    said = "" if known else "it was not measured there"
    return ClaimFinding(path, kind, "supported" if known else "unsupported", said, start, end)


def _sound(answer: Lacking, seen: Measured) -> Iterator[ClaimFinding]:
    use = answer.sound
    if use is None:
        return
    if use.music and not seen.has_sound:
        yield ClaimFinding("sound.music", "music", "unsupported", "the file has no sound")
    if use.is_cut_to_beat and (not seen.has_sound or not seen.cuts_s):
        lacks = "no sound" if not seen.has_sound else "no cuts"
        yield ClaimFinding("sound.is_cut_to_beat", "music", "unsupported", f"the video has {lacks}")


def _spans(answer: Lacking, seen: Measured) -> Iterator[ClaimFinding]:
    """Moments and evidence that nothing measures: they have to lie inside the video at least."""
    for n, moment in enumerate(answer.key_moments or []):
        yield _placed(f"key_moments.{n}", "moment", moment.span, seen)
    if answer.narrative:
        for n, feeling in enumerate(answer.narrative.arc):
            yield _placed(f"narrative.arc.{n}", "feeling", feeling.span, seen)
    if answer.call_to_action:
        call = answer.call_to_action
        claim = Claim(text=call.text, sense=call.means, evidence=[call.span])
        yield _claim("call_to_action", claim, seen)
    for n, risk in enumerate(answer.risks or []):
        if risk.span:
            yield _placed(f"risks.{n}", "risk", risk.span, seen)
    yield from _rating_evidence(answer, seen)


def _rating_evidence(answer: Lacking, seen: Measured) -> Iterator[ClaimFinding]:
    """Scores without a moment, and moments of scores that lie outside the video."""
    for path, rating in ratings(answer):
        if not rating.evidence:
            yield ClaimFinding(path, "score", "unsupported", "no moment is given for it")
        for span in rating.evidence:
            found = _placed(path, "score", span, seen)
            if found.held == "unsupported":
                yield found


def _claims(answer: Lacking, seen: Measured) -> Iterator[ClaimFinding]:
    for n, claim in enumerate(answer.explanation or []):
        yield _claim(f"explanation.{n}", claim, seen)


def _claim(path: str, claim: Claim, seen: Measured) -> ClaimFinding:
    """A reason stands when any of its moments does; without moments it does not."""
    if not claim.evidence:
        return ClaimFinding(path, "claim", "unsupported", "no moment is given for it")
    found = [_sensed(path, claim.sense, span, seen) for span in claim.evidence]
    order: tuple[Held, ...] = ("supported", "drifted", "not_checked", "unsupported")
    return min(found, key=lambda f: order.index(f.held))


def _sensed(path: str, sense: str, span: Span, seen: Measured) -> ClaimFinding:
    place = _placed(path, "claim", span, seen)
    start, end = span.start_s, span.end_s
    if place.held == "unsupported" or sense == "seen":
        return place
    if sense == "read":
        if seen.texts is None:
            return place
        stands = _touches(start, end, [(t[0], t[1]) for t in seen.texts])
        said = "" if stands else "no words were read on screen there"
        return ClaimFinding(
            path, "claim", "supported" if stands else "unsupported", said, start, end
        )
    if seen.speech and _touches(start, end, seen.speech):
        return ClaimFinding(path, "claim", "supported", "", start, end)
    silence = seen.silence or ()
    if not seen.has_sound or (silence and _overlap(start, end, silence) >= end - start > 0):
        return ClaimFinding(path, "claim", "unsupported", "it is silent there", start, end)
    return place


def _placed(path: str, kind: str, span: Span, seen: Measured) -> ClaimFinding:
    bad = _impossible(span.start_s, span.end_s, seen)
    held: Held = "unsupported" if bad else "not_checked"
    said = bad or "no measure knows of it"
    return ClaimFinding(path, kind, held, said, span.start_s, span.end_s)


def ratings(answer: Lacking) -> Iterator[tuple[str, Rating]]:
    """(place, rating) of every score in an answer, about a video or about pictures."""
    if answer.factors:
        for name in type(answer.factors).model_fields:
            yield f"factors.{name}", getattr(answer.factors, name)
    for name in ("platform_fit", "overall"):
        if rating := getattr(answer, name):
            yield name, rating


def _impossible(start_s: float, end_s: float, seen: Measured) -> str:
    if end_s < start_s:
        return "it ends before it starts"
    if end_s > seen.duration_s + SLACK_S:
        return f"it lies outside the video of {seen.duration_s:.1f} s"
    return ""


def likeness(claimed: str, read: str) -> float:
    """0 to 1, of letters and digits alone: the whole texts, or the shorter in its place in the
    longer.

    OCR reads a block line by line, a model the block as one: either may be a part of the other.
    """
    short, long = sorted((_plain(claimed), _plain(read)), key=len)
    if not short:
        return 0.0
    matcher = SequenceMatcher(None, short, long, autojunk=False)
    whole = matcher.ratio()
    if len(short) < PART_CHARS:
        return whole
    match = matcher.find_longest_match()
    start = max(match.b - match.a, 0)
    part = SequenceMatcher(None, short, long[start : start + len(short)], autojunk=False)
    return max(whole, part.ratio())


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _is_readable(text: str) -> bool:
    letters = [c for c in text if c.isalnum()]
    return not letters or sum(bool(_LATIN.match(c)) for c in letters) >= len(letters) / 2


def _pairs(found: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in found)


def _overlap(start: float, end: float, spans: Times) -> float:
    return sum(max(0.0, min(b, end) - max(a, start)) for a, b in spans)


def _touches(start: float, end: float, spans: Times) -> bool:
    return any(_gap(start, end, a, b) <= SLACK_S for a, b in spans)


def _gap(start: float, end: float, a: float, b: float) -> float:
    """Seconds between two spans; 0 when they meet."""
    return max(a - end, start - b, 0.0)


MATCH_S = 1.5  # further apart they are not the same cut; drifts up to 1.4 s were seen
EXACT_S = 0.5  # nearer than this a time is taken as right


@dataclass(frozen=True, slots=True)
class CutTruth:
    """How a model's cuts stand against the measured ones; times in s.

    `pairs` are (claimed, measured) cuts that belong together; `invented` were not measured,
    `missed` not named (scenes may hold several shots, so a missed cut is no mistake by itself).
    `drift_s` is the median of claimed minus measured, `spread_s` the median distance, `worst_s` the
    largest; None without pairs.
    """

    n_measured: int
    n_claimed: int
    pairs: tuple[tuple[float, float], ...]
    invented: tuple[float, ...]
    missed: tuple[float, ...]

    @property
    def drift_s(self) -> float | None:
        return float(np.median([c - m for c, m in self.pairs])) if self.pairs else None

    @property
    def spread_s(self) -> float | None:
        return float(np.median([abs(c - m) for c, m in self.pairs])) if self.pairs else None

    @property
    def worst_s(self) -> float | None:
        return max(abs(c - m) for c, m in self.pairs) if self.pairs else None

    def measured_for(self, claimed_s: float) -> float | None:
        """The measured cut that a claimed one stands for; None = invented."""
        return next((m for c, m in self.pairs if c == claimed_s), None)

    def to_row(self) -> dict[str, float | int | None]:
        """Counts and drifts for the store."""
        rounded = {n: getattr(self, n) for n in ("drift_s", "spread_s", "worst_s")}
        return {
            "n_measured": self.n_measured,
            "n_claimed": self.n_claimed,
            "n_matched": len(self.pairs),
            "n_invented": len(self.invented),
            "n_missed": len(self.missed),
            **{n: None if v is None else round(v, 3) for n, v in rounded.items()},
        }


def match_cuts(
    claimed_s: Sequence[float], measured_s: Sequence[float], *, match_s: float = MATCH_S
) -> CutTruth:
    """Pair cuts one to one, as many as lie within `match_s`, and of all such pairings the
    nearest.
    """
    claimed, measured = sorted(claimed_s), sorted(measured_s)
    pairs: list[tuple[float, float]] = []
    if claimed and measured:
        apart = np.abs(np.subtract.outer(claimed, measured))
        # Out of reach costs more than any number of pairs within it, so no pair is given up for
        # nearness.
        cost = np.where(apart <= match_s, apart, match_s * (len(claimed) + len(measured) + 1))
        rows, columns = linear_sum_assignment(cost)
        pairs = [
            (claimed[i], measured[j])
            for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
            if apart[i, j] <= match_s
        ]
    taken_c, taken_m = [c for c, _ in pairs], [m for _, m in pairs]
    return CutTruth(
        len(measured),
        len(claimed),
        tuple(pairs),
        tuple(_without(claimed, taken_c)),
        tuple(_without(measured, taken_m)),
    )


def _without(values: list[float], taken: list[float]) -> list[float]:
    left = list(values)
    for value in taken:
        left.remove(value)
    return left
