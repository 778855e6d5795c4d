"""The plan of a run, its results, its events and the hooks of other rooms."""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vtlib.core import log
from vtlib.core.errors import BadInput, nearest
from vtlib.core.models import STAGES

if TYPE_CHECKING:
    from vtlib.run.inputs import StageInputs

# Sections of the YAML that a stage's notebook takes, where they are not just its own name.
SECTIONS = {
    "import": ("importing",),
    "analysis": ("media", "analysis", "model"),
    "adaptation": ("adaptation", "model"),
    "comparison": ("comparison", "model"),
}
REPORT = "report"  # insight, index and scripts: read tables like a stage
StageStatus = Literal["ok", "skipped", "failed"]
RunStatus = Literal["running", "ok", "failed"]


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A run of a project's notebooks.

    `home` is the workspace, `outputs` its folder of results, `notebooks` where NN_<stage>.ipynb
    lie. `params` are all of the project's parameters as JSON knows them, for the record;
    `set_params` those that somebody set (None: all), for the notebooks, where a cap that nobody set
    must not become an order. Section `importing` goes to stage import, `report` to every stage, and
    each other section to the stage of its name. `creators`: named, or pseudonyms, when notebooks
    and the record of the run keep nothing that leads to one. `moment` names the run (None: when it
    begins): a replay has the name of the run that was recorded. `adopt` is for stage outliers.
    `timeout_s` is for one stage. `again`: run stages whose inputs are unchanged, too. `pages_only`:
    run none, whatever changed; their last pages are taken, and the pages beside them are made anew.
    """

    project: str
    notebooks: Path
    home: Path
    outputs: Path
    params: Mapping[str, Any] = field(default_factory=dict)
    set_params: Mapping[str, Any] | None = None
    params_file: str = ""
    profile: str = "analyst"
    creators: str = "named"
    from_stage: str = ""
    only: str = ""
    adopt: bool = False
    again: bool = False
    timeout_s: float | None = None
    moment: datetime | None = None
    pages_only: bool = False

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages to run, in order. Raises BadInput for a stage that does not exist."""
        for name in (self.from_stage, self.only):
            if name and name not in STAGES:
                near = nearest(name, list(STAGES))
                raise BadInput(
                    f"there is no stage {name!r}.",
                    todo=f"Did you mean {near}?" if near else f"Stages: {', '.join(STAGES)}.",
                )
        if self.only and self.from_stage:
            raise BadInput("--from and --only exclude each other.", todo="Give one of them.")
        if self.only:
            return (self.only,)
        return STAGES[STAGES.index(self.from_stage) :] if self.from_stage else STAGES

    def is_forced(self, stage: str) -> bool:
        """Whether `stage` runs in any case: `again`, or somebody named it."""
        return self.again or stage in (self.only, self.from_stage)

    def notebook(self, stage: str) -> Path:
        return self.notebooks / f"{file_stem(stage)}.ipynb"

    @property
    def imports(self) -> list[str]:
        """Names of modules that the notebooks of the stages to run import, each once."""
        names = (name for stage in self.stages for name in imported_by(self.notebook(stage)))
        return list(dict.fromkeys(names))

    def parameters(self, stage: str, *, run_id: str = "") -> dict[str, Any]:
        """What papermill injects into a stage's notebook: where and what, and its own sections."""
        common = {
            "project": self.project,
            "profile": self.profile,
            "params_file": self.params_file,
            "run_id": run_id,
            "home": str(self.home.resolve()),
        }
        params = self.params if self.set_params is None else self.set_params
        names = ("report", *SECTIONS.get(stage, (stage,)))
        own = {name: params.get(name) for name in names}
        adopting = {"adopt": True} if self.adopt and stage == "outliers" else {}
        return common | adopting | {k: dict(v) for k, v in own.items() if isinstance(v, Mapping)}


