"""Claims of an answer compared with what was measured from the file, one finding a claim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.optimize import linear_sum_assignment

from vtlib.analysis.answer import Claim, Span
from vtlib.core.language import stored

ClaimState = Literal["supported", "drifted", "unsupported", "not_checked"]
Times = Sequence[tuple[float, float]]
Lacking: TypeAlias = Any  # a VideoAnalysis; in a partial answer missing parts are None

SLACK_S = 0.5  # how far a time may lie outside a measured span or the video
SAME_TEXT = 0.75  # likeness (difflib) of words on screen and words read by OCR
PART_CHARS = 4  # shorter words occur in too many others
_NO_SOUND = stored("the file has no sound")
SPEECH_SHARE = 0.5  # of a spoken line that has to lie in measured speech
_LATIN = re.compile(r"[a-zß-ÿ0-9]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """One claim and the result of its check.

    `path` names it in the answer (`beats.3`); `drift_s` is claimed minus measured where known.
    `supported`: measured, and at that time; `drifted`: measured, at another time; `unsupported`:
    not measured, or impossible; `not_checked`: no measure says anything about it.
    """

    path: str
    kind: str
    held: ClaimState
    reason: str = ""
    start_s: float | None = None
    end_s: float | None = None
    drift_s: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """The measures that the checker needs; None = not measured, for the reason in `why`."""

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
            why={n: str(p.get("reason") or stored("not measured")) for n, p in parts.items()},
        )


def findings(answer: Lacking, file: Measured) -> tuple[list[ClaimFinding], CutTruth]:
    """Findings for every claim that can be checked, and the cuts; missing parts give none."""
    cuts = match_cuts(
        [b.start_s for b in answer.beats or [] if b.starts_with_cut and b.start_s > 0],
        file.cuts_s,
    )
    return [
        *_beats(answer, cuts, file),
        *_overlays(answer, file),
        *_transcript(answer, file),
        *_hook(answer, file),
        *_sound(answer, file),
        *_spans(answer, file),
        *_claims(answer, file),
    ], cuts


def _beats(answer: Lacking, cuts: CutTruth, file: Measured) -> Iterator[ClaimFinding]:
    for n, beat in enumerate(answer.beats or []):
        path = f"beats.{n}"
        if bad := _impossible(beat.start_s, beat.end_s, file):
            yield ClaimFinding(path, "scene", "unsupported", bad, beat.start_s, beat.end_s)
        elif beat.starts_with_cut and beat.start_s > 0:
            cut_s = cuts.measured_for(beat.start_s)
            if cut_s is None:
                reason = stored("no cut was measured there")
                yield ClaimFinding(path, "cut", "unsupported", reason, beat.start_s, beat.end_s)
                continue
            drift = beat.start_s - cut_s
            state: ClaimState = "supported" if abs(drift) <= EXACT_S else "drifted"
            reason = (
                "" if state == "supported" else stored("the cut is at {second:.2f} s", second=cut_s)
            )
            yield ClaimFinding(
                path, "cut", state, reason, beat.start_s, beat.end_s, round(drift, 3)
            )


def _overlays(answer: Lacking, file: Measured) -> Iterator[ClaimFinding]:
    for n, overlay in enumerate(answer.overlays or []):
        span = (overlay.start_s, overlay.end_s)
        yield _overlay_finding(f"overlays.{n}", overlay.text, span, file)


def _overlay_finding(
    path: str, text: str, span: tuple[float, float], file: Measured
) -> ClaimFinding:
    """Words on screen against words read by OCR."""
    start, end = span
    finding = partial(ClaimFinding, path, "overlay", start_s=start, end_s=end)
    if bad := _impossible(start, end, file):
        return finding("unsupported", bad)
    if file.texts is None:
        return finding("not_checked", stored("words on screen: {why}", why=file.why["text"]))
    if not _is_readable(text):
        return finding("not_checked", stored("a script that the reader of words does not know"))
    alike = [t for t in file.texts if likeness(text, t[2]) >= SAME_TEXT]
    if not alike:
        return finding("unsupported", stored("no such words were read on screen"))
    near = min(alike, key=lambda t: _gap(start, end, t[0], t[1]))
    if _gap(start, end, near[0], near[1]) <= SLACK_S:
        return finding("supported", drift_s=round(start - near[0], 3))
    where = stored(
        "these words stand from {first:.1f} to {last:.1f} s", first=near[0], last=near[1]
    )
    return finding("drifted", where, drift_s=round(start - near[0], 3))


def _transcript(answer: Lacking, file: Measured) -> Iterator[ClaimFinding]:
    for n, line in enumerate(answer.transcript or []):
        path, span = f"transcript.{n}", (line.start_s, line.end_s)
        if line.speaker == "overlay":
            yield _overlay_finding(path, line.text, span, file)
        else:
            yield _speech_finding(path, span, file)


def _speech_finding(path: str, span: tuple[float, float], file: Measured) -> ClaimFinding:
    start, end = span
    finding = partial(ClaimFinding, path, "speech", start_s=start, end_s=end)
    if bad := _impossible(start, end, file):
        return finding("unsupported", bad)
    if file.speech is None:
        return finding("not_checked", stored("speech: {why}", why=file.why["speech"]))
    inside = _overlap(start, end, file.speech)
    if inside >= SPEECH_SHARE * (end - start) and (inside > 0 or _touches(start, end, file.speech)):
        return finding("supported")
    if not _touches(start, end, file.speech):
        silent = stored("no speech was measured there")
        return finding("unsupported", silent if file.has_sound else _NO_SOUND)
    return finding(
        "drifted", stored("only {seconds:.1f} s of it lie in measured speech", seconds=inside)
    )


def _hook(answer: Lacking, file: Measured) -> Iterator[ClaimFinding]:
    hook = answer.hook
    if hook is None:
        return
    span = (hook.span.start_s, hook.span.end_s)
    if hook.overlay_text:  # it may appear at any time of the hook: no drift
        finding = _overlay_finding("hook.overlay_text", hook.overlay_text, span, file)
        yield replace(finding, drift_s=None)
    if hook.spoken:
        finding = _speech_finding("hook.spoken", span, file)
        # A hook may hold more than speech: any speech in it will do.
        is_part = finding.held == "drifted"
        yield replace(finding, held="supported", reason="") if is_part else finding
    if hook.payoff_s is not None:
        at = Span(start_s=hook.payoff_s, end_s=hook.payoff_s)
        yield _span_finding("hook.payoff_s", "moment", at, file)
    for n, sign in enumerate(hook.catalysts):
        yield _catalyst_finding(f"hook.catalysts.{n}", sign.kind, sign.span, file)


def _catalyst_finding(path: str, kind: str, span: Span, file: Measured) -> ClaimFinding:
    """A catalyst, where something measured can confirm or refute it."""
    place = _span_finding(path, kind, span, file)
    if place.held == "unsupported":
        return place
    start, end = span.start_s, span.end_s
    is_there: bool | None = None
    if kind == "words_on_screen_2s" and file.texts is not None:
        is_there = any(t[0] < 2 + SLACK_S for t in file.texts)
    elif kind == "spoken_question" and file.speech is not None:
        is_there = _touches(start, end, file.speech)
    elif kind == "close_up_face" and file.faces_s is not None:
        # Only faces from the front are found: one that is not may still be there.
        is_there = any(start - SLACK_S <= t <= end + SLACK_S for t in file.faces_s) or None
    if is_there is None:
        return place
    return _decide(place, "" if is_there else stored("it was not measured there"))


def _sound(answer: Lacking, file: Measured) -> Iterator[ClaimFinding]:
    use = answer.sound
    if use is None:
        return
    if use.music and not file.has_sound:
        yield ClaimFinding("sound.music", "music", "unsupported", _NO_SOUND)
    if use.is_cut_to_beat and (not file.has_sound or not file.cuts_s):
        no_sound, no_cuts = stored("the video has no sound"), stored("the video has no cuts")
        reason = no_cuts if file.has_sound else no_sound
        yield ClaimFinding("sound.is_cut_to_beat", "music", "unsupported", reason)


def _spans(answer: Lacking, file: Measured) -> Iterator[ClaimFinding]:
    """Moments and evidence that are not measured: they must at least lie inside the video."""
    for n, moment in enumerate(answer.key_moments or []):
        yield _span_finding(f"key_moments.{n}", "moment", moment.span, file)
    if answer.narrative:
        for n, feeling in enumerate(answer.narrative.arc):
            yield _span_finding(f"narrative.arc.{n}", "feeling", feeling.span, file)
    if answer.call_to_action:
        call = answer.call_to_action
        claim = Claim(text=call.text, sense=call.means, evidence=[call.span])
        yield _claim_finding("call_to_action", claim, file)
    for n, risk in enumerate(answer.risks or []):
        if risk.span:
            yield _span_finding(f"risks.{n}", "risk", risk.span, file)
    yield from _rating_evidence(answer, file)


def _rating_evidence(answer: Lacking, file: Measured) -> Iterator[ClaimFinding]:
    """Scores without a moment, and moments of scores that lie outside the video."""
    for path, rating in ratings(answer):
        if not rating.evidence:
            yield ClaimFinding(path, "score", "unsupported", stored("no moment is given for it"))
        for span in rating.evidence:
            finding = _span_finding(path, "score", span, file)
            if finding.held == "unsupported":
                yield finding


def _claims(answer: Lacking, file: Measured) -> Iterator[ClaimFinding]:
    for n, claim in enumerate(answer.explanation or []):
        yield _claim_finding(f"explanation.{n}", claim, file)


def _claim_finding(path: str, claim: Claim, file: Measured) -> ClaimFinding:
    """A reason is as good as the best of its moments; without moments it is unsupported."""
    if not claim.evidence:
        return ClaimFinding(path, "claim", "unsupported", stored("no moment is given for it"))
    moments = [_moment_finding(path, claim.sense, span, file) for span in claim.evidence]
    order: tuple[ClaimState, ...] = ("supported", "drifted", "not_checked", "unsupported")
    return min(moments, key=lambda f: order.index(f.held))


def _moment_finding(path: str, sense: str, span: Span, file: Measured) -> ClaimFinding:
    place = _span_finding(path, "claim", span, file)
    start, end = span.start_s, span.end_s
    if place.held == "unsupported" or sense == "seen":
        return place
    if sense == "read":
        if file.texts is None:
            return place
        is_there = _touches(start, end, [(t[0], t[1]) for t in file.texts])
        return _decide(place, "" if is_there else stored("no words were read on screen there"))
    if file.speech and _touches(start, end, file.speech):
        return _decide(place, "")
    silence = file.silence or ()
    if not file.has_sound or (silence and _overlap(start, end, silence) >= end - start > 0):
        return _decide(place, stored("it is silent there"))
    return place


def _decide(finding: ClaimFinding, reason: str) -> ClaimFinding:
    """The finding as unsupported for that reason; "" = supported."""
    return replace(finding, held="unsupported" if reason else "supported", reason=reason)


def _span_finding(path: str, kind: str, span: Span, file: Measured) -> ClaimFinding:
    bad = _impossible(span.start_s, span.end_s, file)
    state: ClaimState = "unsupported" if bad else "not_checked"
    reason = bad or stored("no measure knows of it")
    return ClaimFinding(path, kind, state, reason, span.start_s, span.end_s)


def ratings(answer: Lacking) -> Iterator[tuple[str, Any]]:
    """(place, rating) of every score in an answer, about a video or about pictures."""
    if answer.factors:
        for name in type(answer.factors).model_fields:
            yield f"factors.{name}", getattr(answer.factors, name)
    for name in ("platform_fit", "overall"):
        if rating := getattr(answer, name):
            yield name, rating


def _impossible(start_s: float, end_s: float, file: Measured) -> str:
    if end_s < start_s:
        return stored("it ends before it starts")
    if end_s > file.duration_s + SLACK_S:
        return stored("it lies outside the video of {length:.1f} s", length=file.duration_s)
    return ""


def likeness(claim: str, read: str) -> float:
    """0 to 1, of letters and digits alone: the whole texts, or the shorter in its place in the
    longer.

    OCR reads a block line by line, a model the block as one: either may be a part of the other.
    """
    short, long = sorted((_plain(claim), _plain(read)), key=len)
    if not short:
        return 0.0
    matcher = SequenceMatcher(None, short, long, autojunk=False)
    ratio = matcher.ratio()
    if len(short) < PART_CHARS:
        return ratio
    match = matcher.find_longest_match()
    start = max(match.b - match.a, 0)
    part = SequenceMatcher(None, short, long[start : start + len(short)], autojunk=False)
    return max(ratio, part.ratio())


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _is_readable(text: str) -> bool:
    letters = [c for c in text if c.isalnum()]
    return not letters or sum(bool(_LATIN.match(c)) for c in letters) >= len(letters) / 2


def _pairs(spans: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in spans)


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
    """A model's cuts compared with the measured ones; times in s.

    `pairs` are (claimed, measured) cuts that belong together; `invented_s` were not measured,
    `missed_s` not named (a scene may hold several shots, so a missed cut is no mistake by itself).
    `drift_s` is the median of claimed minus measured, `spread_s` the median distance, `worst_s` the
    largest; None without pairs.
    """

    n_measured: int
    n_claimed: int
    pairs: tuple[tuple[float, float], ...]
    invented_s: tuple[float, ...]
    missed_s: tuple[float, ...]

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
        """The measured cut that a claimed one is paired with; None = invented."""
        return next((m for c, m in self.pairs if c == claimed_s), None)

    def to_row(self) -> dict[str, float | int | None]:
        """Counts and drifts for the store."""
        drifts = {n: getattr(self, n) for n in ("drift_s", "spread_s", "worst_s")}
        return {
            "n_measured": self.n_measured,
            "n_claimed": self.n_claimed,
            "n_matched": len(self.pairs),
            "n_invented": len(self.invented_s),
            "n_missed": len(self.missed_s),
            **{n: None if v is None else round(v, 3) for n, v in drifts.items()},
        }


def match_cuts(
    claimed_s: Sequence[float], measured_s: Sequence[float], *, match_s: float = MATCH_S
) -> CutTruth:
    """Pair cuts one to one within `match_s`: as many as possible, then the nearest."""
    claims, cuts = sorted(claimed_s), sorted(measured_s)
    pairs: list[tuple[float, float]] = []
    if claims and cuts:
        apart = np.abs(np.subtract.outer(claims, cuts))
        # Out of reach costs more than any number of pairs within it, so no pair is given up for
        # nearness.
        cost = np.where(apart <= match_s, apart, match_s * (len(claims) + len(cuts) + 1))
        rows, columns = linear_sum_assignment(cost)
        pairs = [
            (claims[i], cuts[j])
            for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
            if apart[i, j] <= match_s
        ]
    taken_c, taken_m = [c for c, _ in pairs], [m for _, m in pairs]
    return CutTruth(
        len(cuts),
        len(claims),
        tuple(pairs),
        tuple(_without(claims, taken_c)),
        tuple(_without(cuts, taken_m)),
    )


def _without(values: list[float], minus: list[float]) -> list[float]:
    rest = list(values)
    for value in minus:
        rest.remove(value)
    return rest
