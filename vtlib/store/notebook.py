"""A notebook's parameters cell as an opened project.

papermill reads one cell, one name a line, and warns of what it does not find there. So the cell
declares every key of a YAML that a notebook could read (`papermill … -f params/demo.yaml`; all but
BESIDE), and beside them the settings an analyst changes most, as literals with their meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from vtlib.core.language import read_by
from vtlib.core.param_keys import merge
from vtlib.core.params import Params, parse_params
from vtlib.store.project import Project

BESIDE = ("schedule", "watch", "alerts")  # what runs by itself and who hears of it
RUN_KEYS = ("home", "params_file", "profile", "run_id")


def open_project(cell: Mapping[str, Any], *, section: str) -> Project:
    """Open the project that a parameters cell names.

    Defaults < its YAML < what the cell holds for a key of the YAML < the cell's literals of
    `section` (keys of that section as names of their own) that are not the default. `cell`: the
    notebook's globals(). Raises BadInput for unknown keys and values out of range.
    """
    keys = {k: cell[k] for k in Params.model_fields if k != "project" and cell.get(k)}
    if old := cell.get("gemini"):  # what `model` was called before
        keys["gemini"] = old
    over = merge(keys, {section: literals(cell, section)})
    run = {name: cell.get(name, "") for name in RUN_KEYS}
    project = Project.open(cell["project"], **run, **over)
    read_by(project.params.report.reader)
    return project


def literals(cell: Mapping[str, Any], section: str) -> dict[str, Any]:
    """The cell's literals that are keys of `section` and differ from its default.

    A module that a later cell imports under such a name (`tables`) is none.
    """
    default = getattr(Params(project="x"), section)
    same = {k: getattr(default, k) for k in type(default).model_fields}
    names = [k for k in same if k in cell and not isinstance(cell[k], ModuleType)]
    return {k: cell[k] for k in names if cell[k] != same[k]}


def assume(project: Project, settings: Mapping[str, Mapping[str, Any]]) -> Project:
    """The project with other settings, a mapping a section: for looking, since a run by them would
    be a trial. Raises BadInput as for a YAML.
    """
    params = merge(project.params.model_dump(), {k: dict(v) for k, v in settings.items()})
    return replace(
        project, params=parse_params(params), yaml_params=project.yaml_params or project.params
    )
