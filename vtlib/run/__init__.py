"""Runs: a project's notebooks one after the other, their kernels, and the record of it all.

For: `vt run`, `make demo`.
Owns: the folder `outputs/<project>/runs/`; rows of runs and stage_runs through `store`.
Entry points: `project.run`, `sequence`, `reproduce`, `copies` (proof of a client's copy),
`kernels` (the fork server), `inputs` (what a stage reads). Importing this room is cheap; papermill
is imported by the first stage that runs.
"""

from vtlib.run.kernels import fork_server
from vtlib.run.plan import Hooks, RunPlan, RunResult, StageEvent, StageResult
from vtlib.run.record import code_version
from vtlib.run.sequence import run_project

__all__ = [
    "Hooks",
    "RunPlan",
    "RunResult",
    "StageEvent",
    "StageResult",
    "code_version",
    "fork_server",
    "run_project",
]
