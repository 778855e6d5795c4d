"""The hooks written with a script: listed, and applied as a new version to test."""

from __future__ import annotations

from typing import Any

from vtlib.adaptation import store
from vtlib.core.errors import BadInput
from vtlib.scripts import beat_table, queries
from vtlib.scripts import store as scripts
from vtlib.scripts.store import Making
from vtlib.store.project import Workspace


def variants(at: Workspace, ref: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A script's row, and the hooks written with it: variant (A, B, ...), type, spoken, overlay,
    visual, tests.

    Raises BadInput for an unknown script, and for one that no model wrote.
    """
    row = queries.get(at.store, ref)
    hooks = store.hooks(at.store, row["script_id"])
    if not hooks:
        raise BadInput(
            f"no hooks were written with {row['script_id']}.",
            todo="Scripts of vt script adapt have some; others take theirs by vt script update "
            "--beat.",
        )
    return row, beat_table.with_letters(hooks)


def take(
    at: Workspace, ref: str, variant: str, making: Making, *, base_version: int | None = None
) -> dict[str, Any]:
    """A new version that opens with a variant (its letter); returns the script's row, the same when
    it does already.

    `base_version` is the version the work started from. Raises BadInput like `variants`, for a
    letter that is none, and when others have gone on since.
    """
    row, hooks = variants(at, ref)
    by_letter = {v["variant"]: v for v in hooks}
    if (hook := by_letter.get(variant.strip().upper())) is None:
        raise BadInput(f"there is no hook {variant}.", todo=f"There are: {', '.join(by_letter)}.")
    script = beat_table.with_hook(row["script"], hook)
    if script == row["script"]:
        return row
    scripts.add_version(
        at.store, row["script_id"], script, making, base_version=base_version or row["version"]
    )
    return queries.get(at.store, row["script_id"])
