"""What people say of an answer: a field put right, in its own row, and laid over the answer when
it is read. Pure.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from vtlib.core.errors import BadInput, nearest


def checked(model: type[BaseModel], answer: Mapping[str, Any], field: str, value: Any) -> Any:
    """`value` for `field` (`hook.payoff_s`, `factors.emotion.score`, `beats.2.start_s`) as the
    schema takes it.

    Hook types may be given as bare names: they are certain then. Raises BadInput for a place that
    the answer has not, and for a value that its schema refuses.
    """
    top, *_ = field.split(".")
    if top not in model.model_fields:
        near = nearest(top, list(model.model_fields))
        raise BadInput(
            f"an answer has no field {top!r}.",
            todo=f"Did you mean {near}?" if near else f"It has: {', '.join(model.model_fields)}.",
            field=field,
        )
    changed = placed(answer, field, _whole(field, value))
    try:
        part = TypeAdapter(model.model_fields[top].rebuild_annotation()).validate_python(
            changed[top]
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, (top, *first["loc"])))
        raise BadInput(
            f"{place}: {first['msg']}.", todo="The schema refuses that value.", field=field
        ) from None
    held = {top: TypeAdapter(Any).dump_python(part, mode="json")}
    return _at(held, field)


def placed(answer: Mapping[str, Any], field: str, value: Any) -> dict[str, Any]:
    """A copy of `answer` with `value` at `field`. Raises BadInput when the way there does not
    exist.
    """
    made: dict[str, Any] = copy.deepcopy(dict(answer))
    *way, last = field.split(".")
    node: Any = made
    for step in way:
        node = _step(node, step, field)
    if isinstance(node, list):
        _step(node, last, field)
        node[int(last)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise _no_place(field)
    return made


def effective(
    answer: Mapping[str, Any], corrections: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The answer with people's corrections (field, value) laid over it, in their order: the last
    one counts.

    A correction whose place is not there any more is passed over.
    """
    made = dict(answer)
    for one in corrections:
        try:
            made = placed(made, one["field"], one["value"])
        except BadInput:
            continue
    return made


def standing(paths: Sequence[str], corrections: Iterable[Mapping[str, Any]]) -> list[str]:
    """Of the claims (`paths`) that the file does not bear out, those that no person has put
    right.
    """
    fields = [str(c["field"]) for c in corrections]
    return [p for p in paths if not any(_is_within(p, f) or _is_within(f, p) for f in fields)]


def _is_within(path: str, field: str) -> bool:
    return path == field or path.startswith(field + ".")


def _whole(field: str, value: Any) -> Any:
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
