"""First drafts: from a template, a pattern of the library, an analysis, measures or a caption."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vtlib.core.errors import BadInput, nearest
from vtlib.scripts.script import Difficulty, PlannedBeat, Script, needs
from vtlib.scripts.timing import duration_s

_HOOK_S = 3.0  # the window in which viewers stay or leave, when nobody said where the hook ends
_SHOTS_MAX = 40
_LIKELY = 0.5  # as in performance/patterns/analysed.py, whose import takes a second; a test holds them together  # noqa: E501
ON_CAMERA = "speaker on camera"
_MOMENTS = {"reveal": "reveal", "climax": "climax", "transition": "transition"}
# Ours, not measured: a phone, one place and a handful of set-ups is an hour; more places or people
# make it a day.
_EASY = {"beats": 6, "places": 1, "people": 1, "props": 3}
_MEDIUM = {"beats": 15, "places": 3, "people": 3, "props": 8}
TEMPLATE = "problem-solution"
_LENGTHS_S = {"length_under_15s": 13.0, "length_15_to_30s": 25.0, "length_60s": 62.0}
# What is in the opening belongs to the hook; the rest concerns the video as a whole or its caption.
_OPENING = re.compile(r"^(hook_|sees_)|_(1|2|3)s(_|$)")
# (kind, seconds, what the beat is for); the note is a question to its writer, not text of the
# video.
_TEMPLATES: dict[str, tuple[tuple[str, float, str], ...]] = {
    "problem-solution": (
        ("hook", 3, "Which moment of the problem does the viewer know at once?"),
        ("problem", 5, "What does it cost them, shown and not told?"),
        ("reveal", 4, "How does the product come in?"),
        ("demo", 8, "What is seen working, in one take?"),
        ("proof", 5, "Whose word or which number backs it?"),
        ("cta", 3, "What shall they do now?"),
    ),
    "result-first": (
        ("hook", 2, "The finished result, before anything else."),
        ("setup", 4, "Where did it start?"),
        ("story", 10, "Which three steps led there?"),
        ("climax", 4, "The result again, closer."),
        ("cta", 3, "What shall they do now?"),
    ),
    "storytime": (
        ("hook", 3, "Which sentence cannot be left unanswered?"),
        ("setup", 6, "Who, where, when, in one breath."),
        ("story", 15, "What went wrong?"),
        ("climax", 6, "How does it turn?"),
        ("benefit", 5, "What does the viewer take from it?"),
        ("cta", 3, "What shall they do now?"),
    ),
    "list-of-three": (
        ("hook", 3, "What are the three, and why is the last one surprising?"),
        ("beat", 6, "One."),
        ("beat", 6, "Two."),
        ("beat", 7, "Three, the surprising one."),
        ("cta", 3, "What shall they do now?"),
    ),
}
TEMPLATES = tuple(_TEMPLATES)


def from_analysis(answer: Mapping[str, Any], title: str, *, post: Mapping[str, Any]) -> Script:
    """A draft on the beats of an analysed video (the answer of analysis): what was seen, said,
    written.

    Kinds are read off the spans of hook, key moments and call to action; words are the original's,
    to be rewritten. Patterns carry the names of the library's features, so that a forecast knows
    them. Difficulty is `effort.difficulty`'s rule of thumb. What an analysis does not say (places,
    props) stays empty, and the notes say so.
    """
    hook, call = (answer.get(n) or {} for n in ("hook", "call_to_action"))
    answer_beats = answer.get("beats") or []
    beats = tuple(_analysed(n, beat, answer) for n, beat in enumerate(answer_beats, 1))
    narrative = answer.get("narrative") or {}
    script = Script(
        title,
        beats,
        kind="adaptation",
        logline=str(narrative.get("summary") or ""),
        call_to_action=str(call.get("text") or ""),
        language=str(answer.get("language") or ""),
        source_patterns=_patterns(hook),
        references=_references(post),
    )
    hard, why = difficulty(script)
    return replace(script, difficulty=hard, notes="\n".join(_told(answer, why)))


def from_measures(
    measures: Mapping[str, Any] | None, title: str, *, post: Mapping[str, Any]
) -> Script:
    """A draft on the shots that were measured, with the words read on screen; without measures one
    beat.

    `measures` has shots (start_s, end_s) and maybe text.items; `post` url, caption, duration_s,
    language. The caption goes into the notes: it is a stranger's text, not a line to speak.
    """
    shots = list((measures or {}).get("shots") or [])[:_SHOTS_MAX]
    length = (measures or {}).get("duration_s") or post.get("duration_s")
    if not shots:
        shots = [{"start_s": 0.0, "end_s": length}] if length else [{"start_s": 0.0, "end_s": None}]
    texts = ((measures or {}).get("text") or {}).get("items") or []
    beats = tuple(_measured(n, shot, texts) for n, shot in enumerate(shots, 1))
    caption = str(post.get("caption") or "")
    return Script(
        title,
        beats,
        kind="adaptation",
        language=str(post.get("language") or ""),
        references=_references(post),
        notes=f"Caption of the original: {caption}" if caption else "",
    )


def _analysed(number: int, beat: Mapping[str, Any], answer: Mapping[str, Any]) -> PlannedBeat:
    start, end = float(beat.get("start_s") or 0), float(beat.get("end_s") or 0)
    lines = _inside(answer.get("transcript"), start, end)
    speakers = {str(x.get("speaker")) for x in lines} - {"overlay"}
    return PlannedBeat(
        f"b{number}",
        _kind(number, (start + end) / 2, answer),
        duration_s=max(end - start, 0) or None,
        speaker=speakers.pop() if len(speakers) == 1 else "",
        spoken=_said(beat.get("speech"), lines),
        visual=str(beat.get("action") or ""),
        overlay=_said(beat.get("overlay"), _inside(answer.get("overlays"), start, end)),
        audio=str(beat.get("sound") or ""),
        shot_size=str(beat.get("shot") or "").replace("_", " "),
        talent=(ON_CAMERA,) if any(x.get("speaker") == "character" for x in lines) else (),
        source_start_s=start,
    )


def _inside(lines: Any, start: float, end: float) -> list[Mapping[str, Any]]:
    """The lines whose middle lies in a beat."""
    middles = [
        (x, (float(x.get("start_s") or 0) + float(x.get("end_s") or 0)) / 2) for x in lines or ()
    ]
    return [x for x, middle in middles if start <= middle < end]


def _said(own: Any, lines: Sequence[Mapping[str, Any]]) -> str:
    """The beat's own words, else those of the whole video's list at its time."""
    return str(own or "") or "\n".join(str(x.get("text") or "") for x in lines)


def _kind(number: int, middle_s: float, answer: Mapping[str, Any]) -> str:
    hook, call = (answer.get(n) or {} for n in ("hook", "call_to_action"))
    hook_end = float((hook.get("span") or {}).get("end_s") or _HOOK_S)
    if middle_s >= float((call.get("span") or {}).get("start_s") or float("inf")):
        return "cta"
    if number == 1 or middle_s < hook_end:
        return "hook"
    for moment in answer.get("key_moments") or ():
        span, kind = moment.get("span") or {}, _MOMENTS.get(str(moment.get("kind")))
        if kind and float(span.get("start_s") or 0) <= middle_s < float(span.get("end_s") or 0):
            return kind
    return "beat"


def _patterns(hook: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the features that the library makes of such an answer
    (performance/patterns/analysed.py).
    """
    types = sorted(hook.get("types") or [], key=lambda t: -float(t.get("probability") or 0))
    likely = [f"hook_{t['type']}" for t in types if float(t.get("probability") or 0) >= _LIKELY]
    return (*likely, *(f"sees_{c['kind']}" for c in hook.get("catalysts") or () if c.get("kind")))


