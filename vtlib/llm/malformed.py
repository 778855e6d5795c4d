"""From a model's text to a validated value: the repair ladder. Nothing is sent or guessed.

1. unchanged; 2. without code fences, prose around it, trailing commas outside strings and halves of
  characters; 3. for a text that was cut off, its complete parts, marked partial. The caller asks
  again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import pydantic_core
from pydantic import BaseModel, TypeAdapter, ValidationError

from vtlib.core.language import stored

# A string without an end reaches to the end of the text: each character is looked at once.
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|,(?=\s*[}\]])', re.DOTALL)
_LONE_SURROGATE = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_AROUND = (("{", "}", "doubled braces"), ("[", "]", "a list around the object"))
_OPENING_FENCE = re.compile(r"```[\w-]*[ \t]*\n?")


@dataclass(frozen=True, slots=True)
class Reading:
    """A reply's value (status `ok`, `repaired`, `partial`) or the `reason` why there is none."""

    status: Literal["ok", "repaired", "partial", "empty", "truncated", "unreadable", "invalid"]
    value: BaseModel | None = None
    reason: str = ""
    repairs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def read_answer(text: str | None, model: type[BaseModel], *, is_cut_off: bool = False) -> Reading:
    """`text` as `model`, by the ladder. `is_cut_off`: the reply ended at the token limit.

    Of a text that was cut off, the last part is dropped, and so is every part that does not
    validate.
    """
    if not text or not text.strip():
        return Reading("truncated" if is_cut_off else "empty", reason="there is no text")
    try:
        return Reading("ok", model.model_validate_json(text))
    except ValidationError as error:
        first = error
    clean_text, repairs = mend(text)
    if repairs:
        try:
            return Reading("repaired", model.model_validate_json(clean_text), repairs=repairs)
        except ValidationError as error:
            first = error
    if is_cut_off:
        return _partial(clean_text, model, repairs)
    is_json = first.errors(include_url=False)[0]["type"] != "json_invalid"
    return Reading("invalid" if is_json else "unreadable", reason=_mistakes(first), repairs=repairs)


def mend(text: str) -> tuple[str, tuple[str, ...]]:
    """(`text` without fences, prose, trailing commas and half characters; repairs by name)."""
    repairs = []
    text = text.strip().removeprefix("\ufeff").strip()
    bare = _OPENING_FENCE.sub("", text, count=1) if text.startswith("```") else text
    bare = bare.removesuffix("```").rstrip() if bare.endswith("```") else bare
    if bare != text:
        repairs.append("code fences")
    start = min((i for i in (bare.find("{"), bare.find("[")) if i >= 0), default=0)
    end = max(bare.rfind("}"), bare.rfind("]")) + 1
    if bare[:start].strip() or (end and bare[end:].strip()):
        # What follows the last bracket of a text that was cut off may be the rest of it: keep that.
        json_part = bare[start:end] if end else bare[start:]
        is_prose = _is_json(_without_commas(json_part)) or bool(bare[:start].strip())
        if is_prose:
            bare = json_part if _is_json(_without_commas(json_part)) else bare[start:]
            repairs.append("prose around the JSON")
    clean = _without_commas(bare)
    if clean != bare:
        repairs.append("trailing commas")
    sound = _LONE_SURROGATE.sub(lambda m: m[1] or "\\ufffd", clean)
    if sound != clean:
        clean = sound
        repairs.append("half a character")
    for opening, closing, name in _AROUND:
        inner = clean.strip()[1:-1].strip()
        around = clean.strip()[:1] + clean.strip()[-1:]
        if around == opening + closing and inner[:1] == "{" and _is_json(inner):
            clean = inner
            repairs.append(name)
    return clean, tuple(repairs)


def _without_commas(text: str) -> str:
    return _STRING_OR_COMMA.sub(lambda m: m[0] if m[0].startswith('"') else "", text)


def _is_json(text: str) -> bool:
    try:
        pydantic_core.from_json(text)
    except ValueError:
        return False
    return True


def _partial(text: str, model: type[BaseModel], repairs: tuple[str, ...]) -> Reading:
    try:
        parts = pydantic_core.from_json(text, allow_partial=True)
    except ValueError as error:
        return Reading("truncated", reason=f"cut off, and not readable: {error}", repairs=repairs)
    if not isinstance(parts, dict) or not parts:
        return Reading("truncated", reason="cut off before anything was whole", repairs=repairs)
    good: dict[str, Any] = {}
    last = next(reversed(parts))
    for name, info in model.model_fields.items():
        part = parts.get(name)
        if name == last:  # the text broke off in it, or may have
            part = part[:-1] if isinstance(part, list) else None
        if name not in parts or (name == last and not part):
            continue
        adapter: TypeAdapter[Any] = TypeAdapter(info.rebuild_annotation())
        try:
            good[name] = adapter.validate_python(part)
        except ValidationError:
            continue
    missing = tuple(name for name in model.model_fields if name not in good)
    if not good:
        return Reading("truncated", reason="cut off before any part was whole", repairs=repairs)
    value = model.model_construct(**good, **dict.fromkeys(missing))
    reason = stored(
        "cut off at the token limit; missing: {parts}",
        parts=", ".join(missing) or stored("ends of lists"),
    )
    return Reading("partial", value, reason, (*repairs, "cut off"), missing)


def _mistakes(error: ValidationError) -> str:
    """The first four mistakes in a line; never the input, which may be a stranger's text."""
    mistakes = error.errors(include_url=False, include_input=False)
    lines = [
        f"{'.'.join(map(str, e['loc'])) or 'the whole'}: {e['msg'].split(' [')[0]}"
        for e in mistakes[:4]
    ]
    more = f" and {len(mistakes) - 4} more" if len(mistakes) > 4 else ""
    return "; ".join(lines) + more
