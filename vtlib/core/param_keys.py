"""Keys and values of parameters before they are checked: YAML, overrides, keys with a new name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from vtlib.core import log
from vtlib.core.errors import BadInput

# Old key -> the key that has its meaning now. Old keys are read for as long as there are YAML files
# with them.
NEW_KEYS = {
    "gemini": "model",
    "analysis.model": "model.name",
    "analysis.first_model": "model.first_pass",
    "adaptation.model": "model.scripts",
}


def use_new_keys(data: dict[str, Any], *, warn: bool = True) -> dict[str, Any]:
    """`data` (nested mappings) with the keys of NEW_KEYS renamed; warns once of each.

    Raises BadInput where an old and its new key are both there with different values.
    """
    out = data
    for old, new in NEW_KEYS.items():
        *path, name = old.split(".")
        section = out.get(path[0]) if path else out
        if not isinstance(section, dict) or name not in section:
            continue
        value = section[name]
        rest = {k: v for k, v in section.items() if k != name}
        out = {**out, path[0]: rest} if path else rest
        if value == {}:
            continue  # a notebook's default
        values = value if new == "model" else {new.split(".")[1]: value}
        out = {**out, "model": _join(out.get("model", {}), values, old)}
        if warn:
            _warn_of(old, new)
    return out


def new_key(key: str) -> str:
    """A dotted key as it is called now."""
    old = next((o for o in NEW_KEYS if key == o or key.startswith(f"{o}.")), "")
    return NEW_KEYS[old] + key.removeprefix(old) if old else key


def _join(section: Any, values: Any, old: str) -> Any:
    if not isinstance(section, dict) or not isinstance(values, dict):
        return values
    if clash := [k for k, v in values.items() if k in section and section[k] != v]:
        raise BadInput(
            f"model.{clash[0]} is set twice: as itself and as {old}.",
            todo=f"Keep model.{clash[0]} alone.",
            field=f"model.{clash[0]}",
        )
    return {**section, **values}


@cache
def _warn_of(old: str, new: str) -> None:
    log.get(__name__).warning(f"parameter {old} is now called {new}; the old key still works")


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file. Raises BadInput when it is missing, broken or not a mapping."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(
            f"there is no {path}",
            todo=f"Create it (copy params/demo.yaml) or run: vt project create {path.stem}",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"not readable as YAML: {error}", file=str(path)) from None
    if not isinstance(data, dict):
        raise BadInput("a mapping of keys to values is expected", file=str(path))
    return data


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`base` updated by `over`, section by section, as a new mapping."""
    both = {
        k: merge(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v
        for k, v in over.items()
    }
    return {**base, **both}


def parse_overrides(pairs: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """`["outliers.method=robust_z"]` as nested mappings, values read as YAML. Raises BadInput."""
    out: dict[str, Any] = {}
    for pair in pairs:
        key, sep, text = pair.partition("=")
        if not sep or not key.strip():
            raise BadInput(
                f"-p {pair}: write it as section.key=value", todo="E.g. -p outliers.method=robust_z"
            )
        try:
            value: Any = yaml.safe_load(text)
        except yaml.YAMLError:
            value = text
        for part in reversed(key.strip().split(".")):
            value = {part: value}
        out = merge(out, value)
    return out
