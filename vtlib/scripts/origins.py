"""A first draft from what is known of a video: its analysis, else its measures, else its
caption.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vtlib.scripts.effort import difficulty
from vtlib.scripts.script import PlannedBeat, Script

_HOOK_S = 3.0  # the window in which viewers stay or leave, when nobody said where the hook ends
_SHOTS_MAX = 40
_LIKELY = 0.5  # as in performance/patterns/analysed.py, whose import takes a second; a test holds them together  # noqa: E501
ON_CAMERA = "speaker on camera"
_MOMENTS = {"reveal": "reveal", "climax": "climax", "transition": "transition"}


def from_analysis(answer: Mapping[str, Any], title: str, *, post: Mapping[str, Any]) -> Script:
    """A draft on the beats of an analysed video (the answer of analysis): what was seen, said,
    written.

    Kinds are read off the spans of hook, key moments and call to action; words are the original's,
    to be rewritten. Patterns carry the names of the library's features, so that a forecast knows
    them. Difficulty is `effort.difficulty`'s rule of thumb. What an analysis does not say (places,
    props) stays empty, and the notes say so.
    """
    hook, call = (answer.get(n) or {} for n in ("hook", "call_to_action"))
    whole = answer.get("beats") or []
    beats = tuple(_analysed(n, beat, answer) for n, beat in enumerate(whole, 1))
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
    """What a writer should know of the original, a line each; nothing that the answer does not
    say.
    """
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
    seen = [
        str(t.get("text") or "")
        for t in texts
        if start <= float(t.get("start_s") or 0) < (float(end) if end else float("inf"))
    ]
    return PlannedBeat(
        f"b{number}",
        "hook" if start < _HOOK_S else "beat",
        duration_s=max(float(end) - start, 0) or None if end else None,
        overlay="\n".join(dict.fromkeys(s for s in seen if s)),
        source_start_s=start,
    )


def _references(post: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(post["url"]),) if post.get("url") else ()
