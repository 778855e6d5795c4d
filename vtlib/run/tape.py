"""Recorded and replayed runs: one clock for all stages, replies from a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from vtlib.llm import recording
from vtlib.llm.recording import RecordedRun
from vtlib.store.project import Project


@dataclass(frozen=True, slots=True)
class Tape:
    """`record`: folder to write model replies into; `replay`: folder to answer from."""

    record: Path | None = None
    replay: Path | None = None

    def moment(self, project: Project) -> datetime | None:
        """When the run began that is replayed (UTC, to the second), None where none is."""
        if self.replay is None:
            return None
        run_id = recording.recorded_run(self.replay, project.slug).run_id
        stamp = run_id.removeprefix(f"{project.slug}-")
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    @contextmanager
    def around(self, project: Project) -> Iterator[Project]:
        """The project for as long as its run lasts. What depends on the time (ages, what is due) is
        in both runs the same: the clock stands at the beginning of the recorded one.

        Kernels read it from the environment. Raises BadInput where the folder holds no run of the
        project.
        """
        if not self.record and not self.replay:
            yield project
            return
        clock = (
            recording.recorded_run(self.replay, project.slug).clock
            if self.replay
            else project.workspace.now()
        )
        replay = self.replay and self.replay.expanduser().resolve()
        settings = project.workspace.settings.model_copy(update={"clock": clock, "replay": replay})
        values = {"VT_CLOCK": clock.isoformat(), "VT_REPLAY": str(replay or "")}
        with _environment(values):
            yield replace(project, workspace=replace(project.workspace, settings=settings))

    def keep(self, project: Project, run_id: str) -> None:
        """Write what was recorded, once the run has ended; also when it failed."""
        if self.record:
            run = RecordedRun(run_id, project.workspace.now())
            recording.write(project, self.record.expanduser(), run)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
