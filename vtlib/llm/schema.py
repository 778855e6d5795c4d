"""A pydantic model as the JSON Schema a model is asked to follow."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from pydantic import BaseModel

_LEFT_OUT = frozenset({"title", "default", "examples"})


@cache
def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The schema, every part of it required: a part may be null, but it must be said.

    Titles of parts and defaults are left out (tokens, and a default is an example that comes back);
    the model's own name stays as the title. Made once a model (it takes a while): not to be
    changed.
    """
    made = _lean(model.model_json_schema(mode="serialization"))
    return {"title": model.__name__, **made}


def digest_of(value: Any) -> str:
    """sha256 of a value as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _lean(node: Any, *, are_names: bool = False) -> Any:
    """Without keywords of _LEFT_OUT; in `properties` and `$defs` the keys are names, not
    keywords.
    """
    if isinstance(node, dict):
        return {
            key: _lean(value, are_names=not are_names and key in ("properties", "$defs"))
            for key, value in node.items()
            if are_names or key not in _LEFT_OUT
        }
    return [_lean(item) for item in node] if isinstance(node, list) else node