def _told(answer: Mapping[str, Any], why: str) -> list[str]:
    """Notes on the original for the writer, one a line, only what the answer says."""
    narrative, sound = (answer.get(n) or {} for n in ("narrative", "sound"))
    music = "; ".join(str(t) for t in (sound.get("music"), sound.get("role")) if t)
    lists = {
        "It may have worked because": [c.get("text") for c in answer.get("explanation") or ()],
        "Beware": [
            f"{r.get('kind')} ({r.get('severity')}): {r.get('why')}"
            for r in answer.get("risks") or ()
        ],
        "Ideas": [i.get("idea") for i in answer.get("ideas") or ()],
    }
    facts = {"Structure of the original": narrative.get("structure"), "Sound": music}
    return [
        *(f"{label}: {text}" for label, text in facts.items() if text),
        *(f"{label}: {text}" for label, texts in lists.items() for text in texts if text),
        why,
        "The analysis names no places and props: decide them before the shoot.",
    ]


def _measured(
    number: int, shot: Mapping[str, Any], texts: Sequence[Mapping[str, Any]]
) -> PlannedBeat:
    start, end = float(shot.get("start_s") or 0), shot.get("end_s")
    overlays = [
        str(t.get("text") or "")
        for t in texts
        if start <= float(t.get("start_s") or 0) < (float(end) if end else float("inf"))
    ]
    return PlannedBeat(
        f"b{number}",
        "hook" if start < _HOOK_S else "beat",
        duration_s=max(float(end) - start, 0) or None if end else None,
        overlay="\n".join(dict.fromkeys(s for s in overlays if s)),
        source_start_s=start,
    )


def _references(post: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(post["url"]),) if post.get("url") else ()


