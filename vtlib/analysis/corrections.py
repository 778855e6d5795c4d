"""People's corrections of answers: validated, then applied when an answer is read. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from vtlib.core.errors import BadInput, nearest


def valid_value(model: type[BaseModel], answer: Mapping[str, Any], field: str, value: Any) -> Any:
    """`value` for `field` (`hook.payoff_s`, `factors.emotion.score`, `beats.2.start_s`) as the
    schema takes it.

    Hook types may be given as bare names: they count as certain. Raises BadInput for a field that
    the answer does not have, and for a value that its schema refuses.
    """
    top, *_ = field.split(".")
    if top not in model.model_fields:
        near = nearest(top, list(model.model_fields))
        raise BadInput(
            f"an answer has no field {top!r}.",
            todo=f"Did you mean {near}?" if near else f"It has: {', '.join(model.model_fields)}.",
            field=field,
        )
    draft = with_value(answer, field, _hook_types(field, value))
    try:
        part = TypeAdapter(model.model_fields[top].rebuild_annotation()).validate_python(draft[top])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, (top, *first["loc"])))
        raise BadInput(
            f"{place}: {first['msg']}.", todo="The schema refuses that value.", field=field
        ) from None
    tree = {top: TypeAdapter(Any).dump_python(part, mode="json")}
    return _at(tree, field)


def with_value(answer: Mapping[str, Any], field: str, value: Any) -> dict[str, Any]:
    """A copy of `answer` with `value` at `field`. Raises BadInput if there is no such field."""
    out: dict[str, Any] = copy.deepcopy(dict(answer))
    *way, last = field.split(".")
    node: Any = out
    for step in way:
        node = _step(node, step, field)
    if isinstance(node, list):
        _step(node, last, field)
        node[int(last)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise _no_place(field)
    return out


def apply_corrections(
    answer: Mapping[str, Any], corrections: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The answer with people's corrections (field, value) applied in order: the last one counts.

    A correction of a field that no longer exists is skipped.
    """
    out = dict(answer)
    for one in corrections:
        try:
            out = with_value(out, one["field"], one["value"])
        except BadInput:
            continue
    return out


def open_claims(paths: Sequence[str], corrections: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those claims (`paths`) contradicted by the file that no person has corrected."""
    fields = [str(c["field"]) for c in corrections]
    return [p for p in paths if not any(_is_within(p, f) or _is_within(f, p) for f in fields)]


def _is_within(path: str, field: str) -> bool:
    return path == field or path.startswith(field + ".")


def _hook_types(field: str, value: Any) -> Any:
    if field != "hook.types" or not isinstance(value, list):
        return value
    return [{"type": v, "probability": 1.0} if isinstance(v, str) else v for v in value]


def _step(node: Any, step: str, field: str) -> Any:
    if isinstance(node, list) and step.isdigit() and int(step) < len(node):
        return node[int(step)]
    if isinstance(node, dict) and step in node:
        return node[step]
    raise _no_place(field)


def _at(node: Any, field: str) -> Any:
    for step in field.split("."):
        node = _step(node, step, field)
    return node


def _no_place(field: str) -> BadInput:
    return BadInput(
        f"the answer has no place {field}.",
        todo="See its places: vt analyze show POST.",
        field=field,
    )
