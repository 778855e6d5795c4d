"""A script that an assistant writes: version 1, a draft, in the name of the person it works for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from vtlib.scripts import store
from vtlib.scripts.script import PlannedBeat, Script, ScriptClaim
from vtlib.scripts.store import Making, ScriptHome
from vtlib.serving.answers import ToolAnswer
from vtlib.serving.tools import open_named
from vtlib.store.project import Workspace, one_session

MODEL = "assistant (vt mcp)"
Line = Annotated[str, Field(max_length=300)]
Text = Annotated[str, Field(max_length=2000)]


class DraftBeat(BaseModel):
    """A stretch of the video: what is said, seen and written; `duration_s` in s."""

    model_config = ConfigDict(extra="forbid")

    kind: Line = "beat"
    duration_s: float = Field(gt=0, le=600)
    spoken: Text = ""
    visual: Text = ""
    overlay: Text = ""


class DraftText(BaseModel):
    """The facts of a script; `claims` are statements that a person has to clear."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=120)]
    logline: Line = ""
    call_to_action: Line = ""
    audience: Line = ""
    claims: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    notes: Text = ""


@one_session
def write_draft(
    at: Workspace,
    place: ScriptHome,
    draft: DraftText,
    beats: Sequence[DraftBeat],
    *,
    by: str,
) -> ToolAnswer:
    """Store the script. Raises BadInput for an unknown project, product or post."""
    project = open_named(at, str(place.project))
    script = Script(
        draft.title,
        tuple(PlannedBeat(f"b{n}", **b.model_dump()) for n, b in enumerate(beats, 1)),
        logline=draft.logline,
        call_to_action=draft.call_to_action,
        audience=draft.audience,
        claims=tuple(ScriptClaim(text) for text in draft.claims),
    )
    making = Making(by, draft.notes or "written by an assistant", model=MODEL)
    script_id = store.create(at.store, script, making, place=place)
    row = {"id": script_id, "version": 1, "status": "draft", "made_by": by, "model": MODEL}
    return ToolAnswer(
        [row],
        1,
        "none: it is a draft, nothing is predicted",
        {},
        project.params.is_simulated,
        notes=(f"A person goes on from here: vt script show {script_id}",),
    )
