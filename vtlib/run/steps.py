"""The steps of a run: for each stage a notebook executed, a page made, a result recorded."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vtlib.core import log
from vtlib.core.errors import DataCheckFailed, VtError
from vtlib.run import record
from vtlib.run.earlier import EarlierRuns
from vtlib.run.kernels import Kernel, Kernels
from vtlib.run.plan import (
    REPORT,
    Hooks,
    RunPlan,
    RunResult,
    RunStatus,
    StageEvent,
    StageResult,
    file_stem,
)

if TYPE_CHECKING:  # papermill takes two seconds that a run with nothing new does not need
    from vtlib.run.notebook import NotebookResult


class Steps:
    """A run on its way: its stages, one after the other. `kernels`: None where no stage runs."""

    def __init__(
        self,
        plan: RunPlan,
        hooks: Hooks,
        earlier: EarlierRuns,
        kernels: Kernels | None,
        *,
        began: datetime | None = None,
    ) -> None:
        self.plan, self.hooks, self.earlier, self.kernels = plan, hooks, earlier, kernels
        self.result = record.open_run(plan, began=began)

    def through(self, stages: tuple[str, ...]) -> RunResult:
        """Run `stages`; whatever goes wrong outside a stage is recorded and raised."""
        try:
            self.hooks.start_run(self.result)
            for number, stage in enumerate(stages, 1):
                self._stage(stage, number, len(stages))
            self._end("failed" if self.result.exit_code else "ok")
            if self.hooks.write_index:
                self._report()
                self._end(self.result.status)  # the pages take their time, too
            self.hooks.finish_run(self.result)
        except BaseException:  # Ctrl-C too: the record tells the truth in any case
            self._end("failed")
            with contextlib.suppress(Exception):  # the first error is the one to show
                self.hooks.finish_run(self.result)
            raise
        return self.result

    def _end(self, status: RunStatus) -> None:
        self.result = replace(self.result, status=status, ended_at=datetime.now(UTC))
        record.save(self.result, tell=self.hooks.tell)

    def _report(self) -> None:
        """Insight, index and scripts: those of the run before, or written anew."""
        inputs = self.hooks.inputs
        if inputs:
            inputs.begin(REPORT)
        if not self.earlier.take_report(self.result) and self.hooks.write_index:
            self.hooks.write_index(self.result)
        if inputs:
            self.result = replace(self.result, report_digest=inputs.end(REPORT))

    def _stage(self, stage: str, number: int, total: int) -> None:
        failure = next((s.stage for s in self.result.stages if s.status == "failed"), "")
        if failure:
            result = StageResult(stage, "skipped", f"after failed {failure}")
        elif self.kernels is None or self.earlier.find(stage):
            result = self.earlier.take(stage, self.result.folder)
        else:
            self.hooks.on_event(StageEvent(stage, number, total))
            result = self._execute(stage, self.kernels, more=number < total)
        self.result = replace(self.result, stages=(*self.result.stages, result))
        record.save(self.result, tell=self.hooks.tell)
        self.hooks.finish_stage(self.result, result)
        self.hooks.on_event(StageEvent(stage, number, total, result))

    def _execute(self, stage: str, kernels: Kernels, *, more: bool) -> StageResult:
        target = self.result.folder / f"{file_stem(stage)}.ipynb"
        self.earlier.forget()
        try:
            kernel = kernels.take(self.plan.home, more=more)
        except (RuntimeError, OSError) as error:
            return StageResult(stage, "failed", f"no kernel: {error}", exit_code=1)
        began, started_at = time.monotonic(), datetime.now(UTC)
        outcome, digest, page = self._run_and_render(stage, target, kernel)
        outcome = self._check(outcome)
        return StageResult(
            stage=stage,
            status=outcome.status,
            reason=str(self.hooks.redact(outcome.reason)),
            headline=outcome.headline,
            counts=outcome.counts,
            seconds=round(time.monotonic() - began, 3),
            started_at=started_at,
            ended_at=datetime.now(UTC),
            notebook=target.name,
            page=page,
            exit_code=outcome.exit_code,
            digest="" if outcome.status == "failed" else digest,
        )

    def _run_and_render(
        self, stage: str, target: Path, kernel: Kernel
    ) -> tuple[NotebookResult, str, str]:
        """The outcome, the digest of what was read, and the page's name."""
        from vtlib.run import notebook  # noqa: PLC0415 - see above

        inputs, digest, is_well = self.hooks.inputs, "", False
        try:
            if inputs:
                inputs.begin(stage)
            outcome = notebook.execute(
                self.plan.notebook(stage),
                target,
                parameters=self.plan.parameters(stage, run_id=self.result.run_id),
                kernel=kernel,
                timeout_s=self.plan.timeout_s,
            )
            is_well = outcome.status != "failed"
            if is_well and inputs:
                digest = inputs.end(stage, kernel.evaluate)
            if is_well:
                kernel.ask_to_end()  # it ends while the page is made
            notebook.redact_outputs(target, self.hooks.redact)
            if self.plan.creators == "pseudonyms":
                notebook.reduce_to_results(target)
            outcome, page = self._render(outcome, target)
            return outcome, digest, page
        finally:
            kernel.end(at_once=not is_well)

    def _render(self, outcome: NotebookResult, target: Path) -> tuple[NotebookResult, str]:
        if self.hooks.render is None:
            return outcome, ""
        page = target.with_suffix(".html")
        try:
            self.hooks.render(target, page)
        except Exception as error:  # noqa: BLE001 - whatever it is, the notebook's work is done
            log.get(__name__).error("page not made", notebook=target.name, exc_info=True)
            return _worse(outcome, f"its page could not be made: {error}", error), ""
        return outcome, page.name

    def _check(self, outcome: NotebookResult) -> NotebookResult:
        try:
            offenders = self.hooks.check()
        except VtError as error:
            return _worse(outcome, f"the checks did not run: {error}", error)
        if not offenders:
            return outcome
        return _worse(outcome, f"checks found: {'; '.join(offenders)}", DataCheckFailed(""))


def _worse(outcome: NotebookResult, reason: str, error: Exception) -> NotebookResult:
    """`outcome` as failed with `reason`, unless it failed already."""
    if outcome.status == "failed":
        return outcome
    return replace(
        outcome, status="failed", reason=reason, exit_code=getattr(error, "exit_code", 1)
    )
