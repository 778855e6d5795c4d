"""From a model's answer to a script, with its claims checked and its distance measured. Pure.

The distance from the source: structure may be kept, wording may not.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from vtlib.adaptation.answer import (
    AdaptedBeat,
    AdaptedScript,
    HookVariant,
    OriginalScript,
    ScriptBeat,
    Written,
)
from vtlib.adaptation.claims import CheckedClaim, check, without_grounds
from vtlib.adaptation.source import describe_pictures, product_facts, shows_pictures, source_lines
from vtlib.scripts.script import PlannedBeat, Script, ScriptClaim
from vtlib.scripts.timing import duration_s

_VOICES = {"on_camera": "On camera", "voice_over": "Voice-over", "nobody": ""}


@dataclass(frozen=True, slots=True)
class ScriptDraft:
    """A script, its map from the source, hooks, checked claims, distance (None: no source)."""

    script: Script
    beat_map: list[dict[str, Any]]
    hooks: list[dict[str, Any]]
    claims: tuple[CheckedClaim, ...]
    distance: Distance | None

    @property
    def n_unfounded(self) -> int:
        return len(without_grounds(self.claims))

    def row(self) -> dict[str, Any]:
        """Columns of `adaptations` that come from the answer."""
        far = self.distance
        return {
            "beat_map": self.beat_map,
            "hooks": self.hooks,
            "claims": [asdict(c) for c in self.claims],
            "distance": asdict(far) | {"is_copied": far.is_copied} if far else None,
            "n_unfounded": self.n_unfounded,
            "difficulty": self.script.difficulty,
        }


def adapted_script(
    answer: AdaptedScript,
    product: Mapping[str, Any],
    *,
    source: Mapping[str, Any],
    post: Mapping[str, Any],
) -> ScriptDraft:
    """A script on the pattern of a video; `source` is the video's analysis, `post` has url and
    caption.

    Of a post of pictures (`post` has task pictures) beats follow pictures: they have no time in the
    source.
    """
    is_video = not shows_pictures(post)
    spans = _spans(source) if is_video else []
    unit = "beat" if is_video else "picture"
    beats = tuple(_adapted_beat(n, b, spans, unit=unit) for n, b in enumerate(answer.beats, 1))
    types = [t["type"] for t in (source.get("hook") or {}).get("types") or []]
    story = (source.get("narrative") or {}).get("structure")
    claims = _checked(answer, product, answer.beats)
    script = _script(answer, beats, claims, kind="adaptation")
    script = replace(
        script,
        source_patterns=(*types, *([str(story)] if story else [])),
        references=(str(post["url"]),) if post.get("url") else (),
    )
    source_beats = [b.source_beat for b in answer.beats]
    of_structure = (
        structure(spans, source_beats, length_s=duration_s(script))
        if is_video
        else order_of_pictures(_pictures(source, post), source_beats)
    )
    of_wording = wording(
        _lines(answer, answer.beats), source_lines(source, _text(post.get("caption")))
    )
    beat_map = [
        {"beat_id": f"b{n}", "source_beat": b.source_beat, "change": b.change, "why": b.why}
        for n, b in enumerate(answer.beats, 1)
    ]
    beat_map += [
        {
            "beat_id": None,
            "source_beat": omission.source_beat,
            "change": "dropped",
            "why": omission.why,
        }
        for omission in answer.left_out
    ]
    return ScriptDraft(
        script, beat_map, _hooks(answer), claims, Distance(*of_structure, *of_wording)
    )


def _pictures(source: Mapping[str, Any], post: Mapping[str, Any]) -> list[int]:
    """Numbers of the pictures that the post has, without those that the check refuted."""
    there = describe_pictures(source, post.get("unsupported") or ())["pictures"]
    return [int(p["number"]) for p in there]


def original_script(answer: OriginalScript, product: Mapping[str, Any]) -> ScriptDraft:
    """A script from a product's facts and patterns alone."""
    beats = tuple(_beat(n, b) for n, b in enumerate(answer.beats, 1))
    claims = _checked(answer, product, answer.beats)
    script = _script(answer, beats, claims, kind="original")
    script = replace(script, source_patterns=tuple(p.pattern for p in answer.patterns))
    beat_map = [
        {"beat_id": f"b{n}", "source_beat": None, "change": "new", "why": b.why}
        for n, b in enumerate(answer.beats, 1)
    ]
    return ScriptDraft(script, beat_map, _hooks(answer), claims, None)


