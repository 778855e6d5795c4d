"""From a model's answer to a script object, with what was found out about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from vtlib.adaptation import claims as claiming
from vtlib.adaptation import distance as measuring
from vtlib.adaptation.answer import (
    AdaptedBeat,
    AdaptedScript,
    HookVariant,
    OriginalScript,
    ScriptBeat,
    Written,
)
from vtlib.adaptation.claims import CheckedClaim, without_grounds
from vtlib.adaptation.distance import Distance
from vtlib.adaptation.source import described_pictures, product_facts, shows_pictures, wording
from vtlib.scripts.script import PlannedBeat, Script, ScriptClaim
from vtlib.scripts.timing import duration_s

_VOICES = {"on_camera": "On camera", "voice_over": "Voice-over", "nobody": ""}


@dataclass(frozen=True, slots=True)
class Made:
    """A script, the map from its source, its hooks, its claims as checked, its distance (None:
    no source).
    """

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


def adapted(
    answer: AdaptedScript,
    product: Mapping[str, Any],
    *,
    source: Mapping[str, Any],
    post: Mapping[str, Any],
) -> Made:
    """A script on the pattern of a video; `source` is the video's analysis, `post` has url and
    caption.

    Of a post of pictures (`post` has task pictures) beats follow pictures: they have no time in the
    source.
    """
    is_film = not shows_pictures(post)
    spans = _spans(source) if is_film else []
    unit = "beat" if is_film else "picture"
    beats = tuple(_adapted(n, b, spans, unit=unit) for n, b in enumerate(answer.beats, 1))
    types = [t["type"] for t in (source.get("hook") or {}).get("types") or []]
    structure = (source.get("narrative") or {}).get("structure")
    checked = _checked(answer, product, answer.beats)
    script = _script(answer, beats, checked, kind="adaptation")
    script = replace(
        script,
        source_patterns=(*types, *([str(structure)] if structure else [])),
        references=(str(post["url"]),) if post.get("url") else (),
    )
    followed = [b.source_beat for b in answer.beats]
    of_structure = (
        measuring.structure(spans, followed, length_s=duration_s(script))
        if is_film
        else measuring.order_of_pictures(_pictures(source, post), followed)
    )
    of_wording = measuring.wording(
        _lines(answer, answer.beats), wording(source, _text(post.get("caption")))
    )
    beat_map = [
        {"beat_id": f"b{n}", "source_beat": b.source_beat, "change": b.change, "why": b.why}
        for n, b in enumerate(answer.beats, 1)
    ]
    beat_map += [
        {"beat_id": None, "source_beat": left.source_beat, "change": "dropped", "why": left.why}
        for left in answer.left_out
    ]
    return Made(script, beat_map, _hooks(answer), checked, Distance(*of_structure, *of_wording))


def _pictures(source: Mapping[str, Any], post: Mapping[str, Any]) -> list[int]:
    """Numbers of the pictures that the post has; the check refuted the others."""
    there = described_pictures(source, post.get("unsupported") or ())["pictures"]
    return [int(p["number"]) for p in there]


def original(answer: OriginalScript, product: Mapping[str, Any]) -> Made:
    """A script from a product's facts and patterns alone."""
    beats = tuple(_beat(n, b) for n, b in enumerate(answer.beats, 1))
    checked = _checked(answer, product, answer.beats)
    script = _script(answer, beats, checked, kind="original")
    script = replace(script, source_patterns=tuple(p.pattern for p in answer.patterns))
    beat_map = [
        {"beat_id": f"b{n}", "source_beat": None, "change": "new", "why": b.why}
        for n, b in enumerate(answer.beats, 1)
    ]
    return Made(script, beat_map, _hooks(answer), checked, None)


def _checked(
    answer: Written, product: Mapping[str, Any], beats: Sequence[ScriptBeat]
) -> tuple[CheckedClaim, ...]:
    facts = {k: str(v) for k, v in product_facts(product)["facts"].items()}
    own = str(product.get("name") or "")
    return claiming.check(answer.claims, facts, lines=_lines(answer, beats), own_words=own)


def _lines(answer: Written, beats: Sequence[ScriptBeat]) -> list[str]:
    """Every line that viewers hear or read."""
    said = [t for b in beats for t in (b.spoken, b.overlay)]
    said += [t for h in answer.hooks for t in (h.spoken, h.overlay)]
    return [t for t in (*said, answer.call_to_action) if t]


def _script(
    answer: Written, beats: tuple[PlannedBeat, ...], checked: Sequence[CheckedClaim], *, kind: Any
) -> Script:
    notes = [f"Difficulty: {answer.difficulty_why}", "Hook variants, to be tested:"]
    notes += [f"{n}. {_spelled(hook)}" for n, hook in enumerate(answer.hooks, 1)]
    return Script(
        answer.title,
        beats,
        kind=kind,
        logline=answer.logline,
        call_to_action=answer.call_to_action,
        audience=answer.audience,
        difficulty=answer.difficulty,
        language=answer.language,
        claims=tuple(_claim(c) for c in checked),
        notes="\n".join(notes),
    )


def _claim(checked: CheckedClaim) -> ScriptClaim:
    """What a fact bears out is cleared by that fact, which a person wrote; all else waits for a
    person.
    """
    if checked.held == "founded":
        return ScriptClaim(
            checked.text, is_cleared=True, note=f"a fact of the product, {checked.reason}"
        )
    return ScriptClaim(checked.text, note=f"{checked.held}: {checked.reason}")


def _spelled(hook: HookVariant) -> str:
    said = [f'"{hook.spoken}"' if hook.spoken else "", hook.overlay or "", hook.visual]
    shown = " / ".join(s for s in said if s)
    return f"{hook.type.replace('_', ' ')}: {shown} (tests {hook.tests})"


def _hooks(answer: Written) -> list[dict[str, Any]]:
    return [hook.model_dump(mode="json") for hook in answer.hooks]


def _adapted(
    number: int, beat: AdaptedBeat, spans: Sequence[tuple[float, float]], *, unit: str
) -> PlannedBeat:
    n = beat.source_beat
    start = spans[n - 1][0] if n is not None and n <= len(spans) else None
    said = f"{beat.change} after {unit} {n} of the source" if n else "new, without a source"
    return _beat(number, beat, source_start_s=start, notes=f"{said}: {beat.why}")


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
