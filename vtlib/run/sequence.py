"""A run: a project's notebooks one after the other, each with its page, and a record of it all."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime

from vtlib.core.errors import BadInput
from vtlib.run.earlier import EarlierRuns
from vtlib.run.kernels import fork_server
from vtlib.run.plan import Hooks, RunPlan, RunResult
from vtlib.run.steps import Steps


def run_project(plan: RunPlan, hooks: Hooks | None = None) -> RunResult:
    """Run the plan's stages in order, each in a kernel of its own, and return how they went.

    Every stage leaves an executed notebook, and a page where `hooks.render` is given; `run.json` is
    rewritten after each. A stage whose inputs are those of its last run (run/inputs) is `skipped`,
    and its files are copied from there; where all are, so are the pages beside theirs. A failed
    stage ends the run: its partial notebook is rendered, the stages after it are `skipped: after
    failed <stage>`, and the index is still written. `exit_code` of the result is that of the
    error's class. Killed anywhere, a run leaves a folder that no later run takes a page from.
    Raises BadInput, before anything runs, for a missing notebook, a parameter that its notebook
    does not declare or, with `plan.pages_only`, a stage that never ran through; what `hooks` raise
    ends the run as failed and is raised.
    """
    stages, began, hooks = plan.stages, datetime.now(UTC), hooks or Hooks()
    earlier = EarlierRuns(plan, hooks)
    with ExitStack() as stack:
        if all(earlier.find(stage) for stage in stages):
            return Steps(plan, hooks, earlier, None, began=began).through(stages)
        if plan.pages_only:
            lacking = ", ".join(s for s in stages if not earlier.find(s))
            raise BadInput(
                f"{plan.project} has no whole last run of {lacking}, whose pages could be taken.",
                todo=f"Run: vt run {plan.project}",
            )
        kernels = stack.enter_context(fork_server(plan.imports))
        # papermill takes 2 s to import; the fork server imports at the same time.
        from vtlib.run.notebook import refuse_unknown  # noqa: PLC0415

        for stage in stages:
            refuse_unknown(plan.notebook(stage), plan.parameters(stage))
        return Steps(plan, hooks, earlier, kernels, began=began).through(stages)