def _checked(
    answer: Written, product: Mapping[str, Any], beats: Sequence[ScriptBeat]
) -> tuple[CheckedClaim, ...]:
    facts = {k: str(v) for k, v in product_facts(product)["facts"].items()}
    own = str(product.get("name") or "")
    return check(answer.claims, facts, lines=_lines(answer, beats), own_words=own)


def _lines(answer: Written, beats: Sequence[ScriptBeat]) -> list[str]:
    """Every line that viewers hear or read."""
    lines = [t for b in beats for t in (b.spoken, b.overlay)]
    lines += [t for h in answer.hooks for t in (h.spoken, h.overlay)]
    return [t for t in (*lines, answer.call_to_action) if t]


def _script(
    answer: Written, beats: tuple[PlannedBeat, ...], claims: Sequence[CheckedClaim], *, kind: Any
) -> Script:
    notes = [f"Difficulty: {answer.difficulty_why}", "Hook variants, to be tested:"]
    notes += [f"{n}. {_hook_line(hook)}" for n, hook in enumerate(answer.hooks, 1)]
    return Script(
        answer.title,
        beats,
        kind=kind,
        logline=answer.logline,
        call_to_action=answer.call_to_action,
        audience=answer.audience,
        difficulty=answer.difficulty,
        language=answer.language,
        claims=tuple(_claim(c) for c in claims),
        notes="\n".join(notes),
    )


def _claim(claim: CheckedClaim) -> ScriptClaim:
    """A claim supported by a fact is cleared, since a person wrote the fact; others wait."""
    if claim.held == "founded":
        return ScriptClaim(
            claim.text, is_cleared=True, note=f"a fact of the product, {claim.reason}"
        )
    return ScriptClaim(claim.text, note=f"{claim.held}: {claim.reason}")


def _hook_line(hook: HookVariant) -> str:
    parts = [f'"{hook.spoken}"' if hook.spoken else "", hook.overlay or "", hook.visual]
    text = " / ".join(s for s in parts if s)
    return f"{hook.type.replace('_', ' ')}: {text} (tests {hook.tests})"


def _hooks(answer: Written) -> list[dict[str, Any]]:
    return [hook.model_dump(mode="json") for hook in answer.hooks]


def _adapted_beat(
    number: int, beat: AdaptedBeat, spans: Sequence[tuple[float, float]], *, unit: str
) -> PlannedBeat:
    n = beat.source_beat
    start = spans[n - 1][0] if n is not None and n <= len(spans) else None
    origin = f"{beat.change} after {unit} {n} of the source" if n else "new, without a source"
    return _beat(number, beat, source_start_s=start, notes=f"{origin}: {beat.why}")


def _beat(
    number: int, beat: ScriptBeat, *, source_start_s: float | None = None, notes: str = ""
) -> PlannedBeat:
    return PlannedBeat(
        f"b{number}",
        beat.kind,
        duration_s=beat.duration_s,
        speaker=_VOICES[beat.voice] if beat.spoken else "",
        spoken=beat.spoken or "",
        visual=beat.visual,
        overlay=beat.overlay or "",
        audio=beat.sound or "",
        shot_size=beat.shot_size.replace("_", " "),
        shot_angle=beat.shot_angle.replace("_", " "),
        shot_movement=beat.shot_movement.replace("_", " "),
        location=beat.location,
        props=tuple(beat.props),
        talent=tuple(beat.talent),
        transition=beat.transition or "",
        source_start_s=source_start_s,
        notes=notes or beat.why,
    )


def _spans(source: Mapping[str, Any]) -> list[tuple[float, float]]:
    return [_span(b) for b in source.get("beats") or []]


