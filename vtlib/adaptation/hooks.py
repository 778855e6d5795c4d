"""The hooks that were written with a script: shown, and taken as a version that can be tested
against the others.
"""

from __future__ import annotations

from typing import Any

from vtlib.adaptation import store as fits
from vtlib.core.errors import BadInput
from vtlib.scripts import beat_table
from vtlib.scripts import queries as script_reading
from vtlib.scripts import store as scripts
from vtlib.scripts.store import Making
from vtlib.store.project import Workspace


def variants(at: Workspace, ref: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A script's row, and the hooks written with it: variant (A, B, ...), type, spoken, overlay,
    visual, tests.

    Raises BadInput for an unknown script, and for one that no model wrote.
    """
    held = script_reading.get(at.store, ref)
    found = fits.hooks(at.store, held["script_id"])
    if not found:
        raise BadInput(
            f"no hooks were written with {held['script_id']}.",
            todo="Scripts of vt script adapt have some; others take theirs by vt script update "
            "--beat.",
        )
    return held, beat_table.lettered(found)


def take(
    at: Workspace, ref: str, variant: str, making: Making, *, seen: int | None = None
) -> dict[str, Any]:
    """A new version that opens with a variant (its letter); returns the script's row, the same when
    it does already.

    `seen` is the version the work started from. Raises BadInput like `variants`, for a letter that
    is none, and when others have gone on since.
    """
    held, known = variants(at, ref)
    by_letter = {v["variant"]: v for v in known}
    if (hook := by_letter.get(variant.strip().upper())) is None:
        raise BadInput(f"there is no hook {variant}.", todo=f"There are: {', '.join(by_letter)}.")
    script = beat_table.with_hook(held["script"], hook)
    if script == held["script"]:
        return held
    scripts.add_version(at.store, held["script_id"], script, making, seen=seen or held["version"])
    return script_reading.get(at.store, held["script_id"])