@dataclass(frozen=True, slots=True)
class Origin:
    """The run that made a page which still holds, and how its stage went then."""

    run_id: str
    status: StageStatus
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StageResult:
    """How a stage went. `notebook` and `page` are file names in the run's folder, '' where none.

    `headline` and `counts` are the notebook's own conclusion. `exit_code` is 0 unless it failed.
    `digest`: of what it read (run/inputs), "" where it is to run again in any case. `origin`: of a
    stage that had nothing new (None: it ran); its files and conclusion are that run's.
    """

    stage: str
    status: StageStatus
    reason: str = ""
    headline: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    notebook: str = ""
    page: str = ""
    exit_code: int = 0
    digest: str = ""
    origin: Origin | None = None

    @property
    def shown(self) -> tuple[StageStatus, str]:
        """(status, reason) of what its page shows."""
        return (
            (self.origin.status, self.origin.reason) if self.origin else (self.status, self.reason)
        )


@dataclass(frozen=True, slots=True)
class RunResult:
    """The state of a run; `stages` holds the finished ones, in order; `report_digest`: of what the
    pages beside theirs read, as a stage's.
    """

    run_id: str
    project: str
    folder: Path
    profile: str
    creators: str
    code_version: str
    params: Mapping[str, Any]
    started_at: datetime
    ended_at: datetime | None = None
    status: RunStatus = "running"
    stages: tuple[StageResult, ...] = ()
    report_digest: str = ""

    @property
    def seconds(self) -> float:
        """Of the whole run up to its end; 0 before."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else 0.0

    @property
    def seconds_beside(self) -> float:
        """Seconds outside the stages: kernels started, insight, index and script page written."""
        return max(self.seconds - sum(s.seconds for s in self.stages), 0.0)

    @property
    def exit_code(self) -> int:
        """That of the first stage that failed, else 0."""
        return next((s.exit_code for s in self.stages if s.exit_code), 0)


@dataclass(frozen=True, slots=True)
class StageEvent:
    """A stage starts (`result` is None) or has finished. `number` counts from 1 to `total`."""

    stage: str
    number: int
    total: int
    result: StageResult | None = None


def _nothing(*_: Any) -> None:
    return None


def _no_offenders() -> list[str]:
    return []


@dataclass(frozen=True)
class Hooks:
    """Effects of a run that belong to other rooms; none of them runs while a notebook does.

    `render(ipynb, html)` makes a stage's page, `write_index(run)` the index; without them there are
    no pages. `check()` names offending rows after each stage. `start_run`, `finish_stage` and
    `finish_run` keep the run in the store. `redact` masks secrets in text at any depth, `tell`
    gives a sentence of ours as the reader of the run's folder may see it. `inputs`: what stages
    read; without it all of them run.
    """

    on_event: Callable[[StageEvent], object] = _nothing
    render: Callable[[Path, Path], object] | None = None
    write_index: Callable[[RunResult], object] | None = None
    check: Callable[[], list[str]] = _no_offenders
    start_run: Callable[[RunResult], object] = _nothing
    finish_stage: Callable[[RunResult, StageResult], object] = _nothing
    finish_run: Callable[[RunResult], object] = _nothing
    redact: Callable[[Any], Any] = field(default_factory=log.redactor)
    tell: Callable[[str], str] = str
    inputs: StageInputs | None = None


def imported_by(notebook: Path) -> list[str]:
    """Names of modules that a notebook imports, and of what may be one: a and a.b of `from a import
    b`.

    None of what cannot be read: running the notebook will say what is wrong with it.
    """
    names: list[str] = []
    with contextlib.suppress(OSError, ValueError, KeyError, SyntaxError):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            code = "".join(cell["source"]) if cell["cell_type"] == "code" else ""
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.Import):
                    names += [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return names


def file_stem(stage: str) -> str:
    """`01_import` for `import`: the name of a stage's notebook and page."""
    return f"{STAGES.index(stage) + 1:02d}_{stage}"
