"""Stages and reports of earlier runs that still hold: found by digest, copied into a new run."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vtlib.core.errors import VtError
from vtlib.run.plan import REPORT, Hooks, Origin, RunPlan, RunResult, StageResult
from vtlib.run.record import RECORD


class EarlierRuns:
    """The runs of a project before this one: those there are when it is made."""

    def __init__(self, plan: RunPlan, hooks: Hooks) -> None:
        self.plan, self.hooks = plan, hooks
        runs = plan.outputs / plan.project / "runs"
        self._folders = sorted((p.parent for p in runs.glob(f"*/{RECORD}")), reverse=True)
        self._finds: dict[str, tuple[Path, StageResult] | None] = {}
        self._has_passed: bool | None = None

    def find(self, stage: str) -> tuple[Path, StageResult] | None:
        """The folder of the last run of `stage` and its result, if a run now would be the same:
        same inputs, nothing to capture or ask for, its files there. None: it is to run.

        The answer stands until `forget`.
        """
        if stage not in self._finds:
            self._finds[stage] = self._find(stage)
        return self._finds[stage]

    def forget(self) -> None:
        """A stage has run: others may have new inputs."""
        self._finds.clear()
        self._has_passed = None

    def take(self, stage: str, folder: Path) -> StageResult:
        """The found stage as one of the run in `folder`, its files copied there."""
        began, started_at = time.monotonic(), datetime.now(UTC)
        source, result = self.find(stage) or (folder, StageResult(stage, "failed"))
        for name in filter(None, (result.notebook, result.page)):
            shutil.copy2(source / name, folder / name)
        origin = result.origin
        reason = f"nothing new since {origin.run_id}: its page stands" if origin else ""
        return replace(
            result,
            reason=reason,
            seconds=round(time.monotonic() - began, 3),
            started_at=started_at,
            ended_at=datetime.now(UTC),
        )

    def take_report(self, run: RunResult) -> bool:
        """Copy insight, index, scripts and the folder of pages behind them of the run before, where
        all that they show is the same; whether they were. The page of the run is that run's.
        """
        inputs = self.hooks.inputs
        if not inputs or not run.stages or not all(s.origin for s in run.stages):
            return False
        source = next(iter(self._folders), None)
        record = _read(source) if source else None
        if source is None or record is None or record["status"] != "ok":
            return False
        stages = [(s["stage"], s["page"]) for s in record["stages"]]
        pages = {p.name for p in source.glob("*.html")} - {page for _, page in stages}
        is_same = record.get("report_digest") == inputs.digest(REPORT)
        if not is_same or stages != [(s.stage, s.page) for s in run.stages] or not pages:
            return False
        for name in pages:
            shutil.copy2(source / name, run.folder / name)
        for folder in filter(Path.is_dir, source.iterdir()):
            shutil.copytree(folder, run.folder / folder.name)
        return True

    def _find(self, stage: str) -> tuple[Path, StageResult] | None:
        inputs = self.hooks.inputs
        if inputs is None or self.plan.is_forced(stage):
            return None
        last = self._last(stage)
        if self.plan.pages_only:
            return last
        try:
            if last is None or last[1].digest != inputs.digest(stage) or inputs.has_work(stage):
                return None
            return last if self._is_sound() else None
        except VtError:  # the stage itself will say what is wrong
            return None

    def _is_sound(self) -> bool:
        """Whether the checks of the data, which else follow each stage, find nothing."""
        if self._has_passed is None:
            self._has_passed = not self.hooks.check()
        return self._has_passed

    def _last(self, stage: str) -> tuple[Path, StageResult] | None:
        """The last run of `stage` with all files, and a digest where its inputs are to be compared;
        None where a later one failed or was killed before it was through.
        """
        for folder in self._folders:
            record = _read(folder)
            row = next((s for s in (record or {}).get("stages", ()) if s["stage"] == stage), None)
            if record is None or (row is None and record["status"] != "ok"):
                return None
            if row is not None:
                result = _result(row, record["run_id"])
                names = [result.notebook, result.page or ("-" if self.hooks.render else "")]
                is_whole = all((folder / name).is_file() for name in names if name)
                is_through = row["status"] in ("ok", "skipped") and self.plan.pages_only
                return (folder, result) if is_whole and (result.digest or is_through) else None
        return None


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _result(row: dict[str, Any], run_id: str) -> StageResult:
    """The stage of a run's record as one that had nothing new."""
    origin = row.get("origin") or {
        "run_id": run_id,
        "status": row["status"],
        "reason": row["reason"],
    }
    return StageResult(
        stage=row["stage"],
        status="skipped",
        headline=tuple(row["headline"]),
        counts=row["counts"],
        notebook=row["notebook"],
        page=row["page"],
        digest=row.get("digest") or "",
        origin=Origin(**origin),
    )
