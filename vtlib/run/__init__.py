"""Running notebooks: warm kernels, the sequence of a project's stages, the record of a run.

Importing this room is cheap; papermill is imported by the first run.
"""

from vtlib.run.fork_server import warm_kernels
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
    "run_project",
    "warm_kernels",
]
