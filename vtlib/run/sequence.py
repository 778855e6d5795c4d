"""A run: a project's notebooks one after the other, each with its page, and a record of it all."""

from __future__ import annotations

from datetime import UTC, datetime

from vtlib.run.kernels import fork_server
from vtlib.run.plan import Hooks, RunPlan, RunResult


def run_project(plan: RunPlan, hooks: Hooks | None = None) -> RunResult:
    """Run the plan's stages in order, each in a kernel of its own, and return how they went.

    Every stage leaves an executed notebook, and a page where `hooks.render` is given; `run.json` is
    rewritten after each. A failed stage ends the run: its partial notebook is rendered, the stages
    after it are `skipped: after failed <stage>`, and the index is still written. `exit_code` of the
    result is that of the error's class. Killed anywhere, a run leaves a folder that no later run
    looks at. Raises BadInput, before anything runs, for a missing notebook or a parameter that its
    notebook does not declare; what `hooks` raise ends the run as failed and is raised.
    """
    stages, began = plan.stages, datetime.now(UTC)
    with fork_server(plan.imports) as kernels:
        # papermill takes 2 s to import; the fork server imports at the same time.
        from vtlib.run.notebook import refuse_unknown  # noqa: PLC0415
        from vtlib.run.steps import Steps  # noqa: PLC0415

        for stage in stages:
            refuse_unknown(plan.notebook(stage), plan.parameters(stage))
        return Steps(plan, hooks or Hooks(), kernels, began=began).through(stages)