def difficulty(script: Script) -> tuple[Difficulty | None, str]:
    """(easy, medium, hard, or None without beats; the counts it is read off, as a sentence).

    Not more than 6 beats, 1 place, 1 person and 3 props is easy; not more than 15, 3, 3 and 8
    medium.
    """
    if not script.beats:
        return None, "Difficulty cannot be judged without beats."
    needed_assets = needs(script)
    counts = {
        "beats": len(script.beats),
        "places": len(needed_assets["locations"]),
        "people": len(needed_assets["talent"]),
        "props": len(needed_assets["props"]),
    }
    level: Difficulty = "hard"
    if all(counts[n] <= most for n, most in _EASY.items()):
        level = "easy"
    elif all(counts[n] <= most for n, most in _MEDIUM.items()):
        level = "medium"
    sentence = ", ".join(f"{n} {name}" for name, n in counts.items())
    return level, f"Difficulty {level} is a rule of thumb over {sentence}."


def from_pattern(
    pattern: Mapping[str, Any], title: str, *, template: str = "", examples: Sequence[str] = ()
) -> Script:
    """A draft that has the pattern, with its effect, interval and n in the notes.

    `pattern`: a row of `patterns` (pattern, definition, parts, kind, ratio, ratio_low, ratio_high,
    q_value, claim, n_with, n_without, accounts_with, replicates, trend, note). `examples`:
    addresses of posts that show it. Beats are the template's, stretched where the pattern is a
    length; patterns of the opening stand at the hook.
    """
    name, parts = str(pattern["pattern"]), [str(p) for p in _some(pattern.get("parts"))]
    names = parts or [name]
    script = from_template(template or TEMPLATE, title)
    beats = tuple(_with_evidence(b, pattern) if _is_hook(b, names) else b for b in script.beats)
    length = next((_LENGTHS_S[n] for n in names if n in _LENGTHS_S), None)
    draft = replace(script, beats=beats if length is None else _stretched(beats, length))
    return replace(
        draft,
        logline=str(pattern.get("definition") or name),
        source_patterns=tuple(names),
        references=tuple(examples),
        notes=evidence(pattern),
    )


def evidence(pattern: Mapping[str, Any]) -> str:
    """A pattern's evidence: ratio of views, 80 % interval, n, accounts, q, and caveats."""
    claim = pattern.get("claim") or "nothing can be claimed yet"
    ratio, low, high, q = (
        _number(pattern.get(n)) for n in ("ratio", "ratio_low", "ratio_high", "q_value")
    )
    n_with, accounts, n_without = (
        _count(pattern.get(n)) for n in ("n_with", "accounts_with", "n_without")
    )
    kept_in_mind = [str(pattern[n]) for n in ("replicates", "trend", "note") if pattern.get(n)]
    lines = [
        f"Pattern {pattern['pattern']}: {pattern.get('definition') or 'no definition'}",
        f"Views x{ratio} of the account's own level, 80 % interval x{low} to x{high}; {claim}.",
        f"n = {n_with} posts with it of {accounts} accounts, {n_without} without; q = {q}.",
        f"Known from: {pattern.get('kind') or 'unknown'}. {'; '.join(kept_in_mind)}",
        "An association in what was captured, not a promise.",
    ]
    return "\n".join(lines)


def _is_hook(beat: PlannedBeat, names: Sequence[str]) -> bool:
    return beat.kind == "hook" and any(_OPENING.search(n) for n in names)


def _with_evidence(beat: PlannedBeat, pattern: Mapping[str, Any]) -> PlannedBeat:
    return replace(beat, notes=f"{beat.notes}\nHere: {pattern.get('definition')}".strip())


def _stretched(beats: Sequence[PlannedBeat], length_s: float) -> tuple[PlannedBeat, ...]:
    share = length_s / duration_s(Script("x", tuple(beats)))
    return tuple(replace(b, duration_s=round((b.duration_s or 0) * share, 1)) for b in beats)


def _some(value: Any) -> Sequence[Any]:
    return value if value is not None else ()


def _number(value: Any) -> str:
    return "unknown" if value is None or value != value else f"{value:.2g}"  # noqa: PLR0124 - NaN


def _count(value: Any) -> str:
    return "unknown" if value is None or value != value else f"{int(value):,}"  # noqa: PLR0124 - NaN


def from_template(name: str, title: str) -> Script:
    """An empty script on a template's beats. Raises BadInput for an unknown one, with the
    nearest.
    """
    if name not in _TEMPLATES:
        near = nearest(name, list(TEMPLATES))
        todo = f"Did you mean {near}?" if near else f"There are: {', '.join(TEMPLATES)}."
        raise BadInput(f"there is no script template {name}.", todo=todo)
    beats = tuple(
        PlannedBeat(f"b{n}", kind, duration_s=seconds, notes=note)
        for n, (kind, seconds, note) in enumerate(_TEMPLATES[name], 1)
    )
    return Script(title, beats)