def _span(beat: Mapping[str, Any]) -> tuple[float, float]:
    start, end = float(beat.get("start_s") or 0), float(beat.get("end_s") or 0)
    return start, max(start, end)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:['’\-][^\W_]+)*")
RUN_WORDS = 5  # "this is what the" is the language, with one word more it is somebody's
LINE_WORDS = 2  # a line that is the same from end to end needs fewer
COPIED_MAX = 0.2  # share of words in such runs from which a script counts as copied
LONGEST_MAX = 6


@dataclass(frozen=True, slots=True)
class Distance:
    """Ratios 0 to 1, None = cannot be told (no beats in the source, no words in the script).

    `structure_ratio`: share of the source's time (of pictures: of their number) whose beats the
    script follows; `order_ratio`: of those beats, how many come in the source's order;
    `pace_ratio`: length of the script / of the source; `copied_ratio`: share of the script's words
    inside runs taken from the source; `longest_run` in words; `copied`: those runs.
    """

    structure_ratio: float | None
    order_ratio: float | None
    pace_ratio: float | None
    copied_ratio: float | None
    longest_run: int
    copied: tuple[str, ...]

    @property
    def is_copied(self) -> bool:
        """Whether wording was copied: too much of it, or one run too long."""
        return (self.copied_ratio or 0) > COPIED_MAX or self.longest_run > LONGEST_MAX


def structure(
    spans: Sequence[tuple[float, float]],
    source_beats: Sequence[int | None],
    *,
    length_s: float,
) -> tuple[float | None, float | None, float | None]:
    """structure_ratio, order_ratio, pace_ratio.

    `spans`: start and end of the source's beats, s; `source_beats`: of each beat of the script the
    number (from 1) of the one it follows, None = new; `length_s` of the script. Numbers that are
    not there count as new.
    """
    numbers = [n for n in source_beats if n is not None and 1 <= n <= len(spans)]
    total = sum(end - start for start, end in spans)
    if not spans or total <= 0:
        return None, None, None
    cover_s = sum(spans[n - 1][1] - spans[n - 1][0] for n in set(numbers))
    order = _longest_rising(numbers) / len(numbers) if numbers else None
    return cover_s / total, order, length_s / total


def order_of_pictures(
    pictures: Sequence[int], source_numbers: Sequence[int | None]
) -> tuple[float | None, float | None, None]:
    """structure_ratio and order_ratio of a script after a post of pictures: each picture counts the
    same.

    `pictures`: numbers of the pictures that the post has and the analysis describes;
    `source_numbers`: of each beat the picture it follows, None = new. pace_ratio is None: pictures
    have no length.
    """
    place = {number: n for n, number in enumerate(sorted(set(pictures)), 1)}
    spans = [(float(n), n + 1.0) for n in range(len(place))]
    ratio, order, _ = structure(spans, [place.get(f or 0) for f in source_numbers], length_s=0.0)
    return ratio, order, None


def wording(
    lines: Sequence[str], source: Sequence[str]
) -> tuple[float | None, int, tuple[str, ...]]:
    """copied_ratio, longest_run and the runs, from lines of the script and of the source.

    A run is RUN_WORDS words or more in the source's order within a line, or a whole line of
    LINE_WORDS or more. Letters and words are compared without case and signs; Chinese, Japanese and
    Korean signs count as words.
    """
    theirs = [_tokens(line) for line in source]
    n_words, n_copied, longest, runs = 0, 0, 0, []
    for line in lines:
        mine = _tokens(line)
        n_words += len(mine)
        for start, end in _copied_runs(mine, theirs):
            n_copied += end - start
            longest = max(longest, end - start)
            runs.append(" ".join(mine[start:end]))
    return (n_copied / n_words if n_words else None), longest, tuple(dict.fromkeys(runs))


def _copied_runs(mine: list[str], theirs: list[list[str]]) -> list[tuple[int, int]]:
    """Runs of `mine` that occur in one of `theirs`, from the left, the longest first."""
    runs, at = [], 0
    while at < len(mine):
        length = max((_match(mine, at, other) for other in theirs), default=0)
        is_line = at == 0 and length == len(mine) >= LINE_WORDS
        if length >= RUN_WORDS or is_line:
            runs.append((at, at + length))
            at += length
        else:
            at += 1
    return runs


def _match(mine: list[str], at: int, other: list[str]) -> int:
    best = 0
    for start, word in enumerate(other):
        if word != mine[at]:
            continue
        length = 0
        while (
            at + length < len(mine)
            and start + length < len(other)
            and mine[at + length] == other[start + length]
        ):
            length += 1
        best = max(best, length)
    return best


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.casefold())


def _longest_rising(numbers: Sequence[int]) -> int:
    """Length of the longest part that does not fall (patience sorting)."""
    tops: list[float] = []
    for number in numbers:
        place = bisect_left(tops, number + 0.5)
        tops[place : place + 1] = [number]
    return len(tops)
