"""The script: beats in order and facts. One object for every document."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from vtlib.core.errors import BadInput, nearest
from vtlib.scripts.text import clean, clean_line, clean_list, slug_of

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Kind = Literal["adaptation", "original", "revision", "iteration"]
Difficulty = Literal["easy", "medium", "hard"]
KINDS: tuple[str, ...] = get_args(Kind)
DIFFICULTIES: tuple[str, ...] = get_args(Difficulty)
BEAT_KINDS = (
    *("hook", "setup", "problem", "reveal", "demo", "proof", "benefit", "story", "transition"),
    *("climax", "offer", "cta", "outro", "beat"),
)
BEATS_MAX = 500
LONG_TEXTS = ("spoken", "visual", "overlay", "audio", "notes")


_CLOSED = {"extra": "forbid"}  # pydantic.ConfigDict


@dataclass(frozen=True, slots=True)
class PlannedBeat:
    """One stretch of the video: what is said, seen, written and heard, and what it needs.

    `beat_id` stays the same over versions; `duration_s` in s, None = not decided; `source_start_s`
    is where the stretch begins in the video it is modelled on; `transition` leads into the next
    beat.
    """

    __pydantic_config__ = _CLOSED

    beat_id: str
    kind: str = "beat"
    name: str = ""
    duration_s: float | None = None
    speaker: str = ""
    spoken: str = ""
    visual: str = ""
    overlay: str = ""
    audio: str = ""
    shot_size: str = ""
    shot_angle: str = ""
    shot_movement: str = ""
    lens: str = ""
    location: str = ""
    props: tuple[str, ...] = ()
    talent: tuple[str, ...] = ()
    transition: str = ""
    source_start_s: float | None = None
    notes: str = ""

    def __post_init__(self) -> None:
        for name in _TEXTS:
            text = (clean if name in LONG_TEXTS else clean_line)(getattr(self, name))
            object.__setattr__(self, name, text)
        object.__setattr__(self, "name", self.name.replace("{", "(").replace("}", ")"))
        object.__setattr__(self, "beat_id", slug_of(self.beat_id, otherwise="beat"))
        object.__setattr__(self, "kind", slug_of(self.kind, otherwise="beat"))
        object.__setattr__(self, "props", clean_list(self.props))
        object.__setattr__(self, "talent", clean_list(self.talent))
        for name in ("duration_s", "source_start_s"):
            object.__setattr__(self, name, _seconds(getattr(self, name), name))


@dataclass(frozen=True, slots=True)
class ScriptClaim:
    """A statement that somebody has to clear before it is published; `note` says who did and
    why.
    """

    __pydantic_config__ = _CLOSED

    text: str
    is_cleared: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", clean_line(self.text))
        object.__setattr__(self, "note", clean_line(self.note))


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script. `props`, `locations` and `talent` are what no single beat names; see `needs`.

    `language` is a BCP 47 tag (`ar` is set from right to left); `prediction` is what is expected of
    it.
    """

    __pydantic_config__ = _CLOSED

    title: str
    beats: tuple[PlannedBeat, ...] = ()
    kind: Kind = "original"
    logline: str = ""
    call_to_action: str = ""
    audience: str = ""
    difficulty: Difficulty | None = None
    language: str = ""
    claims: tuple[ScriptClaim, ...] = ()
    source_patterns: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    props: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    talent: tuple[str, ...] = ()
    prediction: dict[str, Any] | None = field(default=None)
    notes: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "audience", "call_to_action", "language"):
            object.__setattr__(self, name, clean_line(getattr(self, name)))
        for name in ("logline", "notes"):
            object.__setattr__(self, name, clean(getattr(self, name)))
        for name in ("source_patterns", "references", "props", "locations", "talent"):
            object.__setattr__(self, name, clean_list(getattr(self, name)))
        if not self.title:
            raise BadInput("a script needs a title.", field="title")
        if len(self.beats) > BEATS_MAX:
            raise BadInput(f"a script has at most {BEATS_MAX} beats, this one {len(self.beats)}.")
        object.__setattr__(self, "beats", _with_own_ids(self.beats))


def parse(data: Mapping[str, Any]) -> Script:
    """A script from foreign JSON. Raises BadInput naming the field, and the nearest right name."""
    from pydantic import ValidationError  # noqa: PLC0415 - as in _adapter

    try:
        return _adapter().validate_python(dict(data))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"])
        todo = ""
        if first["type"] == "unexpected_keyword_argument":
            model = PlannedBeat if "beats" in first["loc"] else Script
            near = nearest(str(first["loc"][-1]), [f.name for f in fields(model)])
            todo = f"Did you mean {near}?" if near else ""
        raise BadInput(first["msg"], field=place, todo=todo) from None


def plain(script: Script) -> dict[str, Any]:
    """A script as JSON-able values, with every field."""
    return asdict(script)


def fingerprint(script: Script) -> str:
    """Ten hex digits that change whenever anything of the script does."""
    text = json.dumps(plain(script), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def needs(script: Script) -> dict[str, tuple[str, ...]]:
    """Props, locations and talent of a script: its own, then those of its beats."""
    beats = script.beats
    return {
        "props": _union(script.props, *(b.props for b in beats)),
        "locations": _union(script.locations, *((b.location,) for b in beats)),
        "talent": _union(script.talent, *(b.talent for b in beats)),
    }


def call_to_action(script: Script) -> str:
    """What the viewer is asked to do: the script's own words, else those of its first `cta`
    beat.
    """
    lines = (b.spoken or b.overlay for b in script.beats if b.kind == "cta")
    return script.call_to_action or next((s for s in lines if s), "")


def _union(*lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names if name))


def _with_own_ids(beats: tuple[PlannedBeat, ...]) -> tuple[PlannedBeat, ...]:
    """The same beats; an id that came before is replaced by the next free b<number>."""
    used_ids: set[str] = set()
    all_ids = {b.beat_id for b in beats}
    free = (f"b{n}" for n in range(1, 2 * BEATS_MAX + 1) if f"b{n}" not in all_ids)
    out = []
    for beat in beats:
        own = beat if beat.beat_id not in used_ids else replace(beat, beat_id=next(free))
        used_ids.add(own.beat_id)
        out.append(own)
    return tuple(out)


def _seconds(value: Any, name: str) -> float | None:
    if value is None:
        return None
    seconds = float(value)
    if not math.isfinite(seconds) or not 0 <= seconds <= 36_000:
        raise BadInput(f"{value} is no time in seconds from 0 to 36000.", field=name)
    return round(seconds, 3)


@cache
def _adapter() -> TypeAdapter[Script]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - help and lists read no foreign JSON

    return TypeAdapter(Script)


_TEXTS = tuple(
    f.name for f in fields(PlannedBeat) if f.type == "str" and f.name not in ("beat_id", "kind")
)
