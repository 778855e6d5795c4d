"""A first draft from what is known of a video: its analysis, else its measures, else its caption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vtlib.scripts.script import Beat, Script

_HOOK_S = 3.0  # the window in which viewers stay or leave, when nobody said where the hook ends
_SHOTS_MAX = 40


def from_analysis(answer: Mapping[str, Any], title: str, *, post: Mapping[str, Any]) -> Script:
    """A draft on the beats of an analysed video (the answer of stages/analysis): what was seen, said, written.

    Kinds are read off the spans of hook and call to action; the words are the original's, to be rewritten.
    Missing parts are left empty.
    """
    hook = answer.get("hook") or {}
    call = answer.get("call_to_action") or {}
    hook_end = float((hook.get("span") or {}).get("end_s") or _HOOK_S)
    call_at = float((call.get("span") or {}).get("start_s") or float("inf"))
    beats = [
        _analysed(n, beat, _kind(n, beat, hook_end, call_at))
        for n, beat in enumerate(answer.get("beats") or [], 1)
    ]
    narrative = answer.get("narrative") or {}
    types = sorted(hook.get("types") or [], key=lambda t: -float(t.get("probability") or 0))
    patterns = [str(t["type"]) for t in types[:3]] + [str(narrative.get("structure") or "")]
    return Script(
        title,
        tuple(beats),
        kind="adaptation",
        logline=str(narrative.get("summary") or ""),
        call_to_action=str(call.get("text") or ""),
        language=str(answer.get("language") or ""),
        source_patterns=tuple(patterns),
        references=_references(post),
    )


def from_measures(
    measures: Mapping[str, Any] | None, title: str, *, post: Mapping[str, Any]
) -> Script:
    """A draft on the shots that were measured, with the words read on screen; without measures one beat.

    `measures` has shots (start_s, end_s) and maybe text.items; `post` url, caption, duration_s, language.
    The caption goes into the notes: it is a stranger's text, not a line to speak.
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


def _analysed(number: int, beat: Mapping[str, Any], kind: str) -> Beat:
    start, end = float(beat.get("start_s") or 0), float(beat.get("end_s") or 0)
    return Beat(
        f"b{number}",
        kind,
        duration_s=max(end - start, 0) or None,
        spoken=str(beat.get("speech") or ""),
        visual=str(beat.get("action") or ""),
        overlay=str(beat.get("overlay") or ""),
        audio=str(beat.get("sound") or ""),
        shot_size=str(beat.get("shot") or "").replace("_", " "),
        source_start_s=start,
    )


def _kind(number: int, beat: Mapping[str, Any], hook_end: float, call_at: float) -> str:
    start, end = float(beat.get("start_s") or 0), float(beat.get("end_s") or 0)
    middle = (start + end) / 2
    if middle >= call_at:
        return "cta"
    return "hook" if number == 1 or middle < hook_end else "beat"


def _measured(number: int, shot: Mapping[str, Any], texts: Sequence[Mapping[str, Any]]) -> Beat:
    start, end = float(shot.get("start_s") or 0), shot.get("end_s")
    seen = [
        str(t.get("text") or "")
        for t in texts
        if start <= float(t.get("start_s") or 0) < (float(end) if end else float("inf"))
    ]
    return Beat(
        f"b{number}",
        "hook" if start < _HOOK_S else "beat",
        duration_s=max(float(end) - start, 0) or None if end else None,
        overlay="\n".join(dict.fromkeys(s for s in seen if s)),
        source_start_s=start,
    )


def _references(post: Mapping[str, Any]) -> tuple[str, ...]:
    return (str(post["url"]),) if post.get("url") else ()
